"""Where a private person can be reached, so that no notification ever goes there. Pure.

A channel's address comes from configuration alone; this finds the one that was typed there by
mistake. Numbers are compared by their last nine digits, so that `+44 (0)7700 900123` and
`07700 900123` are one; mailboxes without capitals, and without what stands after a plus.

Source: domain.md 5 (trap 4).
"""

import re
from collections.abc import Iterable, Iterator
from hashlib import sha256

from contracts.form import Section
from contracts.section import PLACES, SourceIdentity

_MAILBOX = re.compile(r"([^\s<>@,;:\"'()]+)@([^\s<>@,;:\"'()]+\.[^\s<>@,;:\"'().]+)")
_NUMBER = re.compile(r"[+(]?[0-9](?:[\s().\-/]*[0-9])+")
_DIGITS = 9
"""How many of a number's last digits tell it from others in one country."""


def private(sections: Iterable[Section]) -> set[str]:
    """List the digests of every number and mailbox that sections say a person is reached at."""
    texts: list[str | None] = []
    for one in sections:
        if isinstance(one, PLACES):
            texts += [one.address, one.telephone, one.safe_contact]
        elif isinstance(one, SourceIdentity):
            texts += [one.name, one.contact]
    return {_digest(form) for text in texts if text for form in _forms(text)}


def address(text: str) -> str:
    """Give the digest by which a channel's address is looked for among those."""
    mailbox = _MAILBOX.search(text)
    digits = "".join(re.findall(r"[0-9]", text))
    return _digest(_folded(mailbox) if mailbox else digits[-_DIGITS:])


def _forms(text: str) -> Iterator[str]:
    for mailbox in _MAILBOX.finditer(text):
        yield _folded(mailbox)
    for found in _NUMBER.finditer(text):
        digits = re.sub(r"[^0-9]", "", found.group())
        # Two numbers with only a space between them read as one: any part of it may be one.
        for first in range(len(digits) - _DIGITS + 1):
            yield digits[first : first + _DIGITS]


def _folded(mailbox: re.Match[str]) -> str:
    name = mailbox[1].partition("+")[0] or mailbox[1]
    return f"{name}@{mailbox[2]}".casefold()


def _digest(form: str) -> str:
    return sha256(f"candour-contact\n{form}".encode()).hexdigest()
