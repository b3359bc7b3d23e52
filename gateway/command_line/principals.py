"""`principals`: who may ask, and how much each may read. Who holds the home's files may run it."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Sequence
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from domain.clearance import ConfidentialityLevel, Principal
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


@app.command()
def add(name: Name, clearance: ClearanceOption) -> None:
    """Register a principal."""
    asyncio.run(_add(name, clearance))
    typer.echo(f"Registered {name}, cleared for {clearance.value}.")


@app.command("list")
def list_principals(as_json: AsJson = False) -> None:
    """List the principals."""
    principals = asyncio.run(_list())
    if as_json:
        from pydantic import TypeAdapter

        registry = TypeAdapter(tuple[Principal, ...])
        typer.echo(registry.dump_json(tuple(principals), indent=2).decode())
    elif sys.stdout.isatty():
        Console().print(_table(principals))
    else:
        for row in map(_row, principals):
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


async def _add(name: str, level: ConfidentialityLevel) -> None:
    from storage.registry import open_registry

    async with open_registry(get_settings()) as registry:
        await registry.add(name, level)


async def _list() -> Sequence[Principal]:
    from storage.registry import open_registry

    async with open_registry(get_settings()) as registry:
        return await registry.list()


async def _revoke(name: str) -> None:
    from storage.registry import open_registry

    async with open_registry(get_settings()) as registry:
        await registry.revoke(name)


async def _set_clearance(name: str, level: ConfidentialityLevel) -> None:
    from storage.registry import open_registry

    async with open_registry(get_settings()) as registry:
        await registry.set_clearance(name, level)


def _row(principal: Principal) -> tuple[str, str, str, str]:
    return (
        principal.name,
        principal.clearance.level.value,
        f"{principal.registered_at:%Y-%m-%d}",
        f"revoked {principal.revoked_at:%Y-%m-%d}" if principal.revoked_at else "active",
    )


def _table(principals: Sequence[Principal]) -> Table:
    table = Table("Name", "Clearance", "Registered", "State")
    for row in map(_row, principals):
        table.add_row(*row)
    return table
