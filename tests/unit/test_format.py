"""FORMAT.md is what the code does: each of its tables is compared with the code, both ways.

A heading that names a struct in backticks is followed by its members; every other table is known
by its columns. See "How to read the tables" in FORMAT.md.
"""

import ast
import importlib
import inspect
import pkgutil
import re
import types
from collections.abc import Iterator
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

import msgspec
import pytest

import contracts
from broker.core import (
    control as control_rules,
)
from broker.core import (
    decide,
    decider,
    emergency,
    holding,
    legs,
    notices,
    sequence,
    terms,
)
from broker.shell import sequencer, topics
from consumers.audit import container, defect, streams, verdict
from contracts import (
    agreement,
    context,
    credential,
    entry,
    event,
    finding,
    form,
    proof,
    reason,
    section,
    statement,
    topic,
)
from contracts.event import control
from tests.support.tables import MEMBERS, ROOT, TABLES, TEXT, Table, rows

UNPUBLISHED = {"Section", "Draft"}
"""What every section is made from, and what stands unsigned in an outbox: neither is on the log."""
PUBLIC = {
    name: value
    for name, value in vars(form).items()
    if name[0].isupper() and hasattr(value, "__metadata__")
}
FORMS = {form_: f"`{name}`" for name, form_ in PUBLIC.items()}
PLAIN = {str: "text", int: "integer", bool: "true or false", msgspec.Raw: "exact JSON"}


def _structs() -> Iterator[type[msgspec.Struct]]:
    """Find every struct of `contracts` and of the verdict; instruments stand on no log."""
    modules = [
        importlib.import_module(found.name)
        for found in pkgutil.walk_packages(contracts.__path__, "contracts.")
        if not found.name.startswith("contracts.instrument.")
    ]
    for module in [*modules, verdict]:
        for _, found in inspect.getmembers(module, inspect.isclass):
            if issubclass(found, msgspec.Struct) and found.__module__ == module.__name__:
                yield found


STRUCTS = {s.__name__.lstrip("_"): s for s in _structs() if s.__name__ not in UNPUBLISHED}


def _vocabularies() -> dict[str, list[str]]:
    held: dict[str, list[str]] = {}
    for name, value, _ in rows("vocabulary", "value", "meaning"):
        held.setdefault(name, []).append(value)
    return held


VOCABULARIES = _vocabularies()


def names_of(hint: Any) -> set[str]:
    """Give the ways in which FORMAT.md may spell a type."""
    if hint in FORMS or hint in PLAIN:
        return {FORMS.get(hint) or PLAIN[hint]}
    origin, inner = get_origin(hint), get_args(hint)
    if origin is Literal:
        named = {f"`{name}`" for name, held in VOCABULARIES.items() if held == list(inner)}
        return named if len(inner) > 1 else {f'`"{inner[0]}"`'}
    if origin is Annotated:
        return names_of(inner[0])  # how many a list has stands in words
    if origin is list:
        return {f"list of {name}" for name in names_of(inner[0])}
    if origin is dict:
        (key,), (value,) = names_of(inner[0]), names_of(inner[1])
        return {f"object of {value} by {key}"}
    if origin in {Union, types.UnionType}:
        kept = [one for one in inner if one not in {type(None), msgspec.UnsetType}]
        if set(kept) == set(get_args(control.Act)):
            return {"`Act`"}
        return names_of(kept[0]) if len(kept) == 1 else set()
    return {f"`{hint.__name__}`"}


def mark_of(member: msgspec.structs.FieldInfo) -> str:
    """Spell whether a member is required, and what its absence means."""
    if member.required:
        return "yes"
    default = member.default
    if default is msgspec.NODEFAULT:
        default = member.default_factory()
    if default is None or default is msgspec.UNSET:
        return "no"
    return f"no: `{msgspec.json.encode(default).decode()}`"


def test_every_struct_has_its_table_and_no_other_has_one() -> None:
    """A shape that stands on the log and not in FORMAT.md can be read by nobody else."""
    assert set(MEMBERS) == set(STRUCTS)
    assert len(MEMBERS) == sum(table.columns[0] == "member" for table in TABLES)


