"""`candour decision-record`: one decision, as the ICO's templates ask for it."""

from typing import Annotated

import typer

from consumers.audit.decision_record import decision_record as record_of
from deploy.command.audit import Folder, TrustFile, verified


def decision_record(
    entry: Annotated[int, typer.Argument(help="The entry's number, as on a receipt.", min=0)],
    folder: Folder,
    trust: TrustFile,
) -> None:
    """Print the record of one decision to share, hold or refuse, from an export that verifies.

    It holds what the publisher said of who shares and why: keep it as you keep the case. Exit
    codes 2 to 5 as `candour audit verify`, where the export does not verify.
    """
    with verified(folder, trust) as (held, _):
        for line in record_of(held, entry):
            typer.echo(line)
