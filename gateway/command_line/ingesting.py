"""`ingest` and `reindex`: what goes in, and the index made anew from what is there."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Generator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from domain.errors import InvalidRecord
from gateway.command_line.failures import FAILED
from gateway.command_line.options import (
    AsJson,
    AsPrincipal,
    Category,
    DefaultLevel,
    DefaultPriority,
    get_settings,
)
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
    confidentiality_level: DefaultLevel = None,
    category: Category = None,
    priority: DefaultPriority = None,
    as_json: AsJson = False,
) -> None:
    """Take knowledge in. What cannot be taken is listed, the rest goes in; exit code 1 then."""
    prepare_prefect(get_settings())
    from flows import ingest_knowledge
    from tasks.progress import report_progress_to

    with _progress("Ingesting") as show_progress, report_progress_to(show_progress):
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
    items = asyncio.run(_reindex())
    typer.echo(f"Reindexed {items} items.")


async def _reindex() -> int:
    from storage.stores import open_stores

    with _progress("Reindexing") as show_progress:
        async with open_stores(get_settings()) as stores:
            items = await stores.knowledge.reindex(partial(show_progress, "Reindexing"))
            await stores.conclusions.rebuild()
            return items


@contextmanager
def _progress(what: str) -> Generator[Callable[[str, int, int], None]]:
    """Give a callback (activity, done, total) that moves a bar; off a terminal there is none to see."""
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

        def show_progress(activity: str, done: int, total: int) -> None:
            bar.update(task, description=activity, completed=done, total=total)

        yield show_progress


def _show(report: IngestReport, *, as_json: bool) -> None:
    for refusal in report.refusals[:REFUSALS_SHOWN]:
        messages.print(f"Refused: {InvalidRecord(**refusal.model_dump())}")
    if len(report.refusals) > REFUSALS_SHOWN:
        messages.print(f"... and {len(report.refusals) - REFUSALS_SHOWN} more problems.")
    if as_json:
        typer.echo(report.model_dump_json(indent=2))
    else:
        typer.echo(
            f"Added {report.added}, updated {report.updated}, "
            f"unchanged {report.unchanged}, refused {report.refused}."
        )
