"""`submit` and `runs`: hand a request to the workers and come back at once; see what became of it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from domain.collaboration import CollaborationMode
from domain.knowledge import Domain
from domain.routing import AnalysisScope
from domain.summary import TimeHorizon
from gateway.command_line.options import (
    AsJson,
    AsPrincipal,
    Category,
    ContextFile,
    DefaultLevel,
    DefaultPriority,
    Horizon,
    MaxConfidentiality,
    RequirementText,
    get_settings,
    read_notes,
    read_requirement,
)
from gateway.command_line.running import prepare_prefect

if TYPE_CHECKING:
    from deployments.submitting import Pressing, Submission, Submitter
    from storage.settings import Settings

submit = typer.Typer(
    help="Hand a request to the workers of the pool and queue that fit, and come back at once.",
    no_args_is_help=True,
)
runs = typer.Typer(help="What became of submitted runs.", no_args_is_help=True)

Urgent = Annotated[bool, typer.Option("--urgent", help="Before all that is not urgent.")]
Within = Annotated[
    int | None,
    typer.Option(
        "--within",
        min=1,
        metavar="SECONDS",
        show_default=False,
        help="When the result is wanted; what is close to it counts as urgent.",
    ),
]
Once = Annotated[
    str | None,
    typer.Option(
        "--once",
        metavar="NAME",
        show_default=False,
        help="Submitted again under this name, the run that was made is shown.",
    ),
]


@submit.command("analysis")
def submit_analysis(
    principal: AsPrincipal,
    requirement: RequirementText,
    scope: Annotated[
        AnalysisScope,
        typer.Option(
            case_sensitive=False,
            help="From which side; auto takes one side only where the requirement plainly has one.",
        ),
    ] = AnalysisScope.COMPREHENSIVE,
    context: ContextFile = None,
    max_confidentiality: MaxConfidentiality = None,
    collaboration: Annotated[
        CollaborationMode,
        typer.Option(case_sensitive=False, help="How a comprehensive one reaches Artemis."),
    ] = CollaborationMode.IN_PROCESS,
    urgent: Urgent = False,
    within: Within = None,
    once: Once = None,
    as_json: AsJson = False,
) -> None:
    """Submit an analysis of a requirement; what is typed is sealed before it leaves this process."""
    text = read_requirement(requirement)
    notes = None if context is None else read_notes(context)
    settings = get_settings()
    _submit(
        settings,
        lambda submitter, pressing: submitter.submit_analysis(
            text,
            principal,
            scope=scope,
            context=notes,
            max_confidentiality=max_confidentiality,
            collaboration=collaboration,
            pressing=pressing,
        ),
        urgent=urgent,
        within=within,
        once=once,
        as_json=as_json,
    )


@submit.command("summary")
def submit_summary(
    principal: AsPrincipal,
    domain: Annotated[Domain, typer.Argument(case_sensitive=False, show_default=False)],
    horizon: Horizon = TimeHorizon.QUARTER,
    max_confidentiality: MaxConfidentiality = None,
    urgent: Urgent = False,
    within: Within = None,
    once: Once = None,
    as_json: AsJson = False,
) -> None:
    """Submit a summary of one domain of the company."""
    _submit(
        get_settings(),
        lambda submitter, pressing: submitter.submit_summary(
            domain,
            horizon,
            principal,
            max_confidentiality=max_confidentiality,
            pressing=pressing,
        ),
        urgent=urgent,
        within=within,
        once=once,
        as_json=as_json,
    )


@submit.command("briefing")
def submit_briefing(
    principal: AsPrincipal,
    horizon: Horizon = TimeHorizon.WEEK,
    max_confidentiality: MaxConfidentiality = None,
    edition: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="Make the edition of that name once; `diarchy briefing --edition NAME` shows it.",
        ),
    ] = None,
    urgent: Urgent = False,
    within: Within = None,
    once: Once = None,
    as_json: AsJson = False,
) -> None:
    """Submit a briefing of the principal."""
    _submit(
        get_settings(),
        lambda submitter, pressing: submitter.submit_briefing(
            horizon,
            principal,
            edition=edition,
            max_confidentiality=max_confidentiality,
            pressing=pressing,
        ),
        urgent=urgent,
        within=within,
        once=once,
        as_json=as_json,
    )


@submit.command("ingest")
def submit_ingest(
    principal: AsPrincipal,
    paths: Annotated[
        list[Path],
        typer.Argument(
            metavar="PATH...",
            exists=True,
            show_default=False,
            help="Files or folders; the worker must see them under the same names.",
        ),
    ],
    confidentiality_level: DefaultLevel = None,
    category: Category = None,
    priority: DefaultPriority = None,
    urgent: Urgent = False,
    within: Within = None,
    once: Once = None,
    as_json: AsJson = False,
) -> None:
    """Submit an ingest of files and folders."""
    _submit(
        get_settings(),
        lambda submitter, pressing: submitter.submit_ingest(
            paths,
            principal,
            confidentiality_level=confidentiality_level,
            category=category,
            strategic_priority=priority,
            pressing=pressing,
        ),
        urgent=urgent,
        within=within,
        once=once,
        as_json=as_json,
    )


@runs.command("show")
def show_run(
    flow_run_id: Annotated[str, typer.Argument(metavar="RUN_ID", show_default=False)],
    as_json: AsJson = False,
) -> None:
    """Say where a run is, and how far it has come."""
    prepare_prefect(get_settings())
    from deployments.submitted import find_run

    run = asyncio.run(find_run(flow_run_id))
    if as_json:
        typer.echo(run.model_dump_json(indent=2))
        return
    typer.echo(f"Run:   {run.flow_run_id}")
    typer.echo(f"State: {run.state}")
    typer.echo(f"Queue: {run.pool or 'no pool'}/{run.queue or 'no queue'}")
    for what, moment in (("Start", run.started_at), ("End", run.ended_at)):
        if moment is not None:
            typer.echo(f"{what + ':':<7}{moment.isoformat(timespec='seconds')}")


def _submit(
    settings: Settings,
    submit_to: Callable[[Submitter, Pressing], Awaitable[Submission]],
    *,
    urgent: bool,
    within: int | None,
    once: str | None,
    as_json: bool,
) -> None:
    prepare_prefect(settings)
    from deployments.submitting import Pressing

    deadline = None if within is None else settings.tell_time() + timedelta(seconds=within)
    pressing = Pressing(urgent=urgent, deadline=deadline, once=once)
    submission = asyncio.run(_submitted(settings, submit_to, pressing))
    if as_json:
        typer.echo(submission.model_dump_json(indent=2))
        return
    placement = submission.placement
    typer.echo(f"Run:   {submission.flow_run_id}")
    typer.echo(f"Flow:  {placement.flow}")
    typer.echo(f"Queue: {placement.pool}/{placement.queue}, priority {placement.priority}")
    typer.echo(f"Why:   {placement.reason}")


async def _submitted(
    settings: Settings,
    submit_to: Callable[[Submitter, Pressing], Awaitable[Submission]],
    pressing: Pressing,
) -> Submission:
    from deployments.submitting import Submitter
    from storage.submission import open_submission_stores

    async with open_submission_stores(settings) as stores:
        return await submit_to(Submitter(stores), pressing)
