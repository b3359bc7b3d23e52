"""Running flows from the command line: against the Prefect API given, else this home's own."""

from __future__ import annotations

import os

from gateway.command_line.invocation import get_invocation
from gateway.command_line.output import messages
from storage.settings import Settings


def prepare_prefect(settings: Settings) -> None:
    """Make flows of this process run; call it before the first import of Prefect.

    Prefect logs to standard error; from INFO on with `--verbose`, else warnings only.
    """
    from gateway.prefect_server import ensure_prefect_api

    if get_invocation().verbose:
        os.environ["PREFECT_LOGGING_LEVEL"] = "INFO"
    else:
        os.environ.setdefault("PREFECT_LOGGING_LEVEL", "WARNING")
    with messages.status("Waiting for the Prefect server"):
        ensure_prefect_api(settings)
