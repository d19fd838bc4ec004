"""Settings: one frozen model, read once from the environment, and nothing else reads it.

What can change a decision is never here: it stands on the log, in the founding's rules.
"""

import os
from functools import lru_cache
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from contracts.fault import Misuse

PREFIX = "CANDOUR_"


class Settings(BaseModel):
    """How this machine runs Candour.

    Attributes:
        cache: where downloaded programs are kept (Kafka's jars).
        log_level: how much is logged, identifiers only at every level; by default `info` for
            what runs as a service and `error` for a command: it says itself what it could not do.
        preparation_workers: processes that check and examine; 0 does it inline.
        java: the Java command, for a machine with several.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    cache: Path = Path.home() / ".cache" / "candour"
    log_level: Literal["debug", "info", "warning", "error"] | None = None
    preparation_workers: int = Field(default=1, ge=0, le=64)
    java: str = "java"


@lru_cache(maxsize=1)
def settings() -> Settings:
    """Read the settings, once.

    Raises:
        Misuse: a CANDOUR_ variable is unknown or out of its bounds; the text names it.
    """
    given = {
        name.removeprefix(PREFIX).lower(): value
        for name, value in os.environ.items()
        if name.startswith(PREFIX)
    }
    try:
        return Settings.model_validate(given)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        name = PREFIX + "_".join(str(part) for part in first["loc"]).upper()
        raise Misuse(
            f"The environment variable {name} cannot be used: {first['msg']}.",
            remedy=f"Unset it, or use one of: {', '.join(_names())} (deploy/README.md).",
        ) from None


def _names() -> list[str]:
    return [PREFIX + name.upper() for name in Settings.model_fields]
