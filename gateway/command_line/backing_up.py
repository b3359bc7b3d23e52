"""`backup`, `restore` and `migrate`: the truth put away, brought back, and its tables brought up to date."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from domain.errors import Conflict, InvalidInput, StorageError
from gateway.command_line.options import get_settings
from gateway.command_line.output import messages

if TYPE_CHECKING:
    from storage.settings import Settings

KeyFile = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE",
        show_default=False,
        help="Where the sealing keys go to or come from; keep this file apart from the backup.",
    ),
]


def add_to(app: typer.Typer) -> None:
    """Give *app* these commands."""
    app.command()(backup)
    app.command()(restore)
    app.command()(migrate)


def backup(
    target: Annotated[Path, typer.Argument(metavar="FILE|FOLDER", help="A new file, or a folder.")],
    key_file: KeyFile = None,
) -> None:
    """Write the database to a file while everything runs. It holds all texts in clear: keep it safe."""
    from storage.backup import back_up
    from storage.sealing import find_keys, replace_keys

    settings = get_settings()
    if target.is_dir():
        target /= f"diarchy-{settings.tell_time():%Y%m%dT%H%M%SZ}.backup"
    if key_file is not None:
        if settings.sealing_key:
            raise InvalidInput(
                "the sealing keys come from DIARCHY_SEALING_KEY: they are kept there"
            )
        if key_file.exists():
            raise Conflict(f"{key_file} exists already; give the name of a new file")
    with messages.status("Backing up"):
        end = asyncio.run(back_up(settings, target))
    typer.echo(f"Backed up {end.total} rows to {target}.")
    if key_file is not None and (keys := find_keys(settings)):
        replace_keys(key_file, keys)
        typer.echo(f"The sealing keys are in {key_file}; keep it apart from the backup.")
    else:
        messages.print(
            "The sealing keys are not in it. Without them all knowledge and every result comes back; "
            "what was sealed for runs under way does not open."
        )


def restore(
    source: Annotated[Path, typer.Argument(metavar="FILE", help="What `backup` wrote.")],
    key_file: KeyFile = None,
    reindex: Annotated[bool, typer.Option(help="Make the search index too.")] = True,
) -> None:
    """Bring a backup into a home, or a database, without any rows; then make the index."""
    from storage import backup as backups

    settings = get_settings()
    if key_file is not None:
        _take_keys(settings, key_file, source)
    with messages.status("Restoring"):
        end = asyncio.run(backups.restore(settings, source))
    typer.echo(f"Restored {end.total} rows.")
    if reindex:
        from gateway.command_line.ingesting import reindex as make_index

        make_index()
    else:
        messages.print("Searches find nothing before this is run: diarchy reindex")


def migrate() -> None:
    """Bring the database's tables up to this version; stop what runs another version first."""
    from storage.database import open_database

    async def run() -> str:
        database = await open_database(get_settings())
        try:
            return await database.check_schema()
        finally:
            await database.close()

    typer.echo(f"The tables are at revision {asyncio.run(run())}.")


def _take_keys(settings: Settings, key_file: Path, source: Path) -> None:
    from storage.backup_file import read_header
    from storage.sealing import KEY_FILE, find_keys, fingerprint, read_keys, replace_keys

    if settings.sealing_key:
        raise InvalidInput("the sealing keys come from DIARCHY_SEALING_KEY: put them there")
    keys = read_keys(key_file)
    if not set(read_header(source).sealing_keys) <= {fingerprint(key) for key in keys}:
        raise StorageError(f"{key_file} does not hold the keys of this backup")
    present = find_keys(settings)
    replace_keys(settings.home / KEY_FILE, [*keys, *(key for key in present if key not in keys)])
