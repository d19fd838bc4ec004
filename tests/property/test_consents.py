"""Consent against a second reading of the rules: every order of asking, refusing and delivering.

The model below is written from domain.md 1.7 and FORMAT.md, on persons, with none of the code
that decides; it says what police may be given, and the played log must have given just that.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from tests.support.stranger import concern, sha
from tests.support.strategies import fixed
from tests.support.telling import id_of, submitted, town
from tests.vectors.ledger import Played, agreement, endorsement

PROBATION, HUB, POLICE = "tv-probation", "mk-hub", "thames-valley"
SOURCES = {
    PROBATION: "tv-probation/case", HUB: "mk-hub/safeguarding", POLICE: "thames-valley/intelligence"
}  # fmt: skip
TOKENS = {
    f"{agency}/{person}": sha(f"{agency}/{person}".encode())[:22]
    for agency in (PROBATION, HUB)
    for person in ("her", "him", "alias")
}
ASKED = ("victim", "alleged_perpetrator", "unassessed")
GROUNDS = ("serious_harm_to_others", "child", "coerced_or_incapacitous")
"""Of the leg: it asks whoever plays one of these parts, and takes these grounds."""
FOR_OTHERS = {"serious_harm_to_others", "serious_crime", "child"}
AGAINST = {"refused", "withdrawn", "unsafe_to_ask"}
STATES = ("given", "refused", "withdrawn", "unsafe_to_ask", "not_sought")

Op = tuple[Any, ...]
Override = tuple[str, tuple[str, ...], tuple[str, ...]]


@dataclass
class Model:
    """What was said of sharing, by whom, of which token; and which tokens are one person."""

    words: list[tuple[int, str, str, str, str]] = field(default_factory=list)
    """(when, statement, agency, token, state)."""
    links: dict[str, set[str]] = field(default_factory=dict)

    def person(self, token: str) -> set[str]:
        """List the tokens of whoever a token stands for, link by link."""
        found, more = {token}, True
        while more:
            near = [pair for pair in self.links.values() if pair & found and not pair <= found]
            found = found.union(*near)
            more = bool(near)
        return found

    def agrees(self, token: str) -> bool:
        """Say whether somebody has said yes, and nobody was last told no."""
        person = self.person(token)
        said = [one for one in self.words if one[3] in person]
        last = {agency: max(w[0] for w in said if w[2] == agency) for _, _, agency, _, _ in said}
        states = {state for when, _, agency, _, state in said if when == last[agency]}
        return "given" in states and not states & AGAINST

    def lets(self, parts: dict[str, str], override: Override | None) -> bool:
        """Say whether the leg lets a report through.

        Args:
            parts: token to part, of everybody in it.
            override: ground, whose refusal, whom it protects: tokens; only of who is in it.
        """
        feared = set[str]().union(
            *(self.person(t) for t, part in parts.items() if part == "alleged_perpetrator")
        )
        for token, part in parts.items():
            if part not in ASKED or self.agrees(token):
                continue
            if override is None or override[0] not in GROUNDS:
                return False
            ground, of, at_risk = override
            if not self.person(token) & set(of):
                return False
            if ground in FOR_OTHERS and not set(at_risk) & set(parts) - self.person(token) - feared:
                return False
        return True


class Lived:
    """A log that is played beside the model, one thing after the other."""

    def __init__(self) -> None:
        self.played, self.log = town()
        self.model = Model()
        self.sent = len(self.played.submissions)
        self.may: dict[str, bool] = {}
        """By the digest of a report: what the model says."""
        self.said: list[tuple[str, str]] = []
        """(agency, id) of everything that carries a word on consent."""
        self.linked: list[tuple[str, list[str]]] = []
        self.now = 0
        _agree(self.played)
        self.known = {
            PROBATION: [self.concern(PROBATION, "her", "him"), self.concern(PROBATION, "alias")],
            HUB: [self.concern(HUB, "her", "him"), self.concern(HUB, "alias")],
        }
        self.flow()

    def flow(self) -> None:
        """Let the sequencer decide what was said since; nothing is delivered yet."""
        self.log.tell(submitted(self.played, self.sent))
        self.sent = len(self.played.submissions)

    def concern(self, agency: str, *people: str) -> str:
        """Report people without any consent needed: who holds them may say more of them."""
        parts = {TOKENS[f"{agency}/{one}"]: "unassessed" for one in people}
        return id_of(self.say(agency, "concern_reported", _persons(self.played, parts)))

    def say(self, agency: str, event: str, sections: dict[str, Any], *causes: str) -> bytes:
        """Sign something complete, under the one agreement that this is about."""
        self.now += 1
        caused = {f"cause.{n}": {"statement": one} for n, one in enumerate(causes, 1)}
        who = {"provenance": concern(self.played.draw)["provenance"]}
        shared = {"agreement": "isa-c"} if event.endswith(("reported", "contact_recorded")) else {}
        return self.played.say(SOURCES[agency], event, {**sections, **caused, **who}, **shared)

    def hear(self, raw: bytes, agency: str, token: str, state: str) -> None:
        """Let the model hear a word."""
        self.model.words.append((self.now, id_of(raw), agency, token, state))
        self.said.append((agency, id_of(raw)))

    def do(self, op: Op) -> None:
        """Do one thing, in the log and in the model."""
        getattr(self, op[0])(*op[1:])
        self.flow()

    def report(
        self, agency: str, parts: dict[str, str], views: dict[str, str], override: Override | None
    ) -> bytes:
        """Report a contact: a leg with consent; views and override stand in it."""
        of = {person: TOKENS[f"{agency}/{person}"] for person in ("her", "him", "alias")}
        named = {of[person]: part for person, part in parts.items()}
        consent: dict[str, Any] = {
            "views": [{"subject": of[p], "state": s} for p, s in views.items() if p in parts]
        }
        meant = None
        if override is not None:
            ground, whose, at_risk = override
            meant = ground, tuple(of[p] for p in whose), tuple(of[p] for p in at_risk)
            consent["override"] = {
                "ground": ground, "by": "A. Guardian", "role": "Caldicott Guardian",
                "reason": "she is afraid", "of": list(meant[1]), "at_risk": list(meant[2]),
            }  # fmt: skip
        sections = _persons(self.played, named)
        raw = self.say(agency, "contact_recorded", {**sections, "consent": consent})
        for view in consent["views"]:
            self.hear(raw, agency, view["subject"], view["state"])
        self.may[sha(raw.partition(b"~")[0])] = self.model.lets(named, meant)
        return raw

    def consent(self, agency: str, person: str, state: str) -> None:
        """Record what somebody said; police record it by probation's token."""
        publisher = PROBATION if agency == POLICE else agency
        token = TOKENS[f"{publisher}/{person}"]
        raw = self._record(agency, token, state, self.known[publisher][person == "alias"])
        self.hear(raw, agency, token, state)

    def foreign(self, person: str, state: str) -> None:
        """Let the hub report somebody of its own, and say probation's person's word in it."""
        hers, theirs = TOKENS[f"{PROBATION}/{person}"], TOKENS[f"{HUB}/alias"]
        for parts in ({theirs: "associate"}, {hers: "associate"}):
            consent = {"consent": {"views": [{"subject": hers, "state": state}]}}
            self.say(HUB, "concern_reported", {**_persons(self.played, parts), **consent})

    def unheld(self, person: str, state: str) -> None:
        """Let the hub say something of a person whom it was never told of: nobody hears it."""
        self._record(HUB, TOKENS[f"{PROBATION}/{person}"], state, self.known[PROBATION][0])

    def _record(self, agency: str, token: str, state: str, cause: str) -> bytes:
        event = {
            "views": [{"subject": token, "state": state}], "asked_by": "A. Officer",
            "asked_alone": True,
        }  # fmt: skip
        return self.say(agency, "consent_recorded", {"event": event}, cause)

    def link(self, pair: tuple[str, str]) -> None:
        """Let a named matcher of police say that two tokens are one person."""
        raw = self._link(POLICE, pair)
        self.model.links[id_of(raw)] = {TOKENS[one] for one in pair}
        self.linked.append((id_of(raw), [TOKENS[one] for one in pair]))

    def unmatched(self) -> None:
        """Let probation say so of its own two tokens: it is no matcher, and nothing joins."""
        self._link(PROBATION, (f"{PROBATION}/her", f"{PROBATION}/alias"))

    def _link(self, agency: str, pair: Iterable[str]) -> bytes:
        subjects = [TOKENS[one] for one in pair]
        event = {"subjects": subjects, "matcher": "A. Officer", "basis": "date of birth"}
        held = [*self.known[PROBATION], *([] if agency == PROBATION else self.known[HUB])]
        return self.say(agency, "persons_linked", {"event": event}, *held)

    def unlink(self, which: int) -> None:
        """Take a link back."""
        if self.linked:
            link, subjects = self.linked.pop(which % len(self.linked))
            event = {"link": link, "subjects": subjects, "matcher": "A. O.", "basis": "two people"}
            self.say(POLICE, "persons_unlinked", {"event": event}, link)
            del self.model.links[link]

    def retract(self, which: int) -> None:
        """Take a word back: it is as if it had not been said, from now on."""
        if self.said:
            agency, said = self.said.pop(which % len(self.said))
            event = {"statement": said, "reason": "mistaken", "by": "A. Officer"}
            self.say(agency, "statement_retracted", {"event": event}, said)
            self.model.words = [one for one in self.model.words if one[1] != said]

    def deliver(self) -> None:
        """Let the dispatcher catch up."""
        self.log.deliver()

    def given(self) -> set[str]:
        """List the contact reports that police hold, by digest."""
        self.log.deliver()
        views = self.log.opened(POLICE)
        assert all(value for _, value in self.log.views[POLICE]), "nothing was taken away again"
        return {
            view.statement.digest
            for view in views
            if view.statement.kind.name == "contact_recorded"
        }


