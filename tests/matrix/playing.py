"""The cases of the table, said: first what they arise from, then the statements themselves.

Works on any `Script`, so that the same bytes go through the pure broker and onto a real Kafka.
"""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from contracts.statement import digest_of
from tests.matrix.partnership import Script, kinds
from tests.matrix.saying import Saying, token_in
from tests.matrix.table import Case

EMERGENCY = ("thames-valley", "mk-mash")


@dataclass
class Said:
    """A case as it was said.

    Attributes:
        case: the table's.
        raw: its exact bytes.
        names: of its sections, `intake` and what is not real apart.
        holds: who holds what it arises from, while the agreements are in force.
        answers_asked: it answers what was asked by an agreement, and by that alone.
    """

    case: Case
    raw: bytes
    names: frozenset[str]
    holds: frozenset[str]
    answers_asked: bool

    @property
    def digest(self) -> str:
        """Give the digest it is known by."""
        return digest_of(self.raw)


@dataclass
class Cast:
    """What every case arises from: one emergency of each agency, one question of each to each.

    An emergency is held by police and the hub whatever the agreements say, so that what refers to
    it can be said in every state.
    """

    script: Script
    seeds: dict[str, str] = field(default_factory=dict)
    asked: dict[tuple[str, str], str] = field(default_factory=dict)

    def prepare(self, cases: Iterable[Case]) -> None:
        """Say every statement that some case arises from."""
        for agency in kinds():
            raw_id = self._id(f"seed/{agency}")
            seed = Saying("concern_reported", "V", last=token_in(raw_id))
            self._say(agency, seed, raw_id, urgency="threat_to_life")
            self.seeds[agency] = raw_id
        for case in cases:
            pair = (case.answers or "", case.sender)
            if case.answers and pair not in self.asked and not self._rests_on_seed(case):
                self.asked[pair] = self._ask(*pair)

    def say(self, case: Case) -> Said:
        """Say one case."""
        cause, holds = self._cause(case)
        saying = case.saying
        sections = Saying(
            saying.event, saying.persons, cause, saying.addressee, saying.level, saying.views,
            saying.override, saying.involved, saying.excluded,
        ).sections(self.script.draw)  # fmt: skip
        raw = self.script.say(
            f"{case.sender}/case", case.event, sections, urgency=case.urgency, purpose=case.purpose
        )
        in_question = case.answers is not None and not self._rests_on_seed(case)
        return Said(case, raw, frozenset(sections), frozenset(holds), in_question)

    def _cause(self, case: Case) -> tuple[str, Sequence[str]]:
        if case.answers is None:
            return self.seeds[case.sender], (*EMERGENCY, case.sender)
        if self._rests_on_seed(case):
            return self.seeds[case.answers], (*EMERGENCY, case.answers)
        return self.asked[case.answers, case.sender], (case.sender, case.answers)

    def _rests_on_seed(self, case: Case) -> bool:
        """Say whether the answerer has the emergency: what it answers need not be asked first."""
        return case.event == "response_given" and case.sender in EMERGENCY

    def _ask(self, asks: str, answers: str) -> str:
        """Have one agency put something to another: a question or, of Compass, a referral.

        With consent, since asking can tell that somebody is a patient; Compass asks nobody.
        """
        event = "referral_made" if asks == "compass" else "information_requested"
        said = self._id(f"ask/{event}/{asks}/{answers}")
        saying = Saying(
            event, "PV", self.seeds[asks], addressee=answers, views={1: "given"},
            last=token_in(said),
        )  # fmt: skip
        self._say(asks, saying, said)
        return said

    def _say(self, agency: str, saying: Saying, said: str, *, urgency: str = "routine") -> None:
        sections = saying.sections(self.script.draw)
        self.script.say(f"{agency}/case", saying.event, sections, id=said, urgency=urgency)

    def _id(self, name: str) -> str:
        """Make a UUIDv7 of a name, so that what refers to it can be written at once."""
        text = hashlib.sha256(name.encode()).hexdigest()
        return f"{text[:8]}-{text[8:12]}-7{text[13:16]}-8{text[17:20]}-{text[20:32]}"
