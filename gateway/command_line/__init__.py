"""The command line: `diarchy`. One door of several: it decides nothing, it asks flows and stores.

Results go to standard output, everything else to standard error. A command imports what it runs
when it runs, so that help, usage errors and the registry answer without waiting for the heavy ones.
"""

from __future__ import annotations

import os
import sys
from typing import Annotated

import typer

from gateway.command_line import (
    backing_up,
    chatting,
    deploying,
    doctor,
    embeddings,
    events,
    ingesting,
    keys,
    knowledge,
    maintaining,
    metrics,
    principals,
    reading,
    reports,
    requests,
    searching,
    server,
    serving,
    sessions,
    status,
    submitting,
)
from gateway.command_line.failures import report_failure
from gateway.command_line.invocation import Invocation, remember_invocation
from gateway.command_line.output import use_utf_8

app = typer.Typer(
    name="diarchy",
    help="Clearance-labelled company knowledge in; briefings, summaries and analyses out.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="Exit codes: 0 done, 1 failed, 2 bad usage, 3 denied.",
)
for _room in (
    ingesting,
    searching,
    reading,
    chatting,
    maintaining,
    backing_up,
    deploying,
    doctor,
    status,
    server,
    serving,
):
    _room.add_to(app)
app.add_typer(knowledge.app, name="knowledge")
app.add_typer(principals.app, name="principals")
app.add_typer(sessions.app, name="sessions")
app.add_typer(requests.app, name="requests")
app.add_typer(events.app, name="events")
app.add_typer(embeddings.app, name="embeddings")
app.add_typer(keys.app, name="keys")
app.add_typer(metrics.app, name="metrics")
app.add_typer(reports.app, name="reports")
app.add_typer(submitting.submit, name="submit")
app.add_typer(submitting.runs, name="runs")


def _print_version(asked: bool) -> None:
    if asked:
        from importlib.metadata import PackageNotFoundError, version

        try:
            typer.echo(f"diarchy {version('diarchy')}")
        except PackageNotFoundError:
            typer.echo("diarchy, not installed: run from its source")
        raise typer.Exit


@app.callback()
def _before_every_command(
    version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_print_version, is_eager=True, help="Say which version."
        ),
    ] = False,
    verbose: Annotated[
        bool, typer.Option("--verbose", "-v", help="Show what flows log, on standard error.")
    ] = False,
    debug: Annotated[bool, typer.Option("--debug", help="Show where a failure came from.")] = False,
) -> None:
    del version
    remember_invocation(Invocation(verbose=verbose, debug=debug))
    if os.environ.get("DIARCHY_LOG_FORMAT"):
        from gateway.command_line.options import get_settings
        from gateway.logs import set_up_logging

        set_up_logging(get_settings())


def main() -> None:
    """Run the command line and leave with its exit code."""
    use_utf_8()
    try:
        app()
    except (Exception, KeyboardInterrupt) as error:  # noqa: BLE001 - the last place to say what failed
        sys.exit(report_failure(error))
