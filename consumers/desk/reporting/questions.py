"""What the page asks: six questions, one a page, each answer one of a closed list or free words.

One thing a page, because whoever reports is tired and interrupted: each page is saved as it is
left, an error stands beside the one thing it is about, and danger can be asked before anything
else is. What the agency knows is prefilled, so that most pages are one choice and a key.

Source: domain.md 7 (The report, use_limits, Provenance); GOV.UK Design System, Question pages.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from consumers.desk.shown import ANSWERS, CHILDREN

Kind = Literal["radios", "inline", "checks", "select", "text", "area", "born", "names", "when"]
Step = str
"""The last part of a page's address: `danger`, `person-1` and so on."""


@dataclass(frozen=True)
class Field:
    """One thing that is asked.

    Attributes:
        name: of the input.
        kind: how it is asked; `when` is a choice and, of another day, its parts.
        label: the question.
        to: where the answer stands in a report's fields; of a person, in theirs.
        hint: what helps to answer.
        options: value, words and hint of each choice.
        default: what is chosen until somebody chooses.
        needed: what is said where there is no answer; empty where none is needed.
        heading: stands above it, where a page asks more than one thing.
        filled: what browsers may fill in (`autocomplete`).
        half: two stand beside each other where there is room.
        folded: it is prefilled, and opened only to be changed.
    """

    name: str
    kind: Kind
    label: str
    to: tuple[str, ...] = ()
    hint: str = ""
    options: Sequence[tuple[str, str, str]] = ()
    default: str = ""
    needed: str = ""
    heading: str = ""
    filled: str = "off"
    half: bool = False
    folded: bool = False


@dataclass(frozen=True)
class Question:
    """One page: its number among the six, its heading, and what is asked there."""

    step: Step
    number: int
    title: str
    fields: Sequence[Field]
    lead: str = ""

    def field(self, name: str) -> Field:
        """Give one of its fields."""
        return next(one for one in self.fields if one.name == name)


def _of(words: dict[str, str]) -> list[tuple[str, str, str]]:
    return [(value, text, "") for value, text in words.items()]


_ANSWER = [(value, ANSWERS[value], "") for value in ("yes", "no", "unknown", "not_asked")]
_MAY = [
    ("ring_first", "Ring me first", ""),
    ("no", "No", ""),
    ("yes", "Yes", ""),
]
CONCERNS = {
    "separation": "A separation, or that one of them means to end it",
    "threat": "A threat",
    "violence": "Violence",
    "controlling_behaviour": "Controlling behaviour",
    "stalking": "Stalking, following or unwanted contact",
    "injury": "An injury",
    "neighbour_report": "What neighbours report",
    "other": "Something else",
}
RELATIONSHIPS = {
    "not_known": "Not known",
    "partners": "Partners",
    "former_partners": "Former partners",
    "on_off": "On and off",
    "spouses": "Married or civil partners",
    "former_spouses": "Were married or civil partners",
    "family": "Family",
    "household": "Live in the same household",
}
ASKED = {
    "research": "Find out what is held about them",
    "visit": "Visit",
    "call_back": "Ring me back",
    "advice": "Advise me",
    "nothing": "Nothing: this is so that you know",
}
PURPOSES = {
    "safeguarding": "To keep somebody safe",
    "supervision": "To supervise somebody",
    "law_enforcement": "To prevent or look into crime",
    "governance": "To run this partnership",
}

