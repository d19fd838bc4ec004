"""What a part of this program tells a person to do, in the words of the desk.

The same rules answer who types commands and who presses buttons: what names an option or a command
is said otherwise here.
"""

import re

from contracts.fault import CandourError

_INSTEAD: tuple[tuple[str, str], ...] = (
    (r"Say `part` or `no`", "Choose ‘In part’ or ‘No’"),
    (r"Say `no`", "Choose ‘No’"),
    (r"^nil cannot", "‘Nil’ cannot"),
    (r"Say not_searched", "Choose ‘Not searched’"),
    (r",? or `?candour outbox(?: show)?`?", ""),
    (r"candour outbox show (\S+)", r"statement \1"),
    (r"candour retract (\S+) takes it back", r"your information manager takes \1 back"),
    (r": candour retract ID", ", which your information manager does"),
    (r"candour consumer status", "the health of the feeds"),
    (r"candour research list(?: --all)?", "the research board"),
    (r"candour alert list", "the alerts"),
    (r"candour response list", "the answers owed"),
    (r"candour request list", "what was asked"),
    (r"candour referral list", "the referrals"),
    (r"candour disclosure (?:list|show)", "the disclosures"),
    (r"candour recall list", "your duties"),
    (r"candour quarantine list", "what is held"),
    (r"candour person list", "the report"),
    (r"candour intelligence list(?: shows)?", "its gradings"),
    (r": candour intelligence grade", " on its own page"),
    (r"candour person candidates", "the persons"),
    (r" \(candour (?:correct|alert ack)\)", ""),
    (r"in --words and give --all-the-same", "and tick that they are one all the same"),
    (r"candour credential list shows", "your information manager sees"),
    (r"candour [a-z-]+(?: [a-z-]+)?", "your information manager"),
    (r", with --role \w+", ""),
    (r" at the desk, or with --anew", ""),
    (r"Give --by with the name", "Give the name"),
    (r"the reason in --words|--words with the reason", "the reason"),
    (r"--reason", "the reason"),
    (r"--([a-z]+)-?([a-z]*)-?([a-z]*)", r"‘\1 \2 \3’"),
)
_SPACES = re.compile(r" +’")


def remedy_of(fault: CandourError) -> str:
    """Say what to do about a fault, as somebody at a desk does it."""
    return _spelled(fault.remedy)


def text_of(fault: CandourError) -> str:
    """Say what happened, as somebody at a desk knows it."""
    return _spelled(fault.text)


def _spelled(text: str) -> str:
    for pattern, words in _INSTEAD:
        text = re.sub(pattern, words, text)
    return _SPACES.sub("’", text)
