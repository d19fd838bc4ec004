"""Whole stories for the laws: everything that agencies can submit, in one order of arrival.

Drawn by Hypothesis one move after the other: reports good and lacking, emergencies, what is
supplied later, acts and their hands, and whatever is sent twice, forged, mangled or lost.
`tests.support.telling` plays them.
"""

import json
from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

from hypothesis import strategies as st

from contracts.duration import DAY_MS
from contracts.event import BY_NAME, Audience
from contracts.section import PLAIN
from tests.support.stranger import Writer, seeded, text_of
from tests.support.strategies import (
    KINDS,
    LACKING,
    OTHER_BASIS,
    PARTIES,
    PARTS,
    PURPOSES,
    agreements,
    least_of,
    provenance,
    subject,
)
from tests.support.telling import FAR_MS, Sent, Story
from tests.vectors.ledger import (
    AGENCIES,
    BASIS,
    CLOCK_MS,
    PARTNERSHIP,
    agency,
    endorsement,
    founded,
    founding,
    key,
    source_key,
)

NEWCOMER = "mk-homes"
SOURCES = (
    "tv-probation/case", "tv-probation/case", "tv-probation/night", "thames-valley/intelligence",
    "mk-hub/safeguarding",
)  # fmt: skip
SAID = [name for name, row in BY_NAME.items() if row.audience is not Audience.PUBLIC_CONTROL]
OFTEN = ["concern_reported", "contact_recorded", "information_requested", "response_given"]
UNKNOWN = "0132b1a4-9c40-7000-8000-00000000ffff"


@cache
def _founded(choices: str) -> dict[str, Any]:
    chosen = json.loads(choices)
    rules = {**founding()["rules"], "unverified_emergencies": chosen.pop("unverified")}
    if not rules["unverified_emergencies"]:
        del rules["unverified_emergencies"]
    return founded(rules=rules, **chosen)


