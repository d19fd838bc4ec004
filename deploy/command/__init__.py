"""The `candour` command: one module per group, assembled here; errors in plain words.

Exit codes: what a command says of its own, 64 usage, 69 Kafka or a database is away, 70 a defect,
75 what was said is stored and nobody has it yet.
"""

import ast
import importlib
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import typer

GROUPS = (
    "kafka",
    "broker",
    "partnership",
    "agency",
    "act",
    "agreement",
    "home",
    "outbox",
    "consumer",
    "research",
    "intelligence",
    "alert",
    "rules",
    "telling",
    "watch",
    "person",
    "request",
    "response",
    "risk",
    "referral",
    "disclosure",
    "enquiry",
    "handover",
    "housing",
    "consent",
    "exclusion",
    "correction",
    "hold",
    "quarantine",
    "emergency",
    "recall",
    "credential",
    "retention",
    "erasure",
    "audit",
    "desk_sessions",
    "desk_looks",
)
"""Modules of this folder that hold a group of commands as `app`."""
COMMANDS = (
    "publish", "correct", "retract", "subject_access", "decision_record", "figures", "demo",
    "desk", "report",
    "replay",
)  # fmt: skip
"""Modules of this folder that hold one command as a function of their own name."""

HELP = "--help"
EXIT_AWAY, EXIT_USAGE, EXIT_DEFECT, EXIT_INTERRUPTED = 69, 64, 70, 130
EXIT_NOT_DELIVERED = 75
PATHS = (FileNotFoundError, FileExistsError, NotADirectoryError, IsADirectoryError, PermissionError)
"""What a path that was given does where it cannot be read or written."""


def application(only: str | None = None) -> "typer.Typer":
    """Assemble the command.

    Args:
        only: the one group or command that is wanted: the others are not read, which takes long.
            For `HELP` each has its line alone; None, or what is none of them, for all.
    """
    import typer

    app = typer.Typer(
        name="candour",
        no_args_is_help=True,
        pretty_exceptions_enable=False,
        help="Domestic-abuse information between agencies: named, lawful, recorded, provable.",
    )
    # A group whatever is in it: typer would make one command alone the whole.
    app.callback()(lambda: None)
    spelled = {name.replace("_", "-"): name for name in (*GROUPS, *COMMANDS)}
    for name, module in spelled.items():
        if only in spelled and name != only:
            continue
        if only == HELP:
            app.command(name, help=_line_of(module))(lambda: None)
            continue
        found = importlib.import_module(f"deploy.command.{module}")
        if module in GROUPS:
            app.add_typer(found.app, name=name)
        else:
            app.command(name)(getattr(found, module))
    return app


def _line_of(module: str) -> str:
    """Read what a group or command says of itself, without running its module."""
    tree = ast.parse(Path(__file__).with_name(f"{module}.py").read_text(encoding="utf-8"))
    for node in tree.body:
        if isinstance(node, ast.FunctionDef) and node.name == module:
            return (ast.get_docstring(node) or "").partition("\n")[0]
        if module in GROUPS and isinstance(node, ast.Assign) and isinstance(node.value, ast.Call):
            said = (one.value for one in node.value.keywords if one.arg == "help")
            for text in said:
                return str(ast.literal_eval(text))
    return ""


def main() -> None:
    """Run the command."""
    try:
        sys.exit(invoke(sys.argv[1:]))
    except KeyboardInterrupt:  # before it came to anything
        sys.exit(EXIT_INTERRUPTED)


def invoke(arguments: Sequence[str]) -> int:
    """Run one command; a fault is one plain sentence and a remedy, never a trace of values.

    Args:
        arguments: as typed after `candour`.

    Returns:
        The exit code.
    """
    # Not above: Ctrl-C while these are read is no defect either.
    import typer

    from contracts.fault import CandourError, Transient, Undelivered
    from deploy import logs
    from deploy.settings import settings

    try:
        service = "run" in arguments[1:2]
        logs.configure(settings().log_level or ("info" if service else "error"))
        wanted = arguments[0] if arguments else None
        command = typer.main.get_command(application(wanted))
        return command.main(list(arguments), prog_name="candour", standalone_mode=False) or 0
    except typer.TyperException as misuse:
        misuse.show()  # type: ignore[attr-defined]
        return EXIT_USAGE
    except (typer.Abort, KeyboardInterrupt):
        return EXIT_INTERRUPTED
    except Undelivered as late:
        typer.echo(f"NOT DELIVERED. {late.text}\n{late.remedy}", err=True)
        return EXIT_NOT_DELIVERED
    except CandourError as fault:
        typer.echo(f"{fault.text}\n{fault.remedy}", err=True)
        return EXIT_AWAY if isinstance(fault, Transient) else EXIT_USAGE
    except PATHS as fault:
        typer.echo(
            f"{fault.filename or 'A file'} cannot be used: {fault.strerror or type(fault).__name__}"
            ".\nGive a path that is there, or a new file in a folder that is there and yours.",
            err=True,
        )
        return EXIT_USAGE
    except Exception as defect:  # noqa: BLE001 - the last resort, and it says where
        where = _where(defect)
        typer.echo(
            f"A defect stopped this: {type(defect).__name__} at {where}. Nothing was changed after "
            "that.\nRun it again; if it stops again, report this line to the developers.",
            err=True,
        )
        return EXIT_DEFECT


def _where(defect: Exception) -> str:
    trace = defect.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return f"{trace.tb_frame.f_code.co_filename}:{trace.tb_lineno}" if trace else "start"
