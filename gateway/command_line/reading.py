"""`summary`, `briefing` and `analyze`: the three results that flows make for a reader."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Annotated

import typer

from domain.analysis import ComprehensiveAnalysis
from domain.briefing import CeoBriefing
from domain.collaboration import CollaborationMode
from domain.knowledge import Domain
from domain.summary import StrategicSummary, TimeHorizon
from gateway.command_line.options import (
    AsJson,
    AsPrincipal,
    ContextFile,
    Horizon,
    InFull,
    MaxConfidentiality,
    OutputFiles,
    RequirementText,
    get_settings,
    read_notes,
    read_requirement,
)
from gateway.command_line.output import Rendering, deliver, messages
from gateway.command_line.running import prepare_prefect


def add_to(app: typer.Typer) -> None:
    """Give *app* these commands."""
    app.command()(summary)
    app.command()(briefing)
    app.command()(analyze)


def summary(
    principal: AsPrincipal,
    domain: Annotated[Domain, typer.Argument(case_sensitive=False, show_default=False)],
    horizon: Horizon = TimeHorizon.QUARTER,
    max_confidentiality: MaxConfidentiality = None,
    full: InFull = False,
    as_json: AsJson = False,
    output: OutputFiles = None,
) -> None:
    """Summarize one domain of the company over a horizon."""
    prepare_prefect(get_settings())
    from flows import strategic_summary

    with messages.status("Summarizing"):
        result = asyncio.run(
            strategic_summary(
                domain=domain,
                time_horizon=horizon,
                requester=principal,
                max_confidentiality=max_confidentiality,
            )
        )
    _deliver(result, full=full, as_json=as_json, files=output)


def briefing(
    principal: AsPrincipal,
    horizon: Horizon = TimeHorizon.WEEK,
    max_confidentiality: MaxConfidentiality = None,
    edition: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="Make the edition of that name once; asked for again, show what was made. An "
            "alert's edition has the name of its event.",
        ),
    ] = None,
    full: InFull = False,
    as_json: AsJson = False,
    output: OutputFiles = None,
) -> None:
    """Brief the principal: the news of every domain, and what changed since its last briefing."""
    prepare_prefect(get_settings())
    from flows import ceo_briefing

    with messages.status("Preparing the briefing"):
        result = asyncio.run(
            ceo_briefing(
                requester=principal,
                time_horizon=horizon,
                max_confidentiality=max_confidentiality,
                edition=edition,
            )
        )
    _deliver(result, full=full, as_json=as_json, files=output)


def analyze(
    principal: AsPrincipal,
    requirement: RequirementText,
    context: ContextFile = None,
    max_confidentiality: MaxConfidentiality = None,
    collaboration: Annotated[
        CollaborationMode,
        typer.Option(
            case_sensitive=False,
            help="How Artemis is asked: in_process, or over the event bus, which "
            "`diarchy events serve` must be serving. The result is the same.",
        ),
    ] = CollaborationMode.IN_PROCESS,
    answer_within: Annotated[
        int,
        typer.Option(
            min=1,
            max=86_400,
            metavar="SECONDS",
            help="How long to wait for an answer over the event bus before going on without it.",
        ),
    ] = 300,
    full: InFull = False,
    as_json: AsJson = False,
    output: OutputFiles = None,
) -> None:
    """Analyze a requirement in five phases, from the business's side and the technical one."""
    from storage.sealing import open_sealer

    settings = get_settings()
    text = read_requirement(requirement)
    notes = None if context is None else read_notes(context)
    sealer = open_sealer(settings)
    prepare_prefect(settings)
    from flows import comprehensive_analysis

    # Prefect stores a run's parameters in clear, so what was typed goes in sealed.
    with messages.status("Analyzing"):
        result = asyncio.run(
            comprehensive_analysis(
                requirement=sealer.seal_text(text),
                requester=principal,
                context=None if notes is None else sealer.seal_notes(notes),
                max_confidentiality=max_confidentiality,
                collaboration=collaboration,
                answer_within_seconds=answer_within,
            )
        )
    _deliver(result, full=full, as_json=as_json, files=output)


def _deliver(
    result: StrategicSummary | CeoBriefing | ComprehensiveAnalysis,
    *,
    full: bool,
    as_json: bool,
    files: list[Path] | None,
) -> None:
    from presentation import to_html, to_markdown

    rendering = Rendering(
        json=lambda: result.model_dump_json(indent=2),
        markdown=lambda: to_markdown(result),
        html=lambda: to_html(result),
        first_page=lambda: to_markdown(result, appendix=False),
    )
    deliver(rendering, as_json=as_json, files=files or [], full=full)
