"""`chat`: a conversation with the knowledge of the company, as one process that stays.

Prefect's API and the stores are opened once; every message is a run of the flow `process-message` in this
process. Fed by a pipe, it takes a line a message and leaves with 1 when one was not answered.
"""

from __future__ import annotations

import asyncio
import sys
from typing import TYPE_CHECKING, Annotated

import typer

from domain.clearance import ConfidentialityLevel
from gateway.command_line.failures import FAILED
from gateway.command_line.options import AsPrincipal, MaxConfidentiality, get_settings
from gateway.command_line.running import prepare_prefect

if TYPE_CHECKING:
    from storage.purging import EraseCopies


def add_to(app: typer.Typer) -> None:
    """Give *app* this command."""
    app.command()(chat)


def chat(
    principal: AsPrincipal,
    session: Annotated[
        str | None,
        typer.Option(metavar="ID", show_default=False, help="Go on in this conversation."),
    ] = None,
    max_confidentiality: MaxConfidentiality = None,
) -> None:
    """Talk with Sophia, Artemis and the knowledge base; /help says what else can be typed."""
    settings = get_settings()
    prepare_prefect(settings)
    from gateway.copies_in_prefect import eraser_of_copies

    erase_copies = eraser_of_copies(settings)
    if asyncio.run(_chat(principal, session, max_confidentiality, erase_copies)):
        raise typer.Exit(FAILED)


async def _chat(
    principal: str,
    session_id: str | None,
    max_confidentiality: ConfidentialityLevel | None,
    erase_copies: EraseCopies,
) -> int:
    """Converse on standard input and output; return how much of what a script asked for failed."""
    from gateway.command_line.conversation import Conversation
    from gateway.command_line.conversation_view import ConversationView
    from gateway.command_line.conversing import Conversing
    from gateway.command_line.lines import PipedLines, TypedLines
    from storage.stores import open_stores
    from tasks.stores import use_stores

    typed = sys.stdin.isatty() and sys.stdout.isatty()
    async with open_stores(get_settings()) as stores, use_stores(stores):
        talk = Conversing(
            Conversation(stores, principal, max_confidentiality, erase_copies),
            TypedLines(f"{principal}> ") if typed else PipedLines(),
            ConversationView(),
            typed=typed,
        )
        await talk.open(session_id)
        failures = await talk.go_on()
    return 0 if typed else failures
