"""Words about people come from files; and what a text tells somebody to type is there to type."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args, get_type_hints

import pytest
import typer

from contracts.section import Born
from deploy.command import application, invoke
from deploy.command.words import Supplied
from producers.document import Unusable, read_document
from producers.filed import born_of
from tests.support.filing import CANARY
from tests.support.speaking import Speaker

ID = "0197a1b2-0000-7000-8000-000000000000"
WHO = ["--by", "Jo Bell", "--role", "supervisor"]
SPOKEN = {
    "text", "given", "family", "born", "say", "avoid", "next_contact", "why", "basis", "address",
    "telephone", "narrative", "victim", "suspect", "name", "register", "registration", "lesson",
}  # fmt: skip
"""What nobody may have to type where everybody on the machine reads along."""
NOBODY = {("kafka revoke", "name")}
"""What is named here is a principal on Kafka, or an agency."""
LOGGED = {"quarantine", "erasure", "agreement"}
"""Groups whose `--reason` is about an act and the log, and says so; elsewhere it is a choice."""

ROOT = Path(__file__).parents[2]
NAMED = re.compile(r"candour ([a-z][a-z-]*)(?: ([a-z][a-z-]*)((?: \| [a-z][a-z-]*)*))?")
"""A command as a text names it, or several of one group: `candour act list | endorse`."""


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """Probation's home."""
    speaker = Speaker(tmp_path / "home")
    speaker.read()
    speaker.close()
    return speaker.home.folder


def free(command: Any, name: str = "") -> Iterator[tuple[str, str]]:
    """List the options of every command that take any text: the command's name, and theirs."""
    for below in getattr(command, "commands", {}).values():
        yield from free(below, f"{name} {below.name}".strip())
    for one in command.params:
        if one.type_descriptor.annotation in {str, list[str]} and one.metavar != "FILE":
            yield from ((name, option) for option in one.opts)


def test_no_command_takes_words_about_people_on_its_line() -> None:
    """`ps` shows them to everybody on the machine, and the shell's history keeps them."""
    found = list(free(typer.main.get_command(application())))
    assert ("quarantine release", "--reason") in found
    spoken = {
        (name, option)
        for name, option in found
        if option.lstrip("-").replace("-", "_") in SPOKEN
        or (option == "--reason" and name.split()[0] not in LOGGED)
    }
    assert spoken == NOBODY


def test_every_command_that_a_text_names_is_one() -> None:
    """A remedy that cannot be typed costs the minutes in which it is needed."""
    groups = getattr(typer.main.get_command(application()), "commands", {})
    wrong = []
    parts = ("contracts", "broker", "consumers", "producers", "deploy")
    paths = [path for part in parts for path in (ROOT / part).rglob("*")]
    for path in [*ROOT.glob("*.md"), *paths]:
        if path.suffix not in {".py", ".md", ".html", ".yaml"}:
            continue
        text = re.sub(r'"\s*\n\s*f?"', "", path.read_text()).replace("\\|", "|")
        for name, first, others in NAMED.findall(text):
            below = getattr(groups.get(name), "commands", {first: None})
            named = {first, *others.split(" | ")} - {"", "of"}  # a system: `candour outbox of ...`
            if name not in groups or not named <= below.keys():
                wrong.append((path.name, name, first, others))
    assert not wrong


