"""Governance documents as people write them: YAML in, the exact structs of the log out.

An information-governance lead writes foundings, agencies and agreements; what stands on the log
is the struct, and every hand endorses the digest of its exact JSON.
"""

from pathlib import Path

import msgspec

from contracts import base64url
from contracts.agreement import Agreement
from contracts.event.control import (
    Act,
    Agency,
    AgencyAdmitted,
    AgencySucceeded,
    AgreementAdopted,
    AgreementSuspended,
    DeciderAdopted,
    Founding,
    FoundingSignature,
    PartnershipFounded,
    Quorums,
    Rules,
    RulesetAdopted,
    RuleTerm,
    SourceKey,
    founding_text,
    name_of_act,
)
from contracts.fault import Misuse
from contracts.form import Section
from contracts.law import Law
from producers.document import convert, load_file, read_struct
from producers.home import Home
from producers.partnership import Partnership


class Watch(Section, frozen=True):
    """The terms that rules run by, as a file of their own; `watch` of a ruleset names it."""

    watch: list[RuleTerm]


def read_agreement(path: Path) -> AgreementAdopted:
    """Read an agreement's YAML as the act that adopts it.

    Raises:
        Misuse: as `read_struct`.
    """
    return AgreementAdopted(read_struct(path, Agreement))


def read_agency(path: Path, keys: list[Path]) -> Agency:
    """Read an agency to be admitted, with the key files its homes printed.

    Raises:
        Misuse: as `read_struct`.
    """
    value, lines = load_file(path)
    if isinstance(value, dict):
        value["keys"] = [msgspec.to_builtins(key) for key in read_keys(keys)]
    return convert(value, lines, Agency, name=path.name, tells_keys=True)


def read_keys(paths: list[Path]) -> list[SourceKey]:
    """Read key files, as `candour home key` prints them.

    Raises:
        Misuse: one is no key file.
    """
    keys = []
    for path in paths:
        try:
            keys.append(msgspec.json.decode(path.read_bytes(), type=SourceKey))
        except (OSError, msgspec.MsgspecError):
            raise Misuse(
                f"{path} is not a key file.",
                remedy="Ask the agency for what `candour home key` prints, saved as it is.",
            ) from None
    return keys


def draft_founding(plan: Path, *, log_key: str, keys: list[SourceKey]) -> Founding:
    """Complete a founding plan with the log's key and the agencies' keys.

    Args:
        plan: YAML of a founding without `log_key` and the agencies' `keys`; `rules.law` may
            name the catalogue's file, and `rules.watch` the terms' file, from the plan's folder.
        log_key: raw public key of the log, base64url.
        keys: of every founding agency; their source says whose they are.

    Raises:
        Misuse: the plan does not fit, or a key's agency is not in it; or it has no catalogue of
            lawful bases, and is no exercise.
    """
    value, lines = load_file(plan)
    if isinstance(value, dict):
        value["log_key"] = log_key
        put_named(value.get("rules"), plan)
        listed = value.get("agencies")
        for agency in listed if isinstance(listed, list) else []:
            if isinstance(agency, dict):
                prefix = f"/agencies/{agency.get('id')}/"
                agency["keys"] = [
                    msgspec.to_builtins(k) for k in keys if k.source.startswith(prefix)
                ]
    founding = convert(value, lines, Founding, name=plan.name, tells_keys=True)
    check_law(founding.rules, exercise=founding.exercise)
    placed = sum(len(agency.keys) for agency in founding.agencies)
    without = [agency.id for agency in founding.agencies if not agency.keys]
    if placed != len(keys) or without:
        raise Misuse(
            f"Not every agency has its keys: {', '.join(without) or 'a key is of no agency here'}.",
            remedy="Give one key file per source with --key, and list each agency in the plan.",
        )
    return founding


def read_rules(path: Path) -> RulesetAdopted:
    """Read a ruleset's YAML as the act that adopts it; `law` and `watch` may name their files.

    Raises:
        Misuse: as `read_struct`.
    """
    value, lines = load_file(path)
    put_named(value, path)
    return RulesetAdopted(convert(value, lines, Rules, name=path.name, tells_keys=True))


def names_of(act: Act) -> str:
    """Give what an act is about: the agreement and its version, the agency, the rules' version."""
    match act:
        case AgreementAdopted():
            return f"{act.agreement.id}@{act.agreement.version}"
        case AgreementSuspended():
            return f"{act.agreement}@{act.version}"
        case AgencyAdmitted():
            return act.agency.id
        case AgencySucceeded():
            return f"{act.agency} by {act.successor}"
        case RulesetAdopted():
            return act.rules.version
        case DeciderAdopted():
            return act.decider
    return act.agency


