"""Golden ledgers: `python -m tests.replay.make` writes one for each decider that has none yet.

    <decider>/export/       as `candour audit export` writes it
    <decider>/trust.json    what an auditor of it has pinned
    <decider>/verdict.json  what `candour audit verify` must say of it for ever

One that stands is never written again: entries are decided for ever by the version that decided
them, and this is how a later release is held to it. A release that adds a decider adds a folder.
"""

from pathlib import Path
from typing import Any

from broker.core.decider import DECIDERS
from tests.support.forging import Log, folder_of
from tests.support.stranger import concern, sha, text_of
from tests.vectors.ledger import Played, agreement, endorsement, founded, founding, key

HERE = Path(__file__).parent
CASE, POLICE, DESK = "tv-probation/case", "thames-valley/intelligence", "mk-csp/desk"
ROLE = "provenance.role_missing"


def folder_for(decider: str) -> Path:
    """Give the folder of a decider's golden ledger."""
    return HERE / decider.replace("/", "-")


class Told:
    """A small partnership in which each outcome comes up, and whose rules change midway."""

    def __init__(self, decider: str) -> None:
        """Found it under a decider."""
        self.played = Played(f"replay/{decider}")
        self.played.govern("mk-csp", "partnership_founded", founded(decider=decider))
        self.adopt(agreement())

    def adopt(self, act: dict[str, Any]) -> None:
        """Let everybody stand behind an act."""
        self.played.govern("mk-csp", "act_proposed", {"proposal": act})
        for name in ("tv-probation", "thames-valley", "mk-hub"):
            self.played.govern(name, "act_endorsed", endorsement(act))

    def report(self, *, lacking: str = "", **more: Any) -> bytes:
        """Report a concern; sections are put in, anything else is said of the context."""
        context = {n: more.pop(n) for n in ("urgency", "id", "basis") if n in more}
        sections = {**concern(self.played.draw), **more}
        given = sections["provenance"]
        sections["provenance"] = {name: v for name, v in given.items() if name != lacking}
        return self.played.say(CASE, "concern_reported", sections, **context)

    def about(self, source: str, event: str, value: dict[str, Any], *causes: str, **more: Any
              ) -> bytes:  # fmt: skip
        """Say something of what was said before."""
        caused = {f"cause.{n}": {"statement": one} for n, one in enumerate(causes, 1)}
        named = concern(self.played.draw)["provenance"]
        sections = {"event": value, **caused, "provenance": named, **more}
        return self.played.say(source, event, sections)

    def release(self, raw: bytes) -> None:
        """Let two release what is held."""
        event = {
            "statement": sha(raw.partition(b"~")[0]), "decision": "release", "waived": [ROLE],
            "reason": "known to us", "by": "B. Officer",
        }  # fmt: skip
        for _ in range(2):
            self.about(DESK, "release_decided", event)


def story(decider: str) -> Log:
    """Tell the story, and deliver it in a few batches."""
    told = Told(decider)
    log = Log(told.played)
    ids = [f"0132b1a4-9c40-7000-8000-{number:012d}" for number in range(9)]
    subject = text_of(b"s" * 16)
    told.report(id=ids[0])
    held = told.report(id=ids[1], lacking="role")
    told.report(id=ids[2], lacking="role", urgency="urgent")
    told.about(CASE, "provenance_supplied", {"statement": ids[2]}, ids[2])
    told.release(held)
    told.report(id=ids[3], urgency="threat_to_life", lacking="how_known", basis=None)
    log.deliver()
    told.report(exclusions={"excluded": [{"subjects": [subject], "agency": "thames-valley"}]})
    told.report(id=ids[0])  # an id used twice
    told.played.send("tv-probation", b"garbage")
    told.played.send("tv-probation", held)  # exactly what was recorded
    told.played.writer(CASE, key=key("nobody"))
    told.report(urgency="threat_to_life")  # unverified
    told.played.writer(CASE, key=key(CASE))
    machine = {"kind": "system", "system": "case", "rule": "r1", "accountable": "Head of Unit"}
    flagged = {"statement": ids[3], "received_by": "desk", "researched": "no", "actions": []}
    told.about(POLICE, "response_given", flagged, ids[3], provenance=machine)
    told.about(CASE, "statement_retracted", {"statement": ids[0], "reason": "mistaken", "by": "A"},
               ids[0])  # fmt: skip
    log.deliver()
    rules = {**founding()["rules"], "version": "2", "response_hours": 48}
    told.adopt({"act": "ruleset_adopted", "rules": rules})
    told.report()
    return log.deliver()


def write(decider: str) -> bool:
    """Write a decider's golden ledger; one that stands is left as it is.

    Returns:
        Whether it was written.
    """
    folder = folder_for(decider)
    if folder.exists():
        return False
    folder.mkdir()
    log = story(decider)
    folder_of(log, folder)
    (folder / "verdict.json").write_bytes(log.judged().encoded())
    return True


def main() -> None:
    """Write what is missing."""
    for decider in DECIDERS:
        made = write(decider)
        print(f"{decider}: {'written' if made else 'stands, and is not written again'}")


if __name__ == "__main__":
    main()