COMMANDS = {
    "research nfa": ["research", "nfa", ID, *WHO],
    "research complete": ["research", "complete", ID, "--outcome", "refused", *WHO],
    "response supply": ["response", "supply", ID, "--outcome", "refused", *WHO],
    "response give": [
        "response", "give", ID, "--received-by", "Jo Bell", "--researched", "no", "--action",
        "no_action", "--role", "sergeant",
    ],
    "person link": ["person", "link", "a", "b", *WHO],
    "person apart": ["person", "apart", "a", "b", *WHO],
    "consent record": ["consent", "record", "a", "--state", "given", "--alone", *WHO],
    "exclusion record": ["exclusion", "record", "a", *WHO],
    "referral consider": ["referral", "consider", ID, "--kind", "idva", *WHO],
    "disclosure stage": ["disclosure", "stage", ID, "assessed", *WHO],
    "enquiry record": [
        "enquiry", "record", "a", "--outcome", "unsafe", "--setting", "visit", "--not-alone", *WHO,
    ],
    "hold lift": ["hold", "lift", ID, *WHO],
}  # fmt: skip


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize(
    ("text", "told"),
    [
        (f"raeson: {CANARY}\n", "line 1: this field is not known here. Did you mean `reason`?"),
        (f"\nreason: [{CANARY}]\n", "line 2: `reason`: write text."),
        ("reason: ''\n", "line 1: `reason`: write something."),
        (f"{CANARY}\n", "line 1: write fields, one a line, as `field: value`."),
        (None, "words.yaml cannot be read: no such file or directory."),
    ],
)
def test_a_file_of_words_is_refused_by_line_and_never_by_content(
    home: Path, capsys: pytest.CaptureFixture[str], command: str, text: str | None, told: str
) -> None:
    """What somebody wrote about a person must not end on another's screen or in a log."""
    words = home.parent / "words.yaml"
    if text is not None:
        words.write_text(text)
    assert invoke([*COMMANDS[command], "--words", str(words), "--home", str(home)]) == 64
    said = capsys.readouterr()
    assert told in said.err
    assert CANARY not in said.out + said.err


def test_a_lesson_and_a_name_come_from_files_too(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A lesson may tell of a case; and who works where is not for everybody on the machine."""
    words = home.parent / "words.yaml"
    issue = ["credential", "issue", "--role", "officer", "--until", "2027-03-31", "--for", "case"]
    for command, field in (
        (["emergency", "review", ID, "--finding", "avoidable", *WHO], "lesson"),
        (issue, "name"),
    ):
        words.write_text(f"{field}: [{CANARY}]\n")
        assert invoke([*command, "--words", str(words), "--home", str(home)]) == 64
        said = capsys.readouterr()
        assert f"line 1: `{field}`: write text." in said.err
        assert CANARY not in said.out + said.err


BIRTHS = {
    "1980-05-12": "day", "1980-05": "month", "1980": "year", "7": "age", "44": "age", "101": "age",
}  # fmt: skip


@pytest.mark.parametrize("born", BIRTHS)
def test_a_birth_is_supplied_as_exactly_as_it_was_written(tmp_path: Path, born: str) -> None:
    """Said to be a day, a month finds nobody, and M03 makes two of one person."""
    (tmp_path / "words.yaml").write_text(f"given: {CANARY}\nborn: {born}\n")
    held = read_document(tmp_path / "words.yaml", Supplied).born
    assert held is not None
    assert born_of(held) == Born(born, BIRTHS[born])  # type: ignore[arg-type]


@pytest.mark.parametrize("born", ["12/05/1980", "1980-02-30", "1980-13", "0000", "May", "1980-5-2"])
def test_a_birth_in_another_form_is_refused(tmp_path: Path, born: str) -> None:
    """It would go out as a day, and no register knows it."""
    (tmp_path / "words.yaml").write_text(f"given: {CANARY}\nborn: {born}\n")
    with pytest.raises(Unusable, match="line 2: `born`: write 1980-05-12, 1980-05, 1980, or an a"):
        read_document(tmp_path / "words.yaml", Supplied)
    for precision in get_args(get_type_hints(Born)["precision"]):
        with pytest.raises(ValueError, match="to the precision it names"):
            Born(born, precision)


def test_a_path_that_is_not_there_is_no_defect(
    home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A slip of the hand is told from a fault of ours, and nobody is sent to the developers."""
    nowhere = tmp_path / "not-there" / "file"
    found = ["research", "complete", ID, "--outcome", "nil", *WHO, "--home", str(home)]
    for line, told in (
        ([*found, "--detail", str(nowhere)], f"--detail: {nowhere} cannot be read: no such file"),
        (["credential", "key", str(nowhere)], "cannot be used: No such file or directory."),
        (["credential", "key", str(home / "agency.yaml" / "key")], "cannot be used: Not a dir"),
    ):
        assert invoke(line) == 64
        said = capsys.readouterr().err
        assert told in said
        assert "defect" not in said