class _Drawing:
    """Draws a story, one move after the other."""

    def __init__(self, draw: st.DrawFn) -> None:
        self.draw = draw
        self.random = seeded(f"story/{draw(st.integers(0, 999))}")
        self.exercise = draw(st.booleans())
        self.sent: list[Sent] = []
        self.ids: list[str] = []
        """Of every statement written so far."""
        self.acts: list[dict[str, Any]] = []
        self.versions = 0
        self._writers: dict[str, Writer] = {}
        self._found()
        self.adopt(everybody=True)

    def pick(self, options: Sequence[Any]) -> Any:
        """Draw one of several."""
        return self.draw(st.sampled_from(options))

    def send(self, name: str, raw: bytes) -> None:
        """Put bytes on an agency's topic, sometimes a while later or after a loss."""
        later = self.pick([0, 0, 0, 0, 1, 3_600_000, DAY_MS // 2])
        self.sent.append(Sent(name, raw, later, self.pick([0] * 30 + [1, 3])))

    def writer(self, source: str, **changes: Any) -> Writer:
        """Give the outbox of a source; one changed is made for the occasion."""
        if source not in self._writers or changes:
            held = Writer(
                changes.pop("key", key(source)), f"/agencies/{source}",
                changes.pop("partnership", PARTNERSHIP), self.random,
                stream=text_of(self.random(16)), **changes,
            )  # fmt: skip
            if changes or source in self._writers:
                return held
            self._writers[source] = held
        return self._writers[source]

    def write(self, outbox: Writer, event: str, sections: dict[str, Any], **members: Any) -> bytes:
        """Write a statement, and remember its id."""
        context = outbox.context(event, **members)
        self.ids.append(context["id"])
        return outbox.write(context, sections)

    def govern(self, name: str, event: str, value: dict[str, Any]) -> None:
        """Say public control with an agency's control key."""
        raw = self.write(
            self.writer(f"{name}/control"), event, {"event": value}, purpose="governance",
            basis=None, classification="OFFICIAL", time=self._time(),
        )  # fmt: skip
        self.send(name, raw)

    def _time(self) -> str:
        hour = self.pick(["01T09", "01T09", "01T10", "02T09", "09T09"])
        return f"2012-05-{hour}:30:00.000Z" if self.exercise else "2012-05-01T09:30:00.000Z"

    def _found(self) -> None:
        names = [name for name in AGENCIES if name != "thames-valley"]
        some = st.lists(st.sampled_from(names), max_size=2, unique=True)
        told_first = self.draw(st.permutations(["thames-valley", *self.draw(some)]))
        choices = {
            "exercise": self.exercise,
            "emergency_recipients": self.pick([told_first, ["thames-valley", "mk-hub"]]),
            "alternates": self.pick([
                {"thames-valley": "mk-csp", "mk-hub": "mk-csp"},
                {"thames-valley": "mk-hub"},
            ]),
            "unverified": self.pick([True, True, False]),
        }
        self.govern("mk-csp", "partnership_founded", _founded(json.dumps(choices)))

    # What agencies say.

    def report(self, **changes: Any) -> bytes:
        """Write a statement of any type that is no control, good or lacking, and send it."""
        source = changes.pop("source", None) or self.pick(SOURCES)
        event = changes.pop("event", None) or self.pick([*OFTEN, *OFTEN, *SAID])
        outbox = changes.pop("outbox", None) or self.writer(source)
        members = {
            "urgency": self.pick(["routine", "routine", "urgent", "threat_to_life"]),
            "purpose": self.pick(["safeguarding"] * 16 + list(PURPOSES)),
            "basis": self.pick([*[BASIS] * 8, OTHER_BASIS, None]),
            "agreement": self.pick([None] * 8 + ["isa-1", "no-isa"]),
            "time": self._time(),
        }
        sections = {**self.sections(event), **changes.pop("sections", {})}
        raw = self.write(outbox, event, sections, **{**members, **changes})
        self.send(source.partition("/")[0], raw)
        return raw

    def sections(self, event: str) -> dict[str, Any]:
        """Draw the sections of a report: which there are, and what of them decides."""
        row = BY_NAME[event]
        found: dict[str, Any] = {"event": least_of(row.shape)}
        if event == "information_requested":
            found["event"]["addressee"] = self.pick(PARTIES)
        if row.refers or self.pick([False, False, True]):
            found["cause.1"] = {"statement": self.known()}
        for n in range(1, self.pick([1, 1, 2]) + 1):
            found[f"person.{n}.identity"] = {"subject": subject(n), "names": []}
            if self.pick([True, False]):
                found[f"person.{n}.part"] = {"subject": subject(n), "part": self.pick(PARTS)}
            if self.pick([True, False]):
                found[f"person.{n}.whereabouts"] = {"subject": subject(n), "address": "1 High St"}
        lacking = self.draw(LACKING)
        if self.pick([True] * 8 + [False]):
            found["provenance"] = provenance(lacking)
        if self.pick([True, False]):
            found["consent"] = self._consent()
        if self.pick([False, False, True]):
            found["exclusions"] = self._exclusions()
        extra = self.draw(st.sets(st.sampled_from(KINDS), max_size=3))
        for name in sorted(extra & {"narrative", "risk", "health", "use_limits"}):
            found[name] = least_of(PLAIN[name])
        if self.pick([False, False, True]):
            found["source_identity"] = {"name": "Mrs Neighbour"}
        return found

    def known(self) -> str:
        """Draw the id of a statement written before, by whomever, or of none."""
        return str(self.pick(self.ids[-12:] + [UNKNOWN] * 3))

    def _consent(self) -> dict[str, Any]:
        view = {"subject": subject(1), "state": self.pick(["given", "given", "refused"])}
        override = {"ground": "child", "by": "Guardian", "reason": "x"}
        return {"views": [view], **({"override": override} if self.pick([False, True]) else {})}

    def _exclusions(self) -> dict[str, Any]:
        names = ["thames-valley", "mk-hub", *AGENCIES, NEWCOMER]
        some = self.draw(st.sets(st.sampled_from(names), min_size=1, max_size=2))
        rows = [{"subjects": [subject(1)], "agency": name} for name in sorted(some)]
        return {"excluded": [*rows, {"subjects": [], "practitioner": "W" * 22}]}

    def emergency(self) -> None:
        """Report a threat to life."""
        event = self.pick(["concern_reported", *OFTEN[:3]])
        some = {"exclusions": self._exclusions()} if self.pick([True, False]) else {}
        self.report(event=event, urgency="threat_to_life", sections=some)

    def supply(self, about: str | None = None) -> None:
        """Supply the provenance of some statement, held or not."""
        about = about or self.known()
        sections = {
            **self.sections("provenance_supplied"),
            "event": {"statement": about},
            "cause.1": {"statement": about},
            "provenance": provenance(self.draw(LACKING)),
        }
        raw = self.write(
            self.writer("tv-probation/case"), "provenance_supplied", sections, time=self._time()
        )
        self.send("tv-probation", raw)

    def held(self) -> None:
        """Report something with nobody's name on it, and supply the name afterwards."""
        self.report(
            source="tv-probation/case", event=self.pick(OFTEN[:2]), purpose="safeguarding",
            basis=BASIS, agreement=None, sections={"provenance": provenance("practitioner")},
        )  # fmt: skip
        about = self.ids[-1]
        for _ in range(self.pick([1, 1, 2])):
            self.supply(about)

    # What goes wrong, or is meant to.

    def redeliver(self) -> None:
        """Send again what was sent, through the same topic or another agency's."""
        again = self.pick(self.sent[-12:])
        other = self.pick(list(AGENCIES))
        self.send(self.pick([again.agency, again.agency, other]) or other, again.raw)

    def fork(self) -> None:
        """Use a number or an id a second time."""
        outbox = self.writer("tv-probation/case")
        if self.pick([True, False]):
            outbox.used.clear()
            self.report(source="tv-probation/case")
        else:
            self.report(source="tv-probation/case", id=self.known())

    def forge(self) -> None:
        """Sign under a key that is not in force for this source, or not at all."""
        changes = self.pick([
            {"key": key("nobody")}, {"key": key("tv-probation/night")},
            {"key": key("tv-probation/control")}, {"partnership": "mk-then"},
        ])  # fmt: skip
        outbox = self.writer("tv-probation/case", **changes)
        self.report(source="tv-probation/case", outbox=outbox)

    def mangle(self) -> None:
        """Change the bytes of what was sent before, and send that."""
        again = self.pick(self.sent[-12:])
        jws, _, rest = again.raw.partition(b"~")
        texts = rest.split(b"~")[:-1]
        ways: list[Callable[[], bytes]] = [
            lambda: b"garbage",
            lambda: b"",
            lambda: b"A" * (256 * 1024 + 1),
            lambda: again.raw[: len(again.raw) // 2],
            lambda: b"~".join([jws[:-4] + b"AAAA", *texts, b""]),
            lambda: b"~".join([jws, *texts[:-1], b""]),
            lambda: b"~".join([jws, *texts[::-1], b""]),
            lambda: again.raw + text_of(b'["AAAAAAAAAAAAAAAAAAAAAA","health",{}]').encode() + b"~",
        ]
        self.send(again.agency or "mk-hub", self.pick(ways)())

    def beat(self) -> None:
        """Let a minute pass in which nothing comes; an exercise has none."""
        if not self.exercise:
            self.sent.append(Sent("", b"", 60_000))

    # What governs.

    def propose(self, name: str, act: dict[str, Any]) -> None:
        """Propose an act, and remember it."""
        self.acts.append(act)
        self.govern(name, "act_proposed", {"proposal": act})

    def adopt(self, *, everybody: bool = False) -> None:
        """Propose an agreement and have its parties endorse it, or some of them."""
        self.versions += 1
        name = "isa-1" if everybody else self.pick(["isa-1", "isa-1", "isa-0"])
        is_open = everybody or self.pick([True, False])
        document = self.draw(agreements(name, self.versions, is_open=is_open))
        act = {"act": "agreement_adopted", "agreement": document}
        self.propose("mk-csp", act)
        for name in PARTIES if everybody else PARTIES[: self.pick([3, 3, 3, 2])]:
            self.govern(name, "act_endorsed", endorsement(act))

    def replace(self) -> None:
        """Adopt the next version of the agreement, and report something under it at once."""
        self.report(source="tv-probation/case", event="concern_reported")
        self.adopt(everybody=True)
        self.report(source="tv-probation/case", event="concern_reported")

    def act(self) -> None:
        """Admit, enrol or revoke; somebody entitled or not proposes it."""
        act = self.pick([
            {"act": "agency_admitted", "agency": agency(NEWCOMER)},
            {"act": "key_enrolled", "agency": "tv-probation",
             "key": source_key("tv-probation", "spare")},
            {"act": "key_revoked", "agency": "tv-probation", "kid": key("tv-probation/night").kid,
             "reason": "compromised"},
            {"act": "key_revoked", "agency": "tv-probation", "kid": key("tv-probation/case").kid,
             "reason": "retired"},
        ])  # fmt: skip
        self.propose(self.pick(["mk-csp", "mk-csp", "tv-probation"]), act)

    def endorse(self) -> None:
        """Endorse any act proposed before."""
        name = self.pick([*AGENCIES, NEWCOMER])
        self.govern(name, "act_endorsed", endorsement(self.pick(self.acts)))

    def set_time(self) -> None:
        """Set the time, or found once more: both are refused in most partnerships."""
        if self.pick([True, False]):
            at = self.pick(["2012-05-03", "2011-05-03"])
            self.govern("mk-csp", "exercise_time_set", {"at": f"{at}T00:00:00.000Z"})
        else:
            self.govern("mk-csp", "partnership_founded", founded())


_MOVES = (
    ["report"] * 8 + ["emergency"] * 3 + ["held"] * 3 + ["replace"]
    + ["supply", "redeliver", "redeliver", "fork", "forge", "forge", "mangle", "mangle"]
    + ["beat", "adopt", "act", "endorse", "set_time"]
)  # fmt: skip


@st.composite
def stories(draw: st.DrawFn, *, most: int = 24) -> Story:
    """Draw a story: a founding, an agreement in force or to be, and then anything."""
    clock_ms = draw(st.sampled_from([FAR_MS, FAR_MS, CLOCK_MS]))
    drawing = _Drawing(draw)
    moves = [drawing.pick(_MOVES) for _ in range(draw(st.integers(1, most)))]
    for move in moves:
        getattr(drawing, move)()
    return Story(clock_ms, tuple(drawing.sent), " ".join(moves))