@pytest.mark.parametrize("name", sorted(STRUCTS))
def test_a_structs_members_are_those_of_its_table(name: str) -> None:
    """One spelling rests on the order of members; a wrong mark makes a stranger's text refused."""
    struct, table = STRUCTS[name], MEMBERS[name]
    assert table.columns == ("member", "type", "required", "meaning")
    if table.after is not None:
        assert issubclass(struct, STRUCTS[table.after])
        table = Table(name, None, table.columns, [*MEMBERS[table.after].rows, *table.rows])
    config = struct.__struct_config__
    expected = [] if config.tag is None else [(f"`{config.tag_field}`", "yes")]
    expected += [(f"`{m.encode_name}`", mark_of(m)) for m in msgspec.structs.fields(struct)]
    assert [(member, required) for member, _, required, _ in table.rows] == expected
    spelled = {member.strip("`"): cell for member, cell, *_ in table.rows}
    hints = get_type_hints(struct, include_extras=True)
    unlike = {
        m.encode_name: (spelled[m.encode_name], names_of(hints[m.name]))
        for m in msgspec.structs.fields(struct)
        if spelled[m.encode_name] not in names_of(hints[m.name])
    }
    assert unlike == {}
    assert config.tag is None or spelled[str(config.tag_field)] == f'`"{config.tag}"`'
    assert all(meaning for *_, meaning in table.rows)


def test_each_vocabulary_is_used_and_complete() -> None:
    """A closed vocabulary that lacks a value, or has one too many, is not closed."""
    apart = {
        "Again": list(get_args(reason.Again)),
        "Audience": [str(audience) for audience in event.Audience],
    }
    assert {name: VOCABULARIES.get(name) for name in apart} == apart
    cells = " ".join(cell for table in MEMBERS.values() for _, cell, *_ in table.rows)
    used = {name for name in VOCABULARIES if f"`{name}`" in cells}
    assert used | set(apart) == set(VOCABULARIES)
    assert all(len(held) == len(set(held)) for held in VOCABULARIES.values())
    assert tuple(VOCABULARIES["Level"]) == agreement.LEVELS


def test_reason_codes_are_the_codes_in_their_order() -> None:
    """Declaration is precedence, and a remedy is read by whoever was refused."""
    stated = rows("code", "stage", "remedy", "source", "again")
    assert stated == [
        (str(code), code.stage.name.lower(), code.remedy, code.source, code.again)
        for code in reason.Reason
    ]


def test_fields_are_listed_for_codes_that_exist() -> None:
    """A row for a code that was renamed describes nothing."""
    described = [code for code, _ in rows("code", "fields")]
    assert len(described) == len(set(described))
    assert set(described) <= {str(code) for code in reason.Reason}


def test_stages_are_the_stages_in_their_order() -> None:
    """Two implementations must name the same first defect."""
    stated = [
        (int(n), name) for n, name, *_ in rows("stage", "name", "what is checked", "reported")
    ]
    assert stated == [(int(stage), stage.name.lower()) for stage in reason.Stage]


def test_the_event_catalogue_is_the_catalogue() -> None:
    """A type that is not listed is refused; an audience that is wrong sends it astray."""
    words = {True: "yes", False: "no"}
    stated = rows("event", "version", "struct", "audience", "refers", "persons")
    assert stated == [
        (row.name, str(row.version), row.shape.__name__, str(row.audience),
         words[row.refers], words[row.persons])
        for row in event.CATALOGUE.values()
    ]  # fmt: skip
    assert all(
        kind == f"uk.candour.{row.name}.v{row.version}" for kind, row in event.CATALOGUE.items()
    )


