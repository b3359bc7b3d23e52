"""`ingest` and `reindex`: what goes in, and the index made anew from what is there."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from domain.clearance import ConfidentialityLevel
from gateway.command_line.failures import FAILED
from gateway.command_line.options import AsJson, AsPrincipal, Category, get_settings
from gateway.command_line.output import messages
from gateway.command_line.running import prepare_prefect

if TYPE_CHECKING:
    from domain.ingest import IngestReport

REFUSALS_SHOWN = 50


def add_to(app: typer.Typer) -> None:
    """Give *app* these commands."""
    app.command()(ingest)
    app.command()(reindex)


def ingest(
    principal: AsPrincipal,
    paths: Annotated[
        list[Path],
        typer.Argument(
            metavar="PATH...",
            exists=True,
            show_default=False,
            help="Files or folders: Markdown, text, HTML, PDF, DOCX, CSV, JSONL, Parquet.",
        ),
    ],
    confidentiality_level: Annotated[
        ConfidentialityLevel | None,
        typer.Option(
            metavar="LEVEL", case_sensitive=False, help="For what names no level of its own."
        ),
    ] = None,
    category: Category = None,
    priority: Annotated[
        int | None, typer.Option(min=1, max=10, help="For what names no priority of its own.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Take knowledge in. What cannot be taken is listed, the rest goes in; exit code 1 then."""
    prepare_prefect(get_settings())
    from tasks.progress import report_progress_to

    from flows import ingest_knowledge

    with _progress("Ingesting") as advance, report_progress_to(advance):
        report = asyncio.run(
            ingest_knowledge(
                paths=[str(path) for path in paths],
                requester=principal,
                confidentiality_level=confidentiality_level,
                category=category,
                strategic_priority=priority,
            )
        )
    _show(report, as_json=as_json)
    if report.refused:
        raise typer.Exit(FAILED)


def reindex() -> None:
    """Build the search index anew from the database, for example after a change of model."""
    asyncio.run(_reindex())
    typer.echo("Reindexed.")


async def _reindex() -> None:
    from storage.stores import open_stores

    with _progress("Reindexing") as advance:
        async with open_stores(get_settings()) as stores:
            await stores.knowledge.reindex(progress=advance)


@contextmanager
def _progress(what: str) -> Generator[Callable[[int, int | None], None]]:
    """Give a callback (done, total) that moves a bar; there is none to see off a terminal."""
    bar = Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=messages,
        transient=True,
        disable=not messages.is_terminal,
    )
    with bar:
        task = bar.add_task(what, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


def _show(report: IngestReport, *, as_json: bool) -> None:
    for refusal in report.refusals[:REFUSALS_SHOWN]:
        messages.print(f"Refused: {refusal}")
    hidden = report.refused - min(len(report.refusals), REFUSALS_SHOWN)
    if hidden > 0:
        messages.print(f"... and {hidden} more refused.")
    if as_json:
        typer.echo(report.model_dump_json(indent=2))
    else:
        typer.echo(
            f"Added {report.added}, updated {report.updated}, "
            f"unchanged {report.unchanged}, refused {report.refused}."
        )