def _agree(played: Played) -> None:
    """Adopt what this is about: concerns from both freely, contacts by consent."""
    first, second = agreement()["agreement"]["legs"]
    consent = {"of": list(ASKED), "overrides": list(GROUNDS)}
    legs = [{**first, "from": [PROBATION, HUB]}, {**second, "from": [PROBATION, HUB],
                                                  "consent": consent}]  # fmt: skip
    act = agreement(id="isa-c", legs=legs)
    played.govern("mk-csp", "act_proposed", {"proposal": act})
    for party in act["agreement"]["parties"]:
        played.govern(party["agency"], "act_endorsed", endorsement(act))


def _persons(played: Played, parts: dict[str, str]) -> dict[str, Any]:
    """Write a report of these persons."""
    event = {
        name: value
        for name, value in concern(played.draw)["event"].items()
        if name in {"occurred", "known_to_agency", "recorded"}
    }
    sections: dict[str, Any] = {"event": {**event, "contact": "visit"}}
    if len(parts) and all(part == "unassessed" for part in parts.values()):
        sections["event"] = {**event, "concern": "separation"}
    for n, (token, part) in enumerate(parts.items(), 1):
        sections[f"person.{n}.identity"] = {"subject": token, "names": []}
        sections[f"person.{n}.part"] = {"subject": token, "part": part}
    return sections


