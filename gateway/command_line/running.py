"""Running flows from the command line: against the Prefect API given, else this home's own."""

from __future__ import annotations

import os

from gateway.command_line.invocation import get_invocation
from gateway.command_line.output import messages
from storage.settings import LogFormat, Settings


def prepare_prefect(settings: Settings) -> None:
    """Make flows of this process run; call it before the first import of Prefect.

    What runs log goes to Prefect's API as ever. On standard error it shows with `--verbose` only, or
    as JSON: a failure is told by the command itself, in one line.
    """
    from gateway.prefect_server import ensure_prefect_api

    collected = settings.log_format is LogFormat.JSON
    shown = "INFO" if collected or get_invocation().verbose else "CRITICAL"
    os.environ["PREFECT_LOGGING_HANDLERS_CONSOLE_LEVEL"] = shown
    with messages.status("Waiting for the Prefect server"):
        ensure_prefect_api(settings)
