"""The development provider's page says what each name may do, and that nobody has a password."""

import asyncio
import html
import socket
from pathlib import Path

import httpx2

from deploy.desk import DEVELOPERS, DeskSettings, development
from producers.sender import until

CHOSEN = 302
"""What the provider answers to who chose a name."""


def free() -> int:
    """Find a port that is free, and the next one."""
    with socket.socket() as one:
        one.bind(("localhost", 0))
        return int(one.getsockname()[1]) - 1


def test_the_page_of_names_says_what_each_may_do(tmp_path: Path) -> None:
    """Who tries the desk chose by the name of a role that they had never heard of."""
    with development(tmp_path, free(), DeskSettings) as settings:
        asked = {
            "response_type": "code", "client_id": settings.client_id, "scope": "openid",
            "redirect_uri": f"{settings.address}/signed-in", "state": "x", "nonce": "y",
        }  # fmt: skip
        pages = list[str]()

        def answers() -> bool:
            try:
                page = httpx2.get(f"{settings.issuer}/oauth2/authorize", params=asked)
            except httpx2.HTTPError:
                return False
            pages.append(html.unescape(page.text))
            return True

        assert asyncio.run(until(answers, 60))
        page = httpx2.URL(f"{settings.issuer}/oauth2/authorize", params=asked)
        assert httpx2.post(page, data={"sub": "officer"}).status_code == CHOSEN
    log = (tmp_path / "provider.log").read_text()
    for subject, name, _ in DEVELOPERS:
        assert name not in log, "who signed in, and when, stands in no log"
        assert f'"{subject}"' not in log
    assert "no password here, press a name below" in pages[-1]
    assert "supervisor is supervisor and duty manager" in pages[-1]
    assert "officer is researcher and reporter" in pages[-1]
