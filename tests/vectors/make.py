"""Write the vectors: `python -m tests.vectors.make`; byte for byte the same each time.

    <reason code>/<name>.json   one case: claim, submissions, what is expected of the last
    ledger.json, exercise.json  the shared beginnings that cases with submissions follow

A case without `beginning` needs no ledger: its one submission is to be refused by form alone,
with `keys` as the key table.
"""

import base64
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.support.stranger import text_of
from tests.vectors import rulings, schemas
from tests.vectors.ledger import begun
from tests.vectors.writing import KEY

HERE = Path(__file__).parent


def files() -> Iterator[tuple[str, dict[str, Any]]]:
    """Give every file's path below this folder and what it holds."""
    for name, exercise in (("ledger", False), ("exercise", True)):
        yield f"{name}.json", {"submissions": begun(name, exercise=exercise).submissions}
    for code, name, claim, submission, fields in schemas.cases():
        yield (
            f"{code}/{name}.json",
            {
                "claim": claim,
                "keys": {KEY.kid: text_of(KEY.public)},
                "submission": _octets(submission),
                "reasons": [{"code": code, "fields": fields}],
            },
        )
    for case in rulings.cases():
        yield (
            f"{case.code}/{case.name}.json",
            {
                "claim": case.claim,
                "beginning": "exercise.json" if case.exercise else "ledger.json",
                "submissions": case.own,
                "outcome": case.outcome,
                "reasons": case.reasons,
                "delivered": case.delivered,
                **({"redecided": case.redecided} if case.redecided else {}),
            },
        )


def _octets(submission: bytes | dict[str, Any]) -> dict[str, Any]:
    if isinstance(submission, dict):
        return submission
    try:
        return {"text": submission.decode("ascii")}
    except UnicodeError:
        return {"base64": base64.b64encode(submission).decode()}


def spelled(held: dict[str, Any]) -> str:
    """Spell one file."""
    return json.dumps(held, indent=1, ensure_ascii=True) + "\n"


def main() -> None:
    """Write every file."""
    for path, held in files():
        (HERE / path).parent.mkdir(exist_ok=True)
        (HERE / path).write_text(spelled(held))


if __name__ == "__main__":
    main()