people = st.sampled_from(["her", "him", "alias"])
some = st.lists(people, unique=True, max_size=3).map(tuple)
overrides = (
    st.none()
    | st.none()
    | st.tuples(st.sampled_from([*GROUNDS, "serious_crime", "legal_duty"]), some, some)
)
parts = st.sampled_from([
    *[{"her": "victim"}] * 4,
    {"alias": "victim"},
    {"him": "alleged_perpetrator"},
    {"her": "victim", "him": "alleged_perpetrator"},
    {"her": "victim", "him": "alleged_perpetrator", "alias": "child"},
    {"her": "associate", "him": "victim"},
])
reports = st.tuples(
    st.just("report"), st.sampled_from([PROBATION, HUB]), parts,
    st.dictionaries(people, st.sampled_from(["given"] * 5 + [*STATES]), max_size=3), overrides,
)  # fmt: skip
pairs = st.sampled_from([
    (f"{PROBATION}/her", f"{HUB}/her"),
    (f"{PROBATION}/him", f"{HUB}/him"),
    (f"{PROBATION}/her", f"{PROBATION}/alias"),
    (f"{HUB}/alias", f"{HUB}/her"),
])
states = st.sampled_from(["given"] * 4 + [*STATES])
ops = st.one_of(
    reports,
    reports,
    st.tuples(st.just("consent"), st.sampled_from([*SOURCES]), people, states),
    st.tuples(st.just("consent"), st.sampled_from([PROBATION, HUB]), people, states),
    st.tuples(st.sampled_from(["unheld", "foreign"]), st.sampled_from(["her", "him"]), states),
    st.tuples(st.just("link"), pairs),
    st.tuples(st.just("unmatched")),
    st.tuples(st.just("unlink"), st.integers(0, 3)),
    st.tuples(st.just("retract"), st.integers(0, 9)),
    st.tuples(st.just("deliver")),
)


@fixed(300)
@given(lived=st.lists(ops, min_size=6, max_size=20))
def test_police_are_given_just_what_consent_lets_through(lived: list[Op]) -> None:
    """In whatever order people are asked, refuse, withdraw, are joined, and reports are sent."""
    town_ = Lived()
    for op in lived:
        town_.do(op)
    assert town_.given() == {digest for digest, may in town_.may.items() if may}


BOTH = {"her": "victim", "him": "alleged_perpetrator"}


