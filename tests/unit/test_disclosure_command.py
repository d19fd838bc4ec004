"""The disclosure desk as commands: what an application must hold, and what no list shows."""

from pathlib import Path

import pytest

from consumers.consumer import Came
from contracts.fault import Misuse
from deploy.command import EXIT_NOT_DELIVERED, EXIT_USAGE, invoke
from deploy.wiring import open_acting
from producers.applying import BLANK, read_application
from producers.home import Home
from producers.inbox import Came as Read
from producers.inbox import Inbox
from tests.support.desk import POLICE
from tests.support.filing import CANARY
from tests.support.speaking import Speaker
from tests.support.twins import POLICE as POLICE_HOME
from tests.vectors.ledger import CLOCK_MS

OFFICER = "D. Officer"
FORM = BLANK.replace("reference: , given: , family: , part: v", "reference: t, given: T, part: v")
FORM = FORM.replace("reference: , given: , family: , part: a", "reference: d, given: D, part: a")
FORM = FORM.replace("safe_contact: }", "safe_contact: ring the sister}")


def filed(tmp_path: Path, text: str) -> Path:
    """Write an application's form."""
    file = tmp_path / "application.yaml"
    file.write_text(text)
    return file


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        ("safe_contact: ring the sister", "safe_contact: ", "`people`: write `safe_contact`"),
        ("applicant: person_at_risk", "applicant: third_party", "`public`: write who asks"),
        ("applicant: person_at_risk", "applicant: police", "a right to ask is a person_at_risk's"),
        ("right: to_ask", "right: to_know", "a right to know begins with the police"),
        ("part: alleged_perpetrator", "part: victim", "A new partner is a case of her own"),
        ("part: alleged_perpetrator", "part: child", "one person with `part: alleged_perpetrator`"),
        ("words: ", f"facts: {{right: to_ask}}\nwords: {CANARY} ", "`facts`: an application's"),
    ],
)
def test_an_application_that_cannot_be_dealt_with_is_refused_by_line(
    tmp_path: Path, before: str, after: str, told: str
) -> None:
    """Without a safe way to reach her, the first call is to the house that he answers."""
    assert before in FORM
    with pytest.raises(Misuse, match="cannot be used yet") as refused:
        read_application(filed(tmp_path, FORM.replace(before, after)), now_ms=CLOCK_MS)
    assert told in refused.value.text
    assert CANARY not in refused.value.text


class Force:
    """The police home, with what the commands say at it."""

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.speaker = Speaker(folder / "police", name=POLICE_HOME)
        self.speaker.read()
        self._capsys = capsys

    def read(self) -> None:
        """Let outbox and consumer read to the end."""
        self.speaker.send()
        self.speaker.read()
        acting = open_acting(Home.open(self.speaker.home.folder))
        held = self.speaker.town.log.views.get(POLICE, [])
        acting.consumer.take([Came(n, k, value or None) for n, (k, value) in enumerate(held)])
        inbox = Inbox(acting.outbox)
        inbox.take([Read(inbox.views, n, value or None, k) for n, (k, value) in enumerate(held)])

    def does(self, *line: str, code: int = 0) -> str:
        """Run a command; give all that it says."""
        self._capsys.readouterr()
        assert invoke([*line, "--home", str(self.speaker.home.folder)]) == code
        said = self._capsys.readouterr()
        return said.out + said.err


def test_the_desk_lists_what_comes_next_and_never_who_asked(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The commands themselves: applied for, listed, shown; who asked to its officer alone."""
    force = Force(tmp_path, capsys)
    text = FORM.replace("applicant: person_at_risk", "applicant: third_party")
    text += f"public: {{name: {CANARY}, contact: 01632 960999}}\n"
    text = text.replace("name: , role: , telephone: ,", f"name: {OFFICER}, role: officer, "
                        "telephone: 01632 960100,")  # fmt: skip
    file = filed(tmp_path, text)
    said = force.does("disclosure", "apply", str(file), "--wait", "0", code=EXIT_NOT_DELIVERED)
    assert "ring 999" in said
    assert CANARY not in said
    force.read()
    listed = force.does("disclosure", "list", "--by", OFFICER)
    assert "right to ask: next: initial_checks" in listed
    assert "COMMON LAW ONLY" in listed
    assert CANARY not in listed
    application = listed.split()[0]
    shown = force.does("disclosure", "show", application, "--by", OFFICER, "--applicant")
    assert f"asked by {CANARY}" in shown
    assert "IN CONFIDENCE" in shown
    assert CANARY not in force.does("disclosure", "show", application, "--by", OFFICER)
    refused = force.does(
        "disclosure", "show", application, "--by", "N. Osy", "--applicant", code=EXIT_USAGE
    )
    assert "officers of this disclosure alone" in refused
    assert CANARY not in refused
    for line in (["research", "list", "--all"], ["response", "list"], ["person", "list"],
                 ["enquiry", "list"], ["referral", "list"]):  # fmt: skip
        assert CANARY not in force.does(*line, "--by", OFFICER)


def test_only_police_have_the_desk(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """An empty list at another agency would read as if nobody had asked."""
    speaker = Speaker(tmp_path / "home")
    speaker.read()
    assert invoke(["disclosure", "list", "--home", str(speaker.home.folder)]) == EXIT_USAGE
    assert "is no home of a police desk" in capsys.readouterr().err
