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
from tests.vectors.ledger import (
    Played,
    agreement,
    endorsement,
    founded,
    founding,
    key,
    source_key,
)

HERE = Path(__file__).parent
CASE, POLICE, DESK = "tv-probation/case", "thames-valley/intelligence", "mk-csp/desk"
ROLE = "provenance.role_missing"
GOVERNING = {
    "consent_recorded", "persons_linked", "persons_unlinked", "exclusion_recorded",
    "exclusion_lifted", "legal_hold_set", "legal_hold_lifted", "statement_corrected",
    "statement_retracted", "correction_acknowledged", "erasure_proposed", "erasure_endorsed",
    "erasure_confirmed", "credential_issued", "credential_revoked", "recall_acknowledged",
    "release_decided", "provenance_supplied",
}  # fmt: skip
"""What must be accepted in the story, or its ledger would hold nobody to it."""
LAW = {
    "version": "1",
    "provisions": [
        {"citation": "uk_gdpr.6.1.e", "title": "Public task", "use": "article",
         "regimes": ["uk_gdpr"], "source": "UK GDPR Article 6(1)(e)"},
        {"citation": "cda_1998.115", "title": "Crime and disorder", "use": "gateway",
         "regimes": ["uk_gdpr"], "source": "Crime and Disorder Act 1998 s115"},
        {"citation": "dpa_2018.35", "title": "Law enforcement", "use": "article",
         "regimes": ["dpa_2018_part_3"], "source": "DPA 2018 s35", "since": "2018-05-25"},
    ],
}  # fmt: skip


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

    def tell(self, **context: Any) -> tuple[str, str]:
        """Report a concern that nothing is missing from; give the tokens of its two people."""
        sections = concern(self.played.draw)
        self.played.say(CASE, "concern_reported", sections, **context)
        first, second = (sections[f"person.{n}.identity"]["subject"] for n in (1, 2))
        return first, second

    def about(self, source: str, event: str, value: dict[str, Any], *causes: str, **more: Any
              ) -> bytes:  # fmt: skip
        """Say something of what was said before; `who` and `id` are no sections."""
        caused = {f"cause.{n}": {"statement": one} for n, one in enumerate(causes, 1)}
        named = concern(self.played.draw)["provenance"]
        if who := more.pop("who", None):
            named["practitioner"] = {"token": sha(who.encode())[:22], "name": who}
        context = {name: more.pop(name) for name in ("id",) if name in more}
        sections = {"event": value, **caused, "provenance": named, **more}
        return self.played.say(source, event, sections, **context)

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
    log.deliver()
    govern_cases(told)
    log.deliver()
    govern_keys(told)
    log.deliver()
    for written in log.playing.entries:
        for digest in (one for delivery in written.deliveries for one in delivery.erases):
            log.sections.pop(digest, None)  # as Kafka compacts them
    return log


def govern_cases(told: Told) -> None:
    """Let people be asked, joined, kept apart, held, corrected and erased."""
    ids = [f"0132b1a4-9c40-7000-8000-{number:012d}" for number in range(20, 40)]
    (her, him), (again, _) = told.tell(id=ids[0]), told.tell(id=ids[1])
    view = {"subject": her, "state": "withdrawn"}
    asked = {"views": [view], "asked_by": "A", "asked_alone": True}
    told.about(CASE, "consent_recorded", asked, ids[0])
    link = {"subjects": [her, again], "matcher": "B", "basis": "one birth date"}
    told.about(POLICE, "persons_linked", link, ids[0], ids[1], id=ids[2])
    kept_out = {"subjects": [him], "agency": "mk-hub"}
    wall = {"excluded": [kept_out], "reason": "he works there", "by": "A"}
    told.about(CASE, "exclusion_recorded", wall, ids[0], id=ids[3])
    apart = {"link": ids[2], "subjects": [her, again], "matcher": "B", "basis": "two people"}
    told.about(POLICE, "persons_unlinked", apart, ids[2])
    lifted = {"exclusion": ids[3], "reason": "moved", "by": "A"}
    told.about(CASE, "exclusion_lifted", lifted, ids[3])
    hold = {"subjects": [her], "authority": "coroner", "reference": "1", "by": "C"}
    told.about(POLICE, "legal_hold_set", hold, ids[0], id=ids[4])
    told.about(POLICE, "legal_hold_lifted", {"hold": ids[4], "reason": "over", "by": "C"}, ids[4])
    right = {"statement": ids[1], "reason": "misheard", "by": "A"}
    told.about(CASE, "statement_corrected", right, ids[1], id=ids[5],
               narrative={"text": "It was said otherwise.", "form": "summary"})  # fmt: skip
    read = {"correction": ids[5], "by": "B", "affected": 0}
    told.about(POLICE, "correction_acknowledged", read, ids[5])
    told.tell(id=ids[6])
    gone = {"statements": [ids[6]], "ground": "mistaken", "reason": "wrong person", "by": "A"}
    told.about(CASE, "erasure_proposed", gone, id=ids[7], who="first")
    second = {"proposal": ids[7], "statements": [ids[6]], "by": "B"}
    told.about(POLICE, "erasure_endorsed", second, id=ids[8], who="second")
    done = {"erasure": ids[8], "by": "B", "backups_until": "2012-08-01T00:00:00.000Z"}
    told.about(POLICE, "erasure_confirmed", done)


def govern_keys(told: Told) -> None:
    """Let a credential be issued and lost, a key be changed and stolen, an agency be succeeded."""
    digest = sha(b"shown by nobody")
    told.played.govern("tv-probation", "credential_issued", {
        "credential": digest, "practitioner": text_of(b"p" * 16), "role": "officer",
        "until": "2013-05-01T00:00:00.000Z",
    })  # fmt: skip
    lost = {"credential": digest, "reason": "lost"}
    told.played.govern("tv-probation", "credential_revoked", lost)
    old, new = key(CASE), key(f"{CASE}#2")
    enrolled = source_key("tv-probation", "case", held=new)
    act = {"act": "key_rotated", "agency": "tv-probation", "kid": old.kid, "key": enrolled}
    told.played.govern("tv-probation", "act_proposed", {"proposal": act})
    told.played.writer(CASE, key=new)
    told.tell()
    stolen = {
        "act": "key_revoked", "agency": "tv-probation", "kid": new.kid, "reason": "compromised",
        "invalid_since": "2012-04-01T00:00:00.000Z",
    }  # fmt: skip
    told.played.govern("mk-csp", "act_proposed", {"proposal": stolen})
    looked = {"kid": new.kid, "by": "B", "suspect": 1, "reopened": 0}
    told.about(POLICE, "recall_acknowledged", looked)
    taken = {"act": "agency_succeeded", "agency": "thames-valley", "successor": "mk-hub"}
    told.played.govern("mk-csp", "act_proposed", {"proposal": taken})
    told.played.govern("tv-probation", "act_endorsed", endorsement(taken))
    rules = {**founding()["rules"], "version": "3", "law": LAW}
    told.adopt({"act": "ruleset_adopted", "rules": rules})
    told.played.writer(CASE, key=old)
    told.tell()  # under a key that is over


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
    heard = {one.recorded.findings.event for one in log.playing.entries if one.recorded.findings}
    if not heard >= GOVERNING:
        raise ValueError(f"what was to govern is refused: {sorted(GOVERNING - heard)}")
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
