"""Documents that people write, as YAML: read into a pydantic model, errors with field and line.

Every scalar is read as the text that stands there, so that a date, a telephone number or `no`
stays what was written until the model says what it is. An error names fields and lines and says
what to write; it never repeats what stands in the document, which may be about a person.
"""

import codecs
import re
from collections.abc import Callable, Mapping, Sequence
from difflib import get_close_matches
from functools import lru_cache
from pathlib import Path
from typing import TypeVar

import msgspec
from msgspec.inspect import (
    ListType,
    LiteralType,
    NoneType,
    StructType,
    Type,
    UnionType,
    type_info,
)
from pydantic import BaseModel, ConfigDict, ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from contracts.fault import Misuse
from contracts.form import Section

_Model = TypeVar("_Model", bound=BaseModel)
_Shape = TypeVar("_Shape", bound=Section)
_PLACE = re.compile(r" - at `(?:key in )?\$\.?(.*)`")
_STEP = re.compile(r"([^.\[\]]+)|\[(\d+)\]")
_UNKNOWN = re.compile(r"Object contains unknown field `(.*)`", re.DOTALL)
_KEY = re.compile(r"[a-z]+(_[a-z]+)*")
_MISSING = re.compile(r"Object missing required field `(.*)`")
Where = tuple[str | int, ...]
_NULLS = {"", "~", "null"}