def test_sections_are_the_sections() -> None:
    """Who may see a section hangs on its name."""
    stated = rows("section", "struct", "required", "delivered", "holds")
    numbered = {f"person.<n>.{which}": shape for which, shape in section.NUMBERED.items()}
    shapes: dict[str, type[form.Section]] = {
        "cause.<n>": section.Cause,
        **section.PLAIN,
        **numbered,
    }
    expected = {name: shape.__name__ for name, shape in shapes.items()} | {"event": "by type"}
    assert {name: struct for name, struct, *_ in stated} == expected
    assert len(stated) == len(expected)
    assert {name for name, _, required, *_ in stated if required == "yes"} == {"intake", "event"}
    never = {name for name, _, _, delivered, _ in stated if delivered == "never"}
    sealed = {name for name, _, _, delivered, _ in stated if delivered == "sealed"}
    assert never == section.NEVER_DELIVERED
    assert sealed == section.SEALED - section.NEVER_DELIVERED
    assert all(section.shape_of(n.replace("<n>", "32")) for n in expected if n != "event")


def test_forms_match_what_the_code_matches() -> None:
    """What a head or a log may carry is held to a form that no name fits."""

    def spelled(value: Any) -> str:
        (meta,) = value.__metadata__
        if meta.pattern is None:
            return f"{meta.ge} to {meta.le}"
        bounded = str(meta.pattern).removeprefix(r"\A").removesuffix(r"\Z")
        if meta.max_length is None:
            return bounded
        return f"`{bounded}`, at most {meta.max_length} characters"

    stated = {name: matches for name, matches, _ in rows("form", "matches", "meaning")}
    assert stated == {name: spelled(value) for name, value in PUBLIC.items()}


def test_limits_are_the_limits() -> None:
    """A limit that is stated wrongly refuses an honest statement."""
    held = {
        "STATEMENT_BYTES_MAX": statement.STATEMENT_BYTES_MAX,
        "SUBMISSION_BYTES_MAX": topics.SUBMISSION_BYTES_MAX,
        "DIGEST_COUNTS": ", ".join(map(str, context.DIGEST_COUNTS)),
        "SLOTS": entry.SLOTS,
        "RUN_MAX": sequence.RUN_MAX,
        "SKEW_MS_MAX": sequence.SKEW_MS_MAX,
        "HEARTBEAT_MS": sequencer.HEARTBEAT_MS,
        "SILENCE_MS_MAX": streams.SILENCE_MS_MAX,
        "NOTE_CHARACTERS_MAX": proof.NOTE_CHARACTERS_MAX,
        "FOUNDERS_MIN": control_rules.FOUNDERS_MIN,
        "CREDENTIAL_BYTES_MAX": credential.CREDENTIAL_BYTES_MAX,
        "TELEPHONE_DIGITS_MIN": finding.TELEPHONE_DIGITS_MIN,
    }
    stated = {name: value for name, value, _ in rows("limit", "value", "meaning")}
    assert stated == {name: str(value) for name, value in held.items()}
    assert streams.SKEW_MS_MAX == sequence.SKEW_MS_MAX
    assert f"`{finding.EXAMINER}`" in TEXT
    versions = [name for name, _ in rows("decider", "does otherwise than the one after it")]
    assert versions == [*decider.DECIDERS]
    assert versions[-1] == decider.NEWEST
    assert decider.DECIDERS[decider.NEWEST].examiner == finding.EXAMINER


def test_acts_and_what_makes_one_invalid_are_the_codes() -> None:
    """A field that FORMAT.md does not explain leaves a lead without a way to mend the act."""
    sources = (inspect.getsource(one) for one in (control_rules, terms))
    texts = {"endorsed twice"}
    for function in (node for source in sources for node in ast.parse(source).body):
        if not isinstance(function, ast.FunctionDef) or function.name == "_leg_defects":
            continue
        for node in ast.walk(function):
            named = node.value if isinstance(node, ast.Yield) else None
            if isinstance(node, ast.Tuple) and len(node.elts) == 2:
                named = node.elts[0]
            if isinstance(named, ast.Constant) and isinstance(named.value, str):
                texts.add(named.value)
    assert sorted(text for text, _ in rows("field", "does not hold where")) == sorted(texts)
    acts = [act for act, *_ in rows("act", "may propose", "may endorse")]
    assert acts == list(get_args(control.ActName))


