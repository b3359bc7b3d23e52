"""`reports`: the principal's own summaries, briefings and analyses, as they were stored.

A report that is not there, is another's or lies above the principal's clearance is answered alike.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from domain.analysis import BusinessPerspective, ComprehensiveAnalysis, TechnicalPerspective
from domain.briefing import CeoBriefing
from domain.clearance import Reader
from domain.summary import StrategicSummary
from gateway.command_line.options import (
    AsJson,
    AsPrincipal,
    InFull,
    MaxConfidentiality,
    OutputFiles,
    get_settings,
)
from gateway.command_line.output import Rendering, deliver

if TYPE_CHECKING:
    from domain.clearance import ConfidentialityLevel
    from presentation import Result
    from storage.reports import ReportEntry, ReportStore, StoredReport

app = typer.Typer(help="Your own stored briefings, summaries and analyses.", no_args_is_help=True)

Answer = TypeVar("Answer")


@app.command("list")
def list_reports(
    principal: AsPrincipal,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="How many at most.")] = 50,
    max_confidentiality: MaxConfidentiality = None,
    as_json: AsJson = False,
) -> None:
    """List the principal's latest reports, newest first."""
    entries = _ask(
        principal, lambda reports, reader: reports.list(reader, limit=limit), max_confidentiality
    )
    if as_json:
        from pydantic import TypeAdapter

        from storage.reports import ReportEntry

        listed = TypeAdapter(tuple[ReportEntry, ...])
        typer.echo(listed.dump_json(entries, indent=2).decode())
    else:
        for entry in entries:
            typer.echo("\t".join(_row(entry)))


@app.command()
def show(
    principal: AsPrincipal,
    report_id: Annotated[str, typer.Argument(metavar="ID", show_default=False)],
    max_confidentiality: MaxConfidentiality = None,
    full: InFull = False,
    as_json: AsJson = False,
    output: OutputFiles = None,
) -> None:
    """Show a report again, as it was when it was made."""
    stored = _ask(
        principal, lambda reports, reader: reports.open(report_id, reader), max_confidentiality
    )
    result = result_of(stored)
    from presentation import to_html, to_markdown

    rendering = Rendering(
        json=lambda: result.model_dump_json(indent=2),
        markdown=lambda: to_markdown(result),
        html=lambda: to_html(result),
        first_page=lambda: to_markdown(result, appendix=False),
    )
    deliver(rendering, as_json=as_json, files=output or [], full=full)


def _ask(
    principal: str,
    ask: Callable[[ReportStore, Reader], Awaitable[Answer]],
    max_confidentiality: ConfidentialityLevel | None,
) -> Answer:
    async def run() -> Answer:
        from storage.stores import open_stores

        async with open_stores(get_settings()) as stores:
            reader = await stores.principals.get_reader(principal, max_confidentiality)
            return await ask(stores.reports, reader)

    return asyncio.run(run())


def result_of(stored: StoredReport) -> Result:
    """Return the typed result that was stored."""
    from storage.reports import ReportKind

    models: dict[ReportKind, type[Result]] = {
        ReportKind.SUMMARY: StrategicSummary,
        ReportKind.BRIEFING: CeoBriefing,
        ReportKind.ANALYSIS: ComprehensiveAnalysis,
        ReportKind.BUSINESS: BusinessPerspective,
        ReportKind.TECHNICAL: TechnicalPerspective,
    }
    return models[stored.entry.kind].model_validate_json(stored.body)


def _row(entry: ReportEntry) -> tuple[str, ...]:
    horizon = entry.time_horizon.value if entry.time_horizon else "-"
    made = entry.created_at.isoformat(timespec="seconds")
    return (entry.report_id, entry.kind.value, horizon, entry.confidentiality_level.value, made)