def lived(*what: Op) -> tuple[Lived, list[bool]]:
    """Live through some things; say of each report in order whether police have it."""
    town_ = Lived()
    for op in what:
        town_.do(op)
    given_ = town_.given()
    assert given_ == {digest for digest, may in town_.may.items() if may}
    return town_, [digest in given_ for digest in town_.may]


def test_every_order_of_withdraw_decide_and_deliver() -> None:
    """What was decided before she withdrew goes, though it is delivered after; nothing later."""
    say: Op = ("report", PROBATION, {"her": "victim"}, {}, None)
    yes: Op = ("consent", PROBATION, "her", "given")
    no: Op = ("consent", PROBATION, "her", "withdrawn")
    deliver: Op = ("deliver",)
    for order, expected in (
        ((yes, say, deliver, no), [True]),
        ((yes, say, no, deliver), [True]),
        ((yes, no, say, deliver), [False]),
        ((say, yes, deliver, no), [False]),
        ((yes, say, no, say, deliver, yes, say), [True, False, True]),
        ((yes, say, deliver, no, say, deliver), [True, False]),
    ):
        assert lived(*order)[1] == expected


def test_what_was_decided_one_way_stays_so_whatever_is_said_later() -> None:
    """A held report is not let go by a consent that comes later: a person decides on it."""
    held, given_ = lived(
        ("report", PROBATION, {"her": "victim"}, {"her": "refused"}, None),
        ("consent", PROBATION, "her", "given"),
    )  # fmt: skip
    assert given_ == [False]
    assert len(held.log.state.waiting.held) == 1


def test_her_refusal_stands_where_only_she_is_at_risk_and_his_never_against_her() -> None:
    """Not symmetrical: a capacitous adult weighs her own risk; whom she fears does not weigh it."""
    harm = "serious_harm_to_others"
    for ground, of, at_risk, expected in (
        (harm, ("her",), ("her",), False),
        (harm, ("her",), ("her", "him"), False),
        (harm, ("her", "him"), ("her",), False),
        ("child", ("her",), ("alias",), False),
        ("coerced_or_incapacitous", ("her",), (), True),
        ("legal_duty", ("her",), ("alias",), False),
    ):
        said: Op = ("report", PROBATION, BOTH, {"her": "refused", "him": "given"},
                    (ground, of, at_risk))  # fmt: skip
        assert lived(said)[1] == [expected], (ground, of, at_risk)
    child: Op = ("report", PROBATION, {**BOTH, "alias": "child"},
                 {"her": "refused", "him": "given"}, ("child", ("her",), ("alias",)))  # fmt: skip
    assert lived(child)[1] == [True], "the child is in it: somebody else is to be protected"
    his: Op = ("report", PROBATION, BOTH, {"her": "given", "him": "refused"},
               (harm, ("him",), ("her",)))  # fmt: skip
    assert lived(his)[1] == [True]


def test_a_refusal_reaches_another_publisher_only_through_a_matchers_link() -> None:
    """The hub knows her by another token; unlinked again, each has its own word."""
    say: Op = ("report", HUB, {"her": "victim"}, {"her": "given"}, None)
    refused: Op = ("consent", PROBATION, "her", "refused")
    link: Op = ("link", (f"{PROBATION}/her", f"{HUB}/her"))
    assert lived(refused, say, link, say, ("unlink", 0), say)[1] == [True, False, True]
    alias: Op = ("report", PROBATION, {"alias": "victim"}, {"alias": "given"}, None)
    assert lived(refused, ("unmatched",), alias)[1] == [True], "probation is no matcher"


def test_a_word_that_is_taken_back_is_as_if_it_had_not_been_said() -> None:
    """A yes heard of the wrong woman opens nothing more; a no so heard shuts nothing more."""
    say: Op = ("report", PROBATION, {"her": "victim"}, {}, None)
    yes: Op = ("consent", PROBATION, "her", "given")
    no: Op = ("consent", PROBATION, "her", "refused")
    assert lived(yes, say, ("retract", 0), say)[1] == [True, False]
    assert lived(yes, no, say, ("retract", 1), say)[1] == [False, True]


def test_nobody_is_heard_on_whom_they_were_not_told_of() -> None:
    """Else any agency could open, or shut, what is said of anybody."""
    say: Op = ("report", PROBATION, {"her": "victim"}, {}, None)
    for how in ("unheld", "foreign"):
        opened, given_ = lived((how, "her", "given"), say)
        assert given_ == [False]
        assert all(word.agency != HUB for words in opened.log.state.consents.said.values()
                   for word in words)  # fmt: skip
    own: Op = ("report", PROBATION, {"her": "victim"}, {"her": "given"}, None)
    assert lived(own, ("foreign", "her", "refused"), own)[1] == [True, True]
