"""`search`: one query, or a file of them. It only reads, so it needs no Prefect."""

from __future__ import annotations

import asyncio
import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from pydantic import TypeAdapter

from domain.clearance import ConfidentialityLevel, Reader
from domain.errors import InvalidRecord
from domain.evidence import RetrievedItem
from domain.knowledge import KnowledgeCategory
from gateway.command_line.failures import FAILED
from gateway.command_line.options import (
    AsJson,
    AsPrincipal,
    Category,
    MaxConfidentiality,
    OutputFiles,
    get_settings,
)
from gateway.command_line.output import Rendering, deliver, messages
from gateway.command_line.query_file import Query, in_batches, open_queries

if TYPE_CHECKING:
    from storage.knowledge_base import SearchQuery
    from storage.stores import Stores

QUERIES_A_BATCH = 256
"""Queries that are embedded and searched at once, and answered before the next are read."""

_results = TypeAdapter(tuple[RetrievedItem, ...])


def add_to(app: typer.Typer) -> None:
    """Give *app* this command."""
    app.command()(search)


def search(
    principal: AsPrincipal,
    query: Annotated[
        str | None, typer.Argument(show_default=False, help="What to look for.")
    ] = None,
    queries: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE.jsonl",
            exists=True,
            dir_okay=False,
            allow_dash=True,
            help='Many at once: {"_id", "text"} a line in, {"_id", "results"} a line out.',
        ),
    ] = None,
    category: Category = None,
    max_confidentiality: MaxConfidentiality = None,
    limit: Annotated[int, typer.Option(min=1, max=200, help="The most items to return.")] = 10,
    as_json: AsJson = False,
    output: OutputFiles = None,
) -> None:
    """Search what the principal may read, most relevant first."""
    if (query is None) == (queries is None):
        raise typer.BadParameter("give either a QUERY or --queries FILE.jsonl")
    categories = None if category is None else (category,)
    asking = _Asking(principal, max_confidentiality, categories, limit)
    if query is not None:
        _search_one(query, asking, as_json=as_json, files=output or [])
    elif output:
        raise typer.BadParameter("--queries answers on standard output only")
    elif queries is not None and asyncio.run(_search_file(queries, asking)) > 0:
        raise typer.Exit(FAILED)


@dataclass(frozen=True, slots=True)
class _Asking:
    """Who asks, and within which bounds."""

    principal: str
    max_confidentiality: ConfidentialityLevel | None
    categories: tuple[KnowledgeCategory, ...] | None
    limit: int

    async def identify(self, stores: Stores) -> Reader:
        return await stores.principals.get_reader(self.principal, self.max_confidentiality)

    def query(self, text: str) -> SearchQuery:
        """Return the query for *text*; raises `pydantic.ValidationError`."""
        from storage.knowledge_base import SearchQuery

        return SearchQuery(text=text, categories=self.categories, limit=self.limit)


def _search_one(text: str, asking: _Asking, *, as_json: bool, files: list[Path]) -> None:
    from presentation import search_results_html, search_results_markdown

    found = asyncio.run(_answer_one(text, asking))
    rendering = Rendering(
        json=lambda: json.dumps(
            {"query": text, "results": _plain(found)}, indent=2, ensure_ascii=False
        ),
        markdown=lambda: search_results_markdown(text, found),
        html=lambda: search_results_html(text, found),
    )
    deliver(rendering, as_json=as_json, files=files)


async def _answer_one(text: str, asking: _Asking) -> tuple[RetrievedItem, ...]:
    from storage.stores import open_stores

    query = asking.query(text)
    async with open_stores(get_settings()) as stores:
        reader = await asking.identify(stores)
        (found,) = await stores.knowledge.search([query], reader)
        return found


async def _search_file(file: Path, asking: _Asking) -> int:
    """Answer the lines of *file* in order, a batch at a time; return how many were no queries."""
    from storage.stores import open_stores

    asking.query("whether the bounds are possible shows before anything is read")
    unfit = 0
    async with open_stores(get_settings()) as stores:
        await asking.identify(stores)
        with open_queries(file, asking.query) as lines:
            for batch in in_batches(lines, size=QUERIES_A_BATCH):
                queries = [line for line in batch if isinstance(line, Query)]
                for line in batch:
                    if isinstance(line, InvalidRecord):
                        unfit += 1
                        messages.print(str(line))
                # Anew for each batch: a long file must not outlive a revocation.
                reader = await asking.identify(stores)
                answers = await stores.knowledge.search([query.asked for query in queries], reader)
                for query, found in zip(queries, answers, strict=True):
                    answer = {"_id": query.query_id, "results": _plain(found)}
                    sys.stdout.write(f"{json.dumps(answer, ensure_ascii=False)}\n")
                sys.stdout.flush()
    return unfit


def _plain(found: tuple[RetrievedItem, ...]) -> object:
    return _results.dump_python(found, mode="json")
