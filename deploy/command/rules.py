"""`candour rules`: the terms that rules run by, in words; and what other terms would raise."""

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from consumers.safeguarding.rules import same_origin, unresearched
from consumers.safeguarding.rules.catalogue import RULES
from consumers.safeguarding.rules.terms import FOUND, completed, in_force
from consumers.safeguarding.threads import LOUDNESS
from consumers.safeguarding.trying import Compared, alerts_under, compared
from contracts.event.control import Rules, RuleTerm
from contracts.fault import Misuse
from deploy.command.alert import ATTENTION, act_of
from deploy.command.consumer import ActingHome, Looks, at, looking
from deploy.governing import read_watch
from deploy.wiring import Acting, open_acting, voice_of
from producers.home import Home

app = typer.Typer(no_args_is_help=True, help="The rules that raise alerts: in force, and tried.")

KNOWN = frozenset({*RULES, same_origin.ID, unresearched.ID})
"""The rules that this version of the program has."""


@app.command("list")
def listed(home: ActingHome) -> None:
    """List the terms in force, in words."""
    acting = open_acting(Home.open(home))
    rules = _rules(acting)
    if rules.watch is None:
        typer.echo(f"Ruleset {rules.version} names no rules: the shipped terms stand.")
    else:
        typer.echo(f"Ruleset {rules.version}, as adopted on the log:")
    kind = acting.voice.kind
    for term in in_force(rules):
        for line in words_of(term, kind):
            typer.echo(line)


def words_of(term: RuleTerm, kind: str) -> Iterator[str]:
    """Say a term in words, and whether it runs at an agency of a kind."""
    title = FOUND.get(term.id, "a rule of the partnership's own")
    if term.id not in KNOWN:
        yield f"\n{term.id}: THIS VERSION OF THE PROGRAM HAS NO SUCH RULE: it is not run"
        return
    yield f"\n{term.id} (version {term.version}): {title}"
    runs = "run here" if kind in term.kinds else "not run here"
    yield f"  {runs}; run by: {', '.join(one.replace('_', ' ') for one in term.kinds)}"
    who = [
        f"the {role}" if of == "other" else f"the {role} ({of.replace('_', ' ')})"
        for of, role in term.owners.items()
    ]
    whose = " or ".join(who) or "the role that the ruleset names for the agency"
    yield (
        f"  {ATTENTION[term.attention]} [{term.attention}], within {term.hours} hours: {whose}; "
        f"else the {term.fallback}"
    )
    minutes = term.unacknowledged_minutes
    figures = {
        "threshold": term.threshold,
        "looks back": f"{term.window_days} days" if term.window_days else None,
        "since": term.since,
        "what interrupts goes on after": f"{minutes} minutes, while nobody has it"
        if minutes
        else None,
    }
    told = [f"{name} {value}" for name, value in figures.items() if value is not None]
    if told:
        yield f"  {', '.join(told)}"
    for name, words in (term.words or {}).items():
        yield f"  {name}: {', '.join(words)}"


@app.command("try")
def tried(
    file: Annotated[Path, typer.Argument(help="Terms (`watch`), or a whole ruleset, as YAML.")],
    home: ActingHome,
    since: Annotated[
        datetime | None,
        typer.Option("--from", formats=["%Y-%m-%d"], help="Count from this day on (UTC)."),
    ] = None,
    by: Looks = None,
) -> None:
    """Try terms over the history that a home holds; nothing is published, nothing is written."""
    proposed = read_watch(file)
    unknown = [one.id for one in proposed if one.id not in KNOWN]
    if unknown:
        raise Misuse(
            f"This version of the program has no rule {', '.join(unknown)}.",
            remedy=f"Use ids of: {', '.join(sorted(KNOWN))}.",
        )
    acting = open_acting(Home.open(home))
    rules = _rules(acting)
    viewer = looking(acting.outbox, by)
    before, after = (
        alerts_under(
            terms, acting.store, voice=voice_of(acting.home), trust=acting.home.trust,
            viewer=viewer,
        )
        for terms in (in_force(rules), completed(proposed, rules))
    )  # fmt: skip
    start = round(since.replace(tzinfo=UTC).timestamp() * 1000) if since else 0
    found = compared(before, after, since=start)
    for rule in sorted({one.alert["rule"] for one in found}):
        for line in _tried(rule, [one for one in found if one.alert["rule"] == rule]):
            typer.echo(line)
    changed = sum(bool(one.change) for one in found)
    typer.echo(
        f"\n{changed} of {len(found)} alerts that either raises would differ from ruleset "
        f"{rules.version}. Nothing was published, and nothing was written."
    )


def _tried(rule: str, found: Sequence[Compared]) -> Iterator[str]:
    """Say of one rule what would be new, gone or changed, and how many a month."""
    counts = Counter(one.change for one in found)
    told = [f"{counts[word]} {word}" for word in ("new", "gone", "changed")]
    yield f"\n{rule}: {FOUND.get(rule, '')}: {', '.join(told)}, {counts['']} as now"
    for one in found:
        if one.change:
            yield (
                f"  {one.change:<8}{at(one.alert['raised_at'])}  {one.alert['attention']:<9}  "
                f"{act_of(one.alert)}, about report {one.alert['statement']}"
            )
            for name, before, after in one.differing:
                was, would = (at(it) if name == "due_at" else it for it in (before, after))
                yield f"            {name.replace('_', ' ')}: {was} now, {would} with it"
    months: dict[str, Counter[tuple[str, int]]] = {}
    for one in found:
        for side, alert in enumerate(one):
            if alert is not None:
                month = at(alert["raised_at"])[:7]
                months.setdefault(month, Counter())[alert["attention"], side] += 1
    for month in sorted(months):
        each = [
            f"{loud} {months[month][loud, 0]} now, {months[month][loud, 1]} with it"
            for loud in LOUDNESS
            if months[month][loud, 0] or months[month][loud, 1]
        ]
        yield f"  {month}: {'; '.join(each)}"


def _rules(acting: Acting) -> Rules:
    rules = acting.voice.partners.rules
    if rules is None:
        raise Misuse(
            "Nothing was read here yet: this home knows no ruleset.",
            remedy=f"Run: candour consumer catch-up --home {acting.home.folder}",
        )
    return rules