def missing(act: Act, digest: str, known: Partnership) -> list[str]:
    """List who must still stand behind an act: by name, or how many; nobody once it took effect.

    Args:
        act: as proposed.
        digest: its digest.
        known: what the agency was sent of its partnership.
    """
    behind = {known.acting(one) for one in known.backers(digest)}
    if isinstance(act, AgreementAdopted):
        parties = (party.agency for party in act.agreement.parties)
        return [one for one in parties if known.acting(one) not in behind]
    quorums = known.founding.quorums if known.founding else Quorums()
    more = getattr(quorums, name_of_act(act)) - len(behind)
    return [f"{more} more of the agencies"] if more > 0 else []


def check_unendorsed(digest: str, known: Partnership, home: Home) -> None:
    """Refuse to endorse a second time, before anything is said.

    Raises:
        Misuse: this agency stands behind it already.
    """
    if home.agency.agency in known.backers(digest):
        raise Misuse(
            f"This agency stands behind it already (digest {digest}). Nothing was sent.",
            remedy=f"Nothing more is to be done here. Who is missing: candour act list --home "
            f"{home.folder}",
        )


def check_law(rules: Rules, *, exercise: bool) -> None:
    """Refuse rules by which real people's information would be shared on bases nobody checks.

    Raises:
        Misuse: they have no catalogue of lawful bases, and the partnership is no exercise.
    """
    if rules.law is None and not exercise:
        raise Misuse(
            "These rules have no `law`: no lawful basis would be checked by anything.",
            remedy="Name the catalogue's file in `law` of the rules, as "
            "deploy/governance/milton-keynes/founding.yaml does. Only an exercise goes without.",
        )


def read_watch(path: Path) -> list[RuleTerm]:
    """Read the terms of a file of terms, or of a whole ruleset.

    Raises:
        Misuse: as `read_struct`; or the ruleset names no terms.
    """
    value, lines = load_file(path)
    if not isinstance(value, dict) or "response_hours" not in value:
        return convert(value, lines, Watch, name=path.name, tells_keys=True).watch
    watch = read_rules(path).rules.watch
    if watch is None:
        raise Misuse(
            "This ruleset has no `watch`: it names no rule.",
            remedy="Write its terms under `watch`, or name their file there, as "
            "deploy/governance/milton-keynes/founding.yaml does.",
        )
    return watch


def put_named(rules: object, beside: Path) -> None:
    """Put the catalogue of lawful bases and the terms of rules where a ruleset names their files.

    Args:
        rules: as YAML holds it; what names no file stays as it is.
        beside: the document that it stands in: files are named from its folder.

    Raises:
        Misuse: as `read_struct`.
    """
    if not isinstance(rules, dict):
        return
    if isinstance(rules.get("law"), str):
        rules["law"] = msgspec.to_builtins(read_struct(beside.parent / rules["law"], Law))
    if isinstance(rules.get("watch"), str):
        terms = read_struct(beside.parent / rules["watch"], Watch).watch
        rules["watch"] = msgspec.to_builtins(terms)


def signed_founding(founding: Founding, home: Home) -> FoundingSignature:
    """Sign a founding with an agency's control key."""
    signed = base64url.encode(home.sign(founding_text(founding)))
    return FoundingSignature(home.agency.agency, home.kid, signed)


def read_drafted(path: Path) -> Founding:
    """Read a drafted founding.

    Raises:
        Misuse: the file is none.
    """
    try:
        return msgspec.json.decode(path.read_bytes(), type=Founding)
    except (OSError, msgspec.MsgspecError):
        raise Misuse(
            f"{path} is not a drafted founding.",
            remedy="Give the file that `candour partnership draft` wrote, unchanged.",
        ) from None


def read_founding(path: Path, signatures: list[Path]) -> PartnershipFounded:
    """Read a drafted founding and its agencies' signatures.

    Raises:
        Misuse: a file is not what it should be, or an agency has not signed.
    """
    try:
        founding = msgspec.json.decode(path.read_bytes(), type=Founding)
        signed = [
            msgspec.json.decode(one.read_bytes(), type=FoundingSignature) for one in signatures
        ]
    except (OSError, msgspec.MsgspecError):
        raise Misuse(
            f"{path} or a signature beside it cannot be read.",
            remedy="Use what `candour partnership draft` and `sign` wrote, unchanged.",
        ) from None
    absent = {agency.id for agency in founding.agencies} - {one.agency for one in signed}
    if absent:
        raise Misuse(
            f"Not every founding agency has signed: {', '.join(sorted(absent))}.",
            remedy="Have each run `candour partnership sign` with its control home.",
        )
    return PartnershipFounded(founding, signed)