class Document(BaseModel):
    """Any part of a document: closed, so that a misspelt field is named instead of lost."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class Unusable(Misuse):
    """A document that cannot be used; its text has one line of instruction per defect.

    Attributes:
        told: (line, instruction) for each defect.
    """

    told: Sequence[tuple[int, str]] = ()


def read_document(path: Path, model: type[_Model]) -> _Model:
    """Read a YAML file into a model.

    Raises:
        Unusable: it cannot be read, is no YAML, or does not fit; each defect by line and field.
    """
    return fitted(*load_file(path), model, name=path.name)


def fitted(value: object, lines: Mapping[Where, int], model: type[_Model], *, name: str) -> _Model:
    """Fit what YAML holds into a model; `name` is what errors call the document.

    Raises:
        Unusable: as `read_document`.
    """
    try:
        return model.model_validate(value)
    except ValidationError as error:
        found = error.errors(include_input=False, include_url=False, include_context=True)
        told = [_told(Defect.of(row), lines, model) for row in found]
        raise unusable(name, told) from None


def read_struct(path: Path, shape: type[_Shape]) -> _Shape:
    """Read a YAML file into a struct of the log.

    Args:
        path: the file; every scalar is read as the text that stands there.
        shape: what it must be.

    Raises:
        Misuse: it cannot be read, is no YAML, or does not fit; the text names line and field.
    """
    return convert(*load_file(path), shape, name=path.name, tells_keys=True)


def convert(  # noqa: PLR0913 - each is an independent option
    value: object,
    lines: Mapping[Where, int],
    shape: type[_Shape],
    *,
    name: str,
    place: Callable[[Where], Where] = lambda where: where,
    tells_keys: bool = False,
) -> _Shape:
    """Turn what YAML holds into a struct.

    Args:
        value: what the YAML holds.
        lines: the line of each field.
        shape: what it must be.
        name: what errors call the document.
        place: where a member of the struct stands in the document, if elsewhere.
        tells_keys: whether a field that is not known is named, where it reads as one: the document
            is about no person.

    Raises:
        Misuse: it does not fit; the text names line and field, never content.
    """
    try:
        return msgspec.convert(value, shape, strict=False)
    except msgspec.ValidationError as error:
        text = str(error)
        found = _PLACE.search(text)
        steps = _STEP.findall(found[1] if found else "")
        inside: Where = tuple(int(at) if at else step for step, at in steps)
        where = place(inside)
        # Only msgspec's own words before a quoted value: the value is what somebody wrote.
        said = _PLACE.sub("", text)
        unknown, missing = _UNKNOWN.fullmatch(said), _MISSING.fullmatch(said)
        held = _type_at(shape, inside)
        if unknown:
            line = line_of((*where, unknown[1]), lines)
            known = [one.encode_name for one in getattr(held, "fields", ())]
            named = unknown[1] if tells_keys and _KEY.fullmatch(unknown[1]) else None
            raise unusable(name, [(line, _not_known(unknown[1], known, named))]) from None
        if missing:
            told = f"`{spelled((*where, missing[1]))}` is missing: write it."
            raise unusable(name, [(line_of(where, lines), told)]) from None
        if isinstance(held, LiteralType):
            said = f"write one of {', '.join(map(str, held.values))}"
        elif "matching regex" in said or "Invalid enum value" in said:
            said = "this is not one of the values or not of the form that FORMAT.md gives"
        field = f"`{spelled(where)}`: " if where else ""
        raise unusable(name, [(line_of(where, lines), f"{field}{said}.")]) from None


def _type_at(shape: type[Section], where: Where) -> Type | None:
    """Give what a struct holds at a place, optional or not; None where no one type stands there."""
    found: Type | None = type_info(shape)
    for step in where:
        inner: list[Type] = []
        if isinstance(step, int):
            inner = [found.item_type] if isinstance(found, ListType) else []
        elif isinstance(found, StructType):
            inner = [one.type for one in found.fields if one.encode_name == step]
        found = inner[0] if inner else None
        if isinstance(found, UnionType):
            some = [one for one in found.types if not isinstance(one, NoneType)]
            found = some[0] if len(some) == 1 else None
    return found


def load_file(path: Path) -> tuple[object, dict[Where, int]]:
    """Read a YAML file as plain values with the line of each field.

    Raises:
        Misuse: it cannot be read or is no YAML of fields.
    """
    return load(read_text(path), path.name)


def read_text(path: Path) -> str:
    """Read a text file, saved as UTF-8, with or without a mark of that at its beginning.

    Raises:
        Misuse: it is not there, is a folder or another's, or is saved otherwise: it says which.
    """
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeError:
        wide = path.read_bytes()[:2] in {codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE}
        found = "saved as UTF-16" if wide else "in an older alphabet"
        raise Misuse(
            f"{path} is {found}, not saved as UTF-8.",
            remedy="Save it again as UTF-8 (in Windows' Notepad: Save as, Encoding), then give the "
            "same command again.",
        ) from None
    except OSError as failed:
        is_folder = isinstance(failed, IsADirectoryError)
        why = "it is a folder" if is_folder else (failed.strerror or "").lower()
        remedy = f"Give the path of a file{' in it' if is_folder else ''} that you may read."
        raise Misuse(f"{path} cannot be read: {why}.", remedy=remedy) from None


def unusable(name: str, told: Sequence[tuple[int, str]]) -> Unusable:
    """Make the error for a document: `told` is (line, instruction) for each defect."""
    listed = "\n".join(f"  line {line}: {text}" for line, text in sorted(set(told)))
    found = Unusable(
        f"{name} cannot be used yet:\n{listed}\n",
        remedy="Correct these lines and give the same command again. Nothing was stored or sent. "
        "If somebody is in danger now, ring 999 first.",
    )
    found.told = told
    return found


class Defect(BaseModel):
    """One of pydantic's errors, without the input."""

    kind: str
    where: Where
    expected: str = ""
    text: str = ""

    @staticmethod
    def of(row: Mapping[str, object]) -> "Defect":
        """Take what is needed from a row of `ValidationError.errors`."""
        context = row.get("ctx")
        expected = context.get("expected", "") if isinstance(context, dict) else ""
        where = row["loc"] if isinstance(row["loc"], tuple) else ()
        return Defect(
            kind=str(row["type"]),
            where=where,
            expected=str(expected),
            text=str(row["msg"]),
        )


def line_of(where: Where, lines: Mapping[Where, int]) -> int:
    """Find the line of a field, or of the nearest part of the document that holds it."""
    while where and where not in lines:
        where = where[:-1]
    return lines.get(where, 1)


def spelled(where: Where) -> str:
    """Spell a field as a reader counts: `people.1.part` is the first person's part."""
    return ".".join(str(part + 1) if isinstance(part, int) else part for part in where)


def _not_known(typed: str, known: Sequence[str], named: str | None = None) -> str:
    """Say that a field is unknown; its name is what somebody typed: the line says which it is."""
    field = f"`{named}` is a field that is" if named else "this field is"
    near = get_close_matches(typed, known, n=1)
    listed = f" Known here: {', '.join(known)}." if known else ""
    return f"{field} not known here.{f' Did you mean `{near[0]}`?' if near else listed}"