def test_authorities_and_marks_are_those_that_decisions_write() -> None:
    """A recipient reads from them how far to trust a view, and whether to ring first."""
    modules = (decide, legs, emergency, holding, notices)
    written = "".join(inspect.getsource(module) for module in modules)
    authorities = {leg for leg, _ in rows("leg", "authority")}
    agreed = "<agreement>@<version>/<leg>"
    assert authorities == {agreed, entry.HELD, *re.findall(r'leg="(\w+)"', written)}
    assert authorities >= entry.NOTICES
    marks = [mark for mark, _ in rows("mark", "says")]
    assert len(marks) == len(set(marks))
    assert set(marks) == {mark for module in modules for mark in _marks_of(module)}


def _marks_of(module: types.ModuleType) -> Iterator[str]:
    """Find every mark that a module puts on a delivery."""
    for node in ast.walk(ast.parse(inspect.getsource(module))):
        values: list[ast.expr] = []
        if isinstance(node, ast.keyword) and node.arg == "marks":
            values = [node.value]
        elif isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            values = [node.value] if node.targets[0].id in {"marks", "mark"} else []
        elif isinstance(node, ast.Call) and isinstance(node.func, (ast.Name, ast.Attribute)):
            calls = {"marked": node.args, "governed": node.args[-1:], "held": node.args[1:2]}
            calls["_delivery"] = node.args[-1:]
            called = node.func.id if isinstance(node.func, ast.Name) else node.func.attr
            values = calls.get(called, [])
        for value in values:
            tested = {id(one) for test in ast.walk(value) if isinstance(test, ast.Compare)
                      for one in ast.walk(test)}  # fmt: skip
            yield from (
                one.value
                for one in ast.walk(value)
                if isinstance(one, ast.Constant)
                and isinstance(one.value, str)
                and id(one) not in tested
            )


def test_every_duty_has_its_clock() -> None:
    """Who owes something must be able to tell by when, and a stranger must compute the same."""
    hours = {member.encode_name for member in msgspec.structs.fields(control.Rules)}
    stated = rows("duty", "hours")
    assert [kind for kind, _ in stated] == list(get_args(entry.DutyKind))
    named = [re.findall(r"\w+_hours\w*", cell) for _, cell in stated]
    assert all(names and set(names) <= hours for names in named)


def test_topics_are_named_as_the_code_names_them() -> None:
    """An agency's rights are exactly its own three topics."""
    of_agency = (topic.submissions, topic.views, topic.receipts)
    of_partnership = (topic.ledger, topic.disclosures, topic.checkpoints)
    expected = {name("P", "A") for name in of_agency} | {name("P") for name in of_partnership}
    stated = [name for name, *_ in rows("topic", "key", "value", "kept")]
    assert sorted(stated) == sorted(expected)


def test_the_export_and_its_verdict_are_the_auditors() -> None:
    """An auditor in another language must end with the same code for the same folder."""
    files = [name for name, _ in rows("file", "holds")]
    assert files == [*container.LOGS, container.MANIFEST, container.README]
    assert f'"format": "{container.FORMAT}"' in TEXT
    stated = rows("finding", "exit code", "meaning")
    assert stated == [(str(d), str(int(d.exit)), d.meaning) for d in defect.Defect]
    codes = [(code, name) for code, name, _ in rows("exit code", "class", "meaning")]
    assert codes == [(str(int(one)), one.name.lower()) for one in defect.Exit]
    first = ", ".join(str(int(one)) for one in defect.PRECEDENCE)
    assert f"Of several the first of {first} is given." in TEXT


def test_what_cites_a_part_of_the_format_finds_it() -> None:
    """A reference to a heading that was renamed leads nowhere."""
    headings = set(re.findall(r"^#+ (.+)$", TEXT, re.MULTILINE))
    cited = {
        part
        for folder in ("contracts", "broker", "consumers", "producers", "deploy", "tests")
        for path in (ROOT / folder).rglob("*.py")
        for part in re.findall(r"FORMAT\.md, ([A-Z][a-z]+(?: [a-z]+)*)", path.read_text())
    }
    assert cited
    assert cited <= headings