DANGER = Question(
    "danger", 1, "Is somebody in danger now?",
    [
        Field(
            "danger_now", "radios", "Is somebody in danger now?", ("danger_now",),
            options=[
                ("yes", "Yes", "The police are sent this at once, as far as it is written, with "
                 "your name and number. You can add the rest afterwards."),
                ("no", "No", ""),
                ("unknown", "I do not know", ""),
            ],
            needed="Choose whether somebody is in danger now. ‘I do not know’ is an answer",
        ),
        Field(
            "now", "area", "If yes: who, where, and what is happening",
            hint="A few words, or nothing. Do not let this keep you from ringing 999.",
        ),
    ],
)  # fmt: skip
PERSON = Question(
    "person", 2, "Who is it about, and where are they?",
    [
        Field("given", "text", "First names", ("given",), heading="Who", half=True),
        Field("family", "text", "Family name", ("family",), half=True),
        Field("born", "born", "Born", ("born",), half=True,
              hint="27 3 1970, 3 1970, 1970, or an age like 42."),
        Field("also", "names", "Other names they use", ("also",), half=True,
              hint="Put a comma between two."),
        Field("part", "inline", "What is their part in this?", ("part",),
              options=[
                  ("unassessed", "Not assessed", ""),
                  ("victim", "Victim", ""),
                  ("alleged_perpetrator", "Alleged perpetrator", ""),
                  ("child", "Child", ""),
                  ("associate", "Somebody connected with them", ""),
              ], default="unassessed"),
        Field("address", "area", "Where are they now?", ("address",), heading="Where",
              hint="An address, or in words: in custody, at her mother’s. Empty is: not known."),
        Field("safe_contact", "text", "How are they reached safely?", ("safe_contact",), half=True,
              hint="When, where, through whom."),
        Field("telephone", "text", "Their telephone", ("telephone",), half=True,
              hint="Somebody else may hear it."),
        Field("refuge", "text", "If it is a refuge, its address", ("refuge",), half=True,
              hint="Write it here and nowhere else."),
        Field("may_be_told", "inline", "May what you report be put to them?", ("may_be_told",),
              heading="What may be put to them", options=_MAY, default="ring_first"),
        Field("origin_may_be_told", "inline", "May they learn that it came from you?",
              ("origin_may_be_told",), options=_MAY, default="no"),
        Field("reference", "text", "Your own case number for them", ("reference",),
              heading="Your records", hint="It does not leave your agency. What you report "
              "later under it is known to be about the same person."),
    ],
    lead="One person a page. Leave empty what is not known: that is an answer.",
)  # fmt: skip
CHILD = Question(
    "children", 2, "Is there a child?",
    [
        Field("children", "radios", "Is there a child?", ("children",),
              options=[(value, text, "") for value, text in CHILDREN.items()],
              hint="A child who lives there or visits, one they look after, or one not yet born. "
              "Where two are true: the first of them here, and the other in your words.",
              needed="Choose what is known of children. ‘Not asked’ is an answer"),
    ],
)  # fmt: skip
WHAT = Question(
    "what", 3, "What happened, and when?",
    [
        Field("concern", "radios", "What is it about?", ("facts", "concern"),
              options=_of(CONCERNS), needed="Choose what it is about"),
        Field("relationship", "select", "What are they to each other?", ("facts", "relationship"),
              options=_of(RELATIONSHIPS), default="not_known"),
        Field("words", "area", "What was said, or what happened", ("words",),
              hint="In their own words where you can. What you make of it goes below."),
        Field("assessment", "area", "What you make of it", ("assessment",),
              hint="If anything. It is kept apart from what was said."),
        Field("occurred", "when", "When was that?", ("when",),
              options=[("today", "Today", ""), ("other", "Another day, month or year", ""),
                       ("unknown", "Not known", "")],
              needed="Choose when that was. ‘Not known’ is an answer"),
        Field("known", "when", "When did your agency learn of it?", ("known",),
              options=[("today", "Today", ""), ("other", "Another day", "")], default="today"),
    ],
)  # fmt: skip
SOURCE = Question(
    "source", 4, "Who says so, and how do they know?",
    [
        Field("how_known", "radios", "How do you know?", ("who_says", "how_known"),
              options=[
                  ("told_by_subject", "The person told me themselves", ""),
                  ("told_by_other", "Somebody else told me", ""),
                  ("observed", "I saw or heard it", ""),
                  ("record", "It stands in a record", ""),
                  ("public_source", "It is public", ""),
                  ("inferred", "I conclude it", ""),
                  ("unknown", "I do not know", "Police get it marked as not complete, if it is "
                   "urgent. Else it is held."),
              ], needed="Choose how you know"),
        Field("said", "inline", "The words you wrote are", ("who_says", "said"),
              options=[("summary", "Summed up", ""), ("verbatim", "As they were said", "")],
              default="summary"),
        Field("question", "text", "What was asked, if it was an answer", ("question",)),
        Field("seen_alone", "inline", "Were they seen alone?", ("seen_alone",), options=_ANSWER,
              default="not_asked"),
        Field("public_source", "checks", "The source", ("who_says", "public_source"),
              options=[("true", "A member of the public told me, who must not be named", "")]),
        Field("role", "text", "Your role", ("who_says", "role"), heading="Where you can be reached",
              needed="Write your role, for example: probation officer",
              filled="organization-title", folded=True),
        Field("telephone", "text", "Telephone", ("who_says", "telephone"), filled="tel",
              folded=True),
        Field("out_of_hours", "text", "Telephone at night", ("who_says", "out_of_hours"),
              hint="Of your duty desk: it is not always you who is rung.", folded=True),
        Field("mailbox", "text", "Mailbox that is read", ("who_says", "mailbox"), filled="email",
              folded=True),
        Field("supervisor", "text", "Your supervisor", ("who_says", "supervisor"), folded=True),
    ],
)  # fmt: skip
DONE = Question(
    "done", 5, "What was done?",
    [
        Field("done", "area", "What have you or others done already?", ("facts", "done"),
              hint="Empty is: nothing yet, or not known."),
        Field("weapons", "inline", "Are there weapons?", ("weapons",), options=_ANSWER,
              default="not_asked"),
        Field("animals", "inline", "Is there a dangerous dog, or was an animal harmed?",
              ("animals",), options=_ANSWER, default="not_asked"),
        Field("partner_present", "inline", "Was the partner there when you spoke?",
              ("partner_present",), options=_ANSWER, default="not_asked"),
        Field("phone_monitored", "inline", "May somebody watch their telephone?",
              ("phone_monitored",), options=_ANSWER, default="not_asked"),
    ],
    lead="For whoever goes there. ‘Not known’ and ‘Not asked’ are answers.",
)  # fmt: skip
WANTED = Question(
    "asked", 6, "What do you ask for?",
    [
        Field("asked", "checks", "What do you ask for?", ("facts", "asked"), options=_of(ASKED),
              needed="Choose what you ask for. ‘Nothing’ is an answer"),
        Field("urgency", "inline", "How soon must somebody act?", ("urgency",),
              options=[("urgent", "Today", ""), ("routine", "In the ordinary way", "")],
              needed="Choose how soon somebody must act"),
        Field("ring", "text", "Number to ring back, day and night", ("ring",),
              hint="Before anything is put to anybody, this is rung."),
        Field("use_note", "area", "Anything else about what may be put to whom", ("use_note",)),
    ],
)  # fmt: skip
LAWFUL = Question(
    "lawful", 6, "What is this shared for?",
    [
        Field("purpose", "radios", "What is this shared for?", ("purpose",), options=_of(PURPOSES),
              needed="Choose what this is shared for"),
        Field("basis", "radios", "What lets you share it?", ("basis",),
              needed="Choose what lets you share it",
              hint="If you cannot tell, ring your information governance lead."),
    ],
    lead="Your agreements allow more than one way. Choose the one that fits.",
)  # fmt: skip
WHO = Question(
    "complete", 4, "Who says so, and how do they know?",
    [
        replace(one, options=[row for row in one.options if row[0] != "unknown"])
        for one in SOURCE.fields if one.to[0] == "who_says"
    ],
)  # fmt: skip
"""What completes a held report: who says so, and nothing else."""
AFTER_PEOPLE = (CHILD, WHAT, SOURCE, DONE, WANTED)
"""The pages after those of the people, in their order."""
QUESTIONS = {one.step: one for one in (DANGER, PERSON, *AFTER_PEOPLE, LAWFUL, WHO)}
PEOPLE_MAX = 12
"""How many people one report names at most here; a statement may hold 32."""


def question_of(step: Step) -> Question | None:
    """Give the page of a step; of `person-2` the one of a person; None where there is none."""
    name, _, number = step.partition("-")
    if name == "person":
        fits = number.isdigit() and str(int(number)) == number and 1 <= int(number) <= PEOPLE_MAX
        return PERSON if fits else None
    return QUESTIONS.get(step) if not number else None


def person_of(step: Step) -> int:
    """Give the number of the person a step is about, 0 for any other step."""
    name, _, number = step.partition("-")
    return int(number) if name == "person" and number.isdigit() else 0
