"""`principals`: who may ask, and how much each may read. Who holds the home's files may run it."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Mapping, Sequence
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from domain.clearance import ConfidentialityLevel, Principal
from domain.summary import Cadence
from gateway.command_line.options import AsJson, get_settings

app = typer.Typer(help="The registry of principals and their clearances.", no_args_is_help=True)

Name = Annotated[str, typer.Argument(metavar="NAME", show_default=False)]
ClearanceOption = Annotated[
    ConfidentialityLevel,
    typer.Option(
        "--clearance",
        metavar="LEVEL",
        case_sensitive=False,
        show_default=False,
        help="public, internal, confidential, restricted or top_secret.",
    ),
]


def _cadences(given: str) -> tuple[Cadence, ...]:
    try:
        asked = {Cadence(one.strip().lower()) for one in given.split(",")}
    except ValueError:
        known = ", ".join(cadence.value for cadence in Cadence)
        raise typer.BadParameter(f"must be one or more of {known}, separated by commas") from None
    return tuple(cadence for cadence in Cadence if cadence in asked)


CadencesArgument = Annotated[
    str,
    typer.Argument(
        metavar="CADENCES", show_default=False, help="weekly, monthly, quarterly; by commas."
    ),
]


@app.command()
def add(
    name: Name,
    clearance: ClearanceOption,
    briefings: Annotated[
        str | None,
        typer.Option(
            metavar="CADENCES",
            help="Briefings that it gets by itself: weekly, monthly, quarterly; by commas.",
        ),
    ] = None,
) -> None:
    """Register a principal."""
    cadences = _cadences(briefings) if briefings else ()
    asyncio.run(_add(name, clearance, cadences))
    typer.echo(f"Registered {name}, cleared for {clearance.value}.")
    if cadences:
        typer.echo(_told(name, cadences))


@app.command()
def subscribe(name: Name, cadences: CadencesArgument) -> None:
    """Brief a principal by itself from the next period on."""
    typer.echo(_told(name, asyncio.run(_subscribe(name, _cadences(cadences)))))


@app.command()
def unsubscribe(name: Name, cadences: CadencesArgument) -> None:
    """Brief a principal by itself no longer."""
    typer.echo(_told(name, asyncio.run(_unsubscribe(name, _cadences(cadences)))))


@app.command("list")
def list_principals(as_json: AsJson = False) -> None:
    """List the principals."""
    principals, briefings = asyncio.run(_list())
    rows = [_row(principal, briefings.get(principal.name, ())) for principal in principals]
    if as_json:
        typer.echo(
            json.dumps(
                [
                    principal.model_dump(mode="json")
                    | {"briefings": list(briefings.get(principal.name, ()))}
                    for principal in principals
                ],
                indent=2,
            )
        )
    elif sys.stdout.isatty():
        Console().print(_table(rows))
    else:
        for row in rows:
            typer.echo("\t".join(row))


@app.command()
def revoke(name: Name) -> None:
    """Take a principal's access away; its history stays."""
    asyncio.run(_revoke(name))
    typer.echo(f"Revoked {name}.")


@app.command("set-clearance")
def set_clearance(name: Name, clearance: ClearanceOption) -> None:
    """Change what a principal may read."""
    asyncio.run(_set_clearance(name, clearance))
    typer.echo(f"{name} is now cleared for {clearance.value}.")


async def _add(name: str, level: ConfidentialityLevel, cadences: Sequence[Cadence]) -> None:
    from storage.registry import open_registry

    async with open_registry(get_settings()) as registry:
        await registry.add(name, level)
    if cadences:
        await _subscribe(name, cadences)


async def _subscribe(name: str, cadences: Sequence[Cadence]) -> Sequence[Cadence]:
    from storage.registry import open_subscriptions

    async with open_subscriptions(get_settings()) as subscriptions:
        return await subscriptions.add(name, cadences)


async def _unsubscribe(name: str, cadences: Sequence[Cadence]) -> Sequence[Cadence]:
    from storage.registry import open_subscriptions

    async with open_subscriptions(get_settings()) as subscriptions:
        return await subscriptions.remove(name, cadences)


async def _list() -> tuple[Sequence[Principal], Mapping[str, Sequence[Cadence]]]:
    from storage.registry import open_registry, open_subscriptions

    settings = get_settings()
    async with open_registry(settings) as registry, open_subscriptions(settings) as subscriptions:
        return await registry.list(), await subscriptions.list()


async def _revoke(name: str) -> None:
    from storage.registry import open_registry

    async with open_registry(get_settings()) as registry:
        await registry.revoke(name)


async def _set_clearance(name: str, level: ConfidentialityLevel) -> None:
    from storage.registry import open_registry

    async with open_registry(get_settings()) as registry:
        await registry.set_clearance(name, level)


def _told(name: str, cadences: Sequence[Cadence]) -> str:
    gets = ", ".join(cadence.value for cadence in cadences) or "none"
    return f"Briefings of {name}: {gets}."


def _row(principal: Principal, cadences: Sequence[Cadence]) -> tuple[str, str, str, str, str]:
    return (
        principal.name,
        principal.clearance.level.value,
        f"{principal.registered_at:%Y-%m-%d}",
        f"revoked {principal.revoked_at:%Y-%m-%d}" if principal.revoked_at else "active",
        ", ".join(cadence.value for cadence in cadences),
    )


def _table(rows: Sequence[tuple[str, str, str, str, str]]) -> Table:
    table = Table("Name", "Clearance", "Registered", "State", "Briefings")
    for row in rows:
        table.add_row(*row)
    return table
