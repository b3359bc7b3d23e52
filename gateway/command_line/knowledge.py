"""`knowledge`: one item, addressed by its id: shown, changed, reclassified, removed.

An id means the most secret item of that name that the principal may read. What it may not read is
answered as what does not exist.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer

from domain.clearance import ConfidentialityLevel, Reader
from gateway.command_line.options import (
    AsJson,
    AsPrincipal,
    Category,
    MaxConfidentiality,
    OutputFiles,
    get_settings,
    read_text,
)
from gateway.command_line.output import Rendering, deliver

if TYPE_CHECKING:
    from storage.knowledge_base import KnowledgeBase

app = typer.Typer(help="One item of knowledge, by its id.", no_args_is_help=True)

KnowledgeIdArgument = Annotated[str, typer.Argument(metavar="ID", show_default=False)]
Answer = TypeVar("Answer")


@app.command()
def show(
    principal: AsPrincipal,
    knowledge_id: KnowledgeIdArgument,
    max_confidentiality: MaxConfidentiality = None,
    as_json: AsJson = False,
    output: OutputFiles = None,
) -> None:
    """Show an item with its whole text."""
    item = _ask(
        principal,
        lambda knowledge, reader: knowledge.get_item(knowledge_id, reader),
        max_confidentiality=max_confidentiality,
    )
    from presentation import knowledge_item_html, knowledge_item_markdown

    rendering = Rendering(
        json=lambda: item.model_dump_json(indent=2),
        markdown=lambda: knowledge_item_markdown(item),
        html=lambda: knowledge_item_html(item),
    )
    deliver(rendering, as_json=as_json, files=output or [])


@app.command()
def update(
    principal: AsPrincipal,
    knowledge_id: KnowledgeIdArgument,
    title: Annotated[str | None, typer.Option(show_default=False)] = None,
    content: Annotated[
        str | None,
        typer.Option(metavar="TEXT", help="@FILE reads it from a file, - from standard input."),
    ] = None,
    category: Category = None,
    priority: Annotated[int | None, typer.Option(min=1, max=10)] = None,
    source: Annotated[str | None, typer.Option(help="Where it came from.")] = None,
    tag: Annotated[
        list[str] | None, typer.Option(help="May be given several times; replaces all tags.")
    ] = None,
    expires_at: Annotated[
        str | None, typer.Option(metavar="TIME", help="For example 2027-01-31T00:00:00Z, or never.")
    ] = None,
    confidentiality_level: Annotated[
        ConfidentialityLevel | None,
        typer.Option(metavar="LEVEL", case_sensitive=False, help="A higher level than now."),
    ] = None,
) -> None:
    """Change fields of an item; its level can only be raised, see `reclassify`."""
    given: dict[str, Any] = {
        "title": title,
        "content": None if content is None else read_text(content),
        "category": category,
        "strategic_priority": priority,
        "source": source,
        "tags": tuple(tag) if tag else None,
        "confidentiality_level": confidentiality_level,
    }
    changes = {field: value for field, value in given.items() if value is not None}
    if expires_at is not None:
        changes["expires_at"] = None if expires_at == "never" else _moment(expires_at)
    if not changes:
        raise typer.BadParameter("say what to change")
    item = _ask(
        principal,
        lambda knowledge, reader: knowledge.update_item(knowledge_id, changes, reader),
    )
    typer.echo(f"Updated {item.knowledge_id} ({item.confidentiality_level.value}).")


@app.command()
def reclassify(
    principal: AsPrincipal,
    knowledge_id: KnowledgeIdArgument,
    level: Annotated[
        ConfidentialityLevel,
        typer.Option(metavar="LEVEL", case_sensitive=False, show_default=False),
    ],
    reason: Annotated[str, typer.Option(show_default=False, help="Stands in the audit log.")],
) -> None:
    """Move an item to another level, up or down; audited."""
    item = _ask(
        principal,
        lambda knowledge, reader: knowledge.reclassify_item(
            knowledge_id, level, reader, reason=reason
        ),
    )
    typer.echo(f"{item.knowledge_id} is now {item.confidentiality_level.value}.")


@app.command()
def delete(principal: AsPrincipal, knowledge_id: KnowledgeIdArgument) -> None:
    """Delete an item: it is found and read no more."""
    _ask(principal, lambda knowledge, reader: knowledge.delete_item(knowledge_id, reader))
    typer.echo(f"Deleted {knowledge_id}.")


@app.command()
def purge(
    principal: AsPrincipal, knowledge_id: KnowledgeIdArgument, as_json: AsJson = False
) -> None:
    """Delete an item and erase its text from every file of the stores, and show that it is gone."""
    from gateway.copies_in_prefect import eraser_of_copies

    erase_copies = eraser_of_copies(get_settings())
    report = _ask(
        principal,
        lambda knowledge, reader: knowledge.purge_item(
            knowledge_id, reader, erase_copies=erase_copies
        ),
    )
    if as_json:
        typer.echo(report.model_dump_json(indent=2))
    else:
        typer.echo(
            f"Purged {report.knowledge_id} ({report.confidentiality_level.value}) and every report "
            f"made from it. {report.phrases_sought} phrases of its text were sought in every file "
            "of the stores: none found."
        )


def _ask(
    principal: str,
    act: Callable[[KnowledgeBase, Reader], Awaitable[Answer]],
    *,
    max_confidentiality: ConfidentialityLevel | None = None,
) -> Answer:
    """Do *act* on the knowledge base as *principal* and return what it returns."""

    async def run() -> Answer:
        from storage.stores import open_stores

        async with open_stores(get_settings()) as stores:
            reader = await stores.principals.get_reader(principal, max_confidentiality)
            return await act(stores.knowledge, reader)

    return asyncio.run(run())


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(
            "--expires-at: must be a time, like 2027-01-31T00:00:00Z"
        ) from None
    if moment.tzinfo is None:
        raise typer.BadParameter("--expires-at: needs a time zone, like 2027-01-31T00:00:00Z")
    return moment
