"""`requests`: a requirement stored under its label, to be analysed by its id.

What is typed into a form of the Prefect UI is seen by everyone who sees its pages. An id tells nobody
anything, and only the principal who stored the request may have it analysed.
"""

from __future__ import annotations

import asyncio
from typing import Annotated

import typer

from domain.clearance import ConfidentialityLevel
from gateway.command_line.options import (
    AsPrincipal,
    ContextFile,
    RequirementText,
    get_settings,
    read_notes,
    read_requirement,
)

app = typer.Typer(help="Requirements stored for an analysis.", no_args_is_help=True)


@app.command()
def add(
    principal: AsPrincipal,
    requirement: RequirementText,
    context: ContextFile = None,
    level: Annotated[
        ConfidentialityLevel,
        typer.Option(
            "--confidentiality-level",
            metavar="LEVEL",
            case_sensitive=False,
            help="How secret the requirement is; what is made from it is at least as secret.",
        ),
    ] = ConfidentialityLevel.INTERNAL,
) -> None:
    """Store a requirement and print the id by which the same principal can have it analysed."""
    text = read_requirement(requirement)
    notes = {} if context is None else read_notes(context)
    typer.echo(asyncio.run(_add(principal, text, notes, level)))


async def _add(
    principal: str, text: str, notes: dict[str, str], level: ConfidentialityLevel
) -> str:
    from domain.requests import AnalysisBrief
    from storage.reports import ReportKind
    from storage.stores import open_stores

    brief = AnalysisBrief(requirement=text, context=notes, confidentiality_level=level, sources=())
    async with open_stores(get_settings()) as stores:
        author = await stores.principals.get_reader(principal)
        request_id = stores.new_id()
        await stores.reports.save(
            brief, report_id=request_id, kind=ReportKind.REQUEST, reader=author, made_from=()
        )
    return request_id