def _told(defect: Defect, lines: Mapping[Where, int], model: type[BaseModel]) -> tuple[int, str]:
    line, where = line_of(defect.where, lines), defect.where
    if where and isinstance(where[-1], str) and where[-1] not in _fields(model, where[:-1]):
        where = where[:-1]  # what somebody typed, in a part whose fields are free
    field = f"`{spelled(where)}`"
    if defect.kind == "missing":
        return line, f"{field} is missing: write it."
    if defect.kind == "literal_error":
        return line, f"{field}: write one of {defect.expected.replace(chr(39), '')}."
    if defect.kind == "extra_forbidden":
        return line, _not_known(str(defect.where[-1]), _fields(model, defect.where[:-1]))
    if defect.kind == "value_error":
        return line, f"{field}: {defect.text.removeprefix('Value error, ')}"
    kinds = {
        "list_type": "a list",
        "model_type": "fields below it",
        "dict_type": "fields below it",
        "string_type": "text",
        "string_too_short": "something",
        "too_long": "fewer of them",
    }
    wanted = kinds.get(defect.kind, defect.text.removeprefix("Input should be ").split(",")[0])
    return line, f"{field}: write {wanted}."


def _fields(model: type[BaseModel], where: Where) -> list[str]:
    """List the fields of the part of a model that a path leads to."""
    found: object = model
    for part in where:
        if isinstance(part, str) and isinstance(found, type) and issubclass(found, BaseModel):
            field = found.model_fields.get(part)
            # A part that is no field is the key of a mapping, whose values have this model.
            found = _model_in(field.annotation) if field else found
    inner = found if isinstance(found, type) and issubclass(found, BaseModel) else model
    return list(inner.model_fields)


def _model_in(annotation: object) -> object:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    inner = (_model_in(part) for part in getattr(annotation, "__args__", ()))
    return next((part for part in inner if part is not None), None)


def load(text: str, name: str) -> tuple[object, dict[Where, int]]:
    """Read YAML text as plain values, every scalar as text, with the line of each field.

    Raises:
        Unusable: it is no YAML of fields, or says a field twice; `name` is the document's.
    """
    lines: dict[Where, int] = {(): 1}
    try:
        node = _composed(text)
    except MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise unusable(
            name, [(line, "this is not YAML: look at indents, colons and quotes.")]
        ) from None
    except (YAMLError, RecursionError):
        raise unusable(name, [(1, "this is not YAML text.")]) from None
    if not isinstance(node, MappingNode):
        raise unusable(name, [(1, "write fields, one a line, as `field: value`.")])
    return _value(node, (), lines, name, set()), lines


@lru_cache(maxsize=64)
def _composed(text: str) -> Node | None:
    """Read YAML text once: an agreement, a form or a ruleset is asked for again and again."""
    node: Node | None = YAML(typ="safe", pure=True).compose(text)
    return node


def _value(node: Node, where: Where, lines: dict[Where, int], name: str, seen: set[int]) -> object:
    line = node.start_mark.line + 1
    if id(node) in seen:
        raise unusable(name, [(line, "write it out: anchors (& and *) are not read here.")])
    seen.add(id(node))
    if isinstance(node, ScalarNode):
        return None if node.style is None and node.value in _NULLS else _text(node, name)
    if isinstance(node, SequenceNode):
        for position, item in enumerate(node.value):
            lines[*where, position] = item.start_mark.line + 1
        return [
            _value(item, (*where, position), lines, name, seen)
            for position, item in enumerate(node.value)
        ]
    found: dict[str, object] = {}
    for key, item in node.value:
        field = _text(key, name)
        if field in found:
            at = key.start_mark.line + 1
            raise unusable(name, [(at, "this field stands here twice: write it once.")])
        lines[*where, field] = key.start_mark.line + 1
        found[field] = _value(item, (*where, field), lines, name, seen)
    return found


def _text(node: Node, name: str) -> str:
    """Give a scalar's text; two escapes for one character, as JSON writes it, are that one."""
    try:
        return str(node.value).encode("utf-16", "surrogatepass").decode("utf-16")
    except UnicodeError:
        at = node.start_mark.line + 1
        raise unusable(name, [(at, "this holds half a character: write it out.")]) from None
