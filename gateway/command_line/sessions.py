"""`sessions`: the principal's own conversations, listed, read again, taken away as a file, deleted.

A conversation that is not there, is another's or lies above the principal's clearance is answered alike.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer
from rich.console import Console

from domain.clearance import ConfidentialityLevel, Reader
from domain.model import FrozenModel
from domain.sessions import Message, Session
from gateway.command_line.failures import FAILED
from gateway.command_line.options import AsJson, AsPrincipal, MaxConfidentiality, get_settings
from gateway.command_line.output import Rendering, deliver, deliver_text

if TYPE_CHECKING:
    from storage.sessions import SessionStore

app = typer.Typer(help="Your own conversations.", no_args_is_help=True)

Answer = TypeVar("Answer")
SessionId = Annotated[str, typer.Argument(metavar="ID", show_default=False)]


class Format(StrEnum):
    """What a conversation is exported as."""

    MARKDOWN = "markdown"
    JSON = "json"
    HTML = "html"


class Transcript(FrozenModel):
    """A conversation as its reader may read it."""

    session: Session
    messages: tuple[Message, ...]
    """Oldest first."""


@app.command("list")
def list_sessions(
    principal: AsPrincipal,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="How many at most.")] = 50,
    max_confidentiality: MaxConfidentiality = None,
    as_json: AsJson = False,
) -> None:
    """List the principal's conversations, the one used last first."""
    listed = _ask(
        principal, lambda sessions, reader: sessions.list(reader, limit=limit), max_confidentiality
    )
    if as_json:
        from pydantic import TypeAdapter

        every = TypeAdapter(tuple[Session, ...])
        typer.echo(every.dump_json(listed, indent=2).decode())
    else:
        from gateway.command_line.conversation_view import show_sessions

        show_sessions(Console(markup=False, emoji=False, highlight=False, soft_wrap=True), listed)


@app.command()
def show(
    principal: AsPrincipal,
    session_id: SessionId,
    max_confidentiality: MaxConfidentiality = None,
    as_json: AsJson = False,
) -> None:
    """Show a conversation whole, with the sources of every answer."""
    rendering = _rendering(_read(principal, session_id, max_confidentiality))
    deliver(rendering, as_json=as_json, files=())


@app.command()
def export(
    principal: AsPrincipal,
    session_id: SessionId,
    form: Annotated[
        Format, typer.Option("--format", case_sensitive=False, help="What to write.")
    ] = Format.MARKDOWN,
    max_confidentiality: MaxConfidentiality = None,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output",
            "-o",
            metavar="FILE",
            dir_okay=False,
            show_default=False,
            help="Write it to a file, readable by you only, instead of standard output.",
        ),
    ] = None,
) -> None:
    """Write a conversation to a file or to standard output."""
    rendering = _rendering(_read(principal, session_id, max_confidentiality))
    forms = {
        Format.MARKDOWN: rendering.markdown,
        Format.JSON: rendering.json,
        Format.HTML: rendering.html,
    }
    deliver_text(forms[form](), file=output)


@app.command()
def delete(
    principal: AsPrincipal,
    session_id: SessionId,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    as_json: AsJson = False,
) -> None:
    """Delete a conversation with all that it left behind, and say what was erased."""
    from gateway.command_line.conversation_view import erasure_told
    from gateway.copies_in_prefect import eraser_of_copies

    erase_copies = eraser_of_copies(get_settings())
    session = _ask(principal, lambda sessions, reader: sessions.get(session_id, reader))
    if not yes:
        typer.confirm(f"Delete conversation {session.session_id}?", abort=True, err=True)
    erased = _ask(
        principal,
        lambda sessions, reader: sessions.delete(session_id, reader, erase_copies=erase_copies),
    )
    typer.echo(erased.model_dump_json(indent=2) if as_json else erasure_told(erased))
    if erased.traces_found:
        raise typer.Exit(FAILED)


def _read(
    principal: str, session_id: str, max_confidentiality: ConfidentialityLevel | None
) -> Transcript:
    async def read(sessions: SessionStore, reader: Reader) -> Transcript:
        session = await sessions.get(session_id, reader)
        return Transcript(session=session, messages=await sessions.messages(session_id, reader))

    return _ask(principal, read, max_confidentiality)


def _rendering(transcript: Transcript) -> Rendering:
    from presentation import conversation_html, conversation_markdown

    return Rendering(
        json=lambda: transcript.model_dump_json(indent=2),
        markdown=lambda: conversation_markdown(transcript.session, transcript.messages),
        html=lambda: conversation_html(transcript.session, transcript.messages),
    )


def _ask(
    principal: str,
    ask: Callable[[SessionStore, Reader], Awaitable[Answer]],
    max_confidentiality: ConfidentialityLevel | None = None,
) -> Answer:
    async def run() -> Answer:
        from storage.stores import open_stores

        async with open_stores(get_settings()) as stores:
            reader = await stores.principals.get_reader(principal, max_confidentiality)
            return await ask(stores.sessions, reader)

    return asyncio.run(run())
