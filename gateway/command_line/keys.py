"""`keys`: the keys that seal what leaves the stores, changed while everything runs."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Annotated

import typer

from domain.errors import Conflict, ServerUnavailable
from gateway.command_line.options import get_settings
from gateway.command_line.output import messages

if TYPE_CHECKING:
    from storage.key_rotation import Resealed
    from storage.settings import Settings

app = typer.Typer(help="The sealing keys.", no_args_is_help=True)

_NOT_OVER = ["SCHEDULED", "PENDING", "RUNNING", "PAUSED", "CANCELLING"]


@app.command("list")
def list_keys() -> None:
    """Show a fingerprint of each key, newest first; the first one seals."""
    from storage.sealing import known_fingerprints

    for place, name in enumerate(known_fingerprints(get_settings())):
        typer.echo(f"{name}\t{'seals and opens' if place == 0 else 'opens'}")


@app.command("new")
def new_key() -> None:
    """Print a new key, for DIARCHY_SEALING_KEY; nothing is changed."""
    from cryptography.fernet import Fernet

    typer.echo(Fernet.generate_key().decode())


@app.command()
def rotate(
    reseal_only: Annotated[
        bool, typer.Option("--reseal-only", help="Make no new key; seal anew with the newest.")
    ] = False,
) -> None:
    """Seal with a new key from now on, and seal anew what is kept; the old key still opens."""
    from storage.key_rotation import put_new_key_first

    settings = get_settings()
    if not reseal_only:
        keys = put_new_key_first(settings)
        typer.echo(f"A new key seals from now on; {keys - 1} older ones still open.")
    resealed = asyncio.run(_reseal(settings))
    typer.echo(f"Sealed anew: {resealed.rows} rows, {resealed.files} files.")
    messages.print("When runs that are under way have ended: diarchy keys drop-old")


@app.command("drop-old")
def drop_old(
    force: Annotated[bool, typer.Option("--force", help="Even if something needs them.")] = False,
) -> None:
    """Let go of all keys but the newest, once nothing needs them any more."""
    from storage.key_rotation import drop_older_keys

    settings = get_settings()
    reasons = [] if force else asyncio.run(_what_needs_older_keys(settings))
    if reasons:
        raise Conflict(f"older keys are still needed by: {'; '.join(reasons)}")
    typer.echo(f"Dropped {drop_older_keys(settings)} older keys.")


async def _reseal(settings: Settings) -> Resealed:
    from storage.key_rotation import reseal_kept
    from storage.stores import open_stores

    async with open_stores(settings) as stores:
        return await reseal_kept(stores)


async def _what_needs_older_keys(settings: Settings) -> list[str]:
    from gateway.prefect_api import find_prefect_api
    from storage.key_rotation import parameters_need_older_key, what_needs_older_keys
    from storage.stores import open_stores

    async with open_stores(settings) as stores:
        reasons = await what_needs_older_keys(stores)
        api = find_prefect_api(settings)
        if api is None:
            # The home's own server does not run: whether runs wait there is told when it does.
            if (settings.home / "prefect" / "server.json").exists():
                reasons.append(
                    "flow runs perhaps: the Prefect server does not run; run: diarchy up"
                )
            return reasons
        try:
            unfinished = {"state": {"type": {"any_": _NOT_OVER}}}
            runs = await api.list("/flow_runs/filter", flow_runs=unfinished)
        except ServerUnavailable as error:
            return [*reasons, f"flow runs perhaps: {error}"]
        needing = sum(
            parameters_need_older_key(json.dumps(run["parameters"]), stores.sealer) for run in runs
        )
        if needing:
            reasons.append(f"{needing} flow runs that are not over; let them end")
        return reasons
