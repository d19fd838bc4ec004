"""A thousand canaries, said on every pathway: what each outcome is fed, and who may have it then.

Who may have what is written here by hand, from the vectors' agreement and FORMAT.md (Deciding):
nothing that decides is asked.
"""

from dataclasses import dataclass, field
from itertools import count
from typing import Any

from tests.support.stranger import concern, sha, text_of
from tests.vectors.ledger import Played, agreement, endorsement, founded, key

Json = Any

CASE, DESK, POLICE, HUB = "tv-probation", "mk-csp", "thames-valley", "mk-hub"
LEG = ("event", "provenance", "narrative", "person.1.identity", "person.2.identity")
"""What of a report the agreement lets police have, as far as words stand in it."""
WHOLE = (*LEG, "use_limits", "person.1.whereabouts", "health", "necessity")
"""What an emergency carries besides: all but a source who asked for anonymity."""
MANY, FEW = 5, 2
ROLE = "provenance.role_missing"


@dataclass
class Aviary:
    """Submissions full of canaries.

    Attributes:
        may: by canary, the agencies that may have it; its publisher apart.
        kept: canaries of what is recorded; of what is refused nothing is kept.
    """

    log_key: str
    played: Played = field(default_factory=lambda: Played("aviary"))
    may: dict[str, set[str]] = field(default_factory=dict)
    kept: set[str] = field(default_factory=set)
    _numbers: count = field(default_factory=count)  # type: ignore[type-arg]
    _ids: count = field(default_factory=count)  # type: ignore[type-arg]

    def bird(self) -> str:
        """Give the next canary."""
        word = f"Zquil{next(self._numbers):04d}"
        self.may[word] = set()
        return word

    def take(self) -> list[tuple[str, bytes]]:
        """Give what was said since the last time, by agency."""
        said = [(s["agency"], s["submission"]["text"].encode()) for s in self.played.submissions]
        self.played.submissions.clear()
        return said

    def found(self) -> None:
        """Found the partnership, and propose the agreement."""
        self.played.govern(DESK, "partnership_founded", founded(log_key=self.log_key))

    def agree(self) -> dict[str, Json]:
        """Propose an agreement that is in force today."""
        act = agreement(review="2998-01-01", expires="2999-01-01")
        self.played.govern(DESK, "act_proposed", {"proposal": act})
        return act

    def endorse(self, act: dict[str, Json]) -> None:
        """Let every party stand behind it."""
        for name in (CASE, POLICE, HUB):
            self.played.govern(name, "act_endorsed", endorsement(act))

    def sections(self) -> dict[str, Json]:
        """Write a report with a canary in every member that takes a text."""
        bird, plain = self.bird, concern(self.played.draw)
        hers, his = (plain[f"person.{n}.identity"]["subject"] for n in (1, 2))
        limit = plain["use_limits"]["limits"][0] | {"by": bird()}
        given = plain["provenance"]
        return {
            **plain,
            "provenance": given | {
                "practitioner": given["practitioner"] | {"name": bird()},
                "role": bird(), "employer": bird(), "acting_for": bird(), "supervisor": bird(),
                "contact": {"mailbox": f"{bird()}@probation.example"},
                "relay": [{"role": bird(), "organisation": bird(), "name": bird()}],
            },
            "use_limits": {"limits": [limit], "ring": bird(), "note": bird()},
            "person.1.identity": {
                "subject": hers, "names": [{"given": bird(), "family": bird()}],
                "identifiers": [{"scheme": "local", "value": bird()}],
            },
            "person.1.whereabouts": {
                "subject": hers, "address": bird(), "telephone": bird(), "safe_contact": bird(),
            },
            "person.2.identity": {"subject": his, "names": [{"family": bird()}]},
            "narrative": {
                "text": bird(), "form": "summary", "question": bird(), "assessment": bird(),
            },
            "health": {"text": bird(), "standing": "self_reported"},
            "source_identity": {"name": bird(), "contact": bird()},
            "necessity": {"necessary": bird(), "proportionate": bird(), "decided_by": bird()},
        }  # fmt: skip

    def allow(self, sections: dict[str, Json], *agencies: str, names: tuple[str, ...] = LEG
              ) -> None:  # fmt: skip
        """Write down that agencies may have the words of some sections; all are recorded."""
        for name, value in sections.items():
            words = _words(value)
            self.kept |= words
            for word in words if name in names else ():
                self.may[word] |= set(agencies)

    def report(self, *, lacking: str = "", id_: str | None = None, **more: Json) -> dict[str, Json]:
        """Report; give its sections. `more` are sections but for `urgency`."""
        context = {"urgency": more.pop("urgency", "routine"), **({"id": id_} if id_ else {})}
        sections = {**self.sections(), **more}
        sections["provenance"].pop(lacking, None)
        self.last = self.played.say(f"{CASE}/case", "concern_reported", sections, **context)
        return sections

    def fresh(self) -> str:
        """Give a statement's id."""
        return f"0132b1a4-9c40-7000-8000-{next(self._ids):012d}"

    def about(self, source: str, event: str, value: dict[str, Json], *causes: str, **more: Json
              ) -> dict[str, Json]:  # fmt: skip
        """Say something of a statement; give its sections."""
        caused = {f"cause.{n}": {"statement": one} for n, one in enumerate(causes, 1)}
        given = concern(self.played.draw)["provenance"]
        given |= {"practitioner": given["practitioner"] | {"name": self.bird()}}
        sections = {"event": value | {"by": self.bird()}, **caused, "provenance": given, **more}
        self.played.say(source, event, sections)
        return sections

    def tell(self) -> None:
        """Say what comes to each outcome, but for what refers to it."""
        self.held: list[tuple[dict[str, Json], str]] = []
        self.known: list[tuple[dict[str, Json], str]] = []
        excluded = {"excluded": [{"subjects": [], "agency": POLICE}]}
        for _ in range(MANY):
            said = self.fresh()
            self.known.append((self.report(id_=said), said))
            self.allow(self.known[-1][0], POLICE)
            self.allow(self.report(lacking="role", urgency="urgent"), POLICE)
            self.allow(self.report(lacking="role"))
            self.held.append((self.report(lacking="role"), sha(self.last.partition(b"~")[0])))
            self.allow(self.held[-1][0])
            self.allow(self.report(urgency="threat_to_life"), POLICE, HUB, names=WHOLE)
            self.allow(self.report(exclusions=excluded))
        self._refused()

    def _refused(self) -> None:
        """Say what is refused, and what goes to police unverified."""
        for _ in range(FEW):
            broken = self.sections()
            self.report(narrative=broken["narrative"] | {"unheard_of": self.bird()})
            self.report(health=[self.bird()])
            self.report(id_=self.known[0][1])
            outbox = self.played.writer(f"{CASE}/case")
            raw = outbox.write(outbox.context("no_such_event"), self.sections())
            self.played.send(CASE, raw)
            self.played.send(CASE, self.bird().encode() * 99)
            jws, *texts = self.last.split(b"~")
            more = text_of(f'["{"A" * 22}","{self.bird()}",{{}}]'.encode())
            self.played.send(CASE, b"~".join([jws, *texts[:-1], more.encode(), b""]))
            self.played.send(CASE, b"~".join([*self._strange(outbox), b""]))
        self.played.writer(f"{CASE}/case", key=key("nobody"))
        for _ in range(FEW):
            self.allow(self.report(urgency="threat_to_life"), POLICE, names=WHOLE)
            self.report()
        self.played.writer(f"{CASE}/case", key=key(f"{CASE}/case"))

    def _strange(self, outbox: Any) -> list[bytes]:
        """Write a signed part with canaries where no text belongs."""
        context = outbox.context("concern_reported") | {self.bird(): self.bird()}
        return list(outbox.seal({"_sd": [], **context}, []).split(b"~")[:-1])

    def govern(self) -> None:
        """Release, refuse, correct and take back what was said."""
        for number, (sections, digest) in enumerate(self.held):
            decision = "release" if number % 2 else "refuse"
            for _ in range(2):
                event = {"statement": digest, "decision": decision, "waived": [ROLE],
                         "reason": self.bird()}  # fmt: skip
                words = self.about(f"{DESK}/desk", "release_decided", event)
                self.allow(words, DESK, names=("event", "provenance"))
            if decision == "release":
                self.allow(sections, POLICE)
        for number, (sections, said) in enumerate(self.known):
            event = {"statement": said, "reason": "mistaken"}
            told: tuple[str, ...] = ("event", "provenance")
            if number % 2:
                words = self.about(f"{CASE}/case", "statement_retracted", event, said)
            else:
                person = sections["person.1.identity"] | {"names": [{"family": self.bird()}]}
                more = {
                    "person.1.identity": person,
                    "narrative": sections["narrative"] | {"text": self.bird()},
                    "health": {"text": self.bird(), "standing": "self_reported"},
                }
                words = self.about(f"{CASE}/case", "statement_corrected", event, said, **more)
                told += ("person.1.identity", "narrative")
            self.allow(words, POLICE, names=told)


def _words(value: Json) -> set[str]:
    """List the canaries in a section."""
    if isinstance(value, dict):
        return {word for one in value.values() for word in _words(one)}
    if isinstance(value, list):
        return {word for one in value for word in _words(one)}
    text = str(value)
    return {text.partition("@")[0]} if text.startswith("Zquil") else set()
