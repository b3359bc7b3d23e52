"""`events`: what goes between flow runs, looked at, published, brought back and worked off.

A principal is told of the events that it may read; what it may not read is neither shown nor counted.
"""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Awaitable, Callable, Iterable
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from domain.clearance import ConfidentialityLevel, Reader
from domain.knowledge import KnowledgeCategory
from domain.model import FrozenModel
from gateway.command_line.options import (
    AsJson,
    AsPrincipal,
    Category,
    MaxConfidentiality,
    get_settings,
)
from gateway.command_line.output import messages

if TYPE_CHECKING:
    from domain.events import Event
    from storage.event_bus import DeadLetter, PendingEvent, StoredEvent
    from storage.event_desk import EventDesk

app = typer.Typer(help="Events between flow runs.", no_args_is_help=True)

Answer = TypeVar("Answer")


@app.command()
def tail(
    principal: AsPrincipal,
    follow: Annotated[
        bool, typer.Option("--follow", "-f", help="Go on with what is published from now on.")
    ] = False,
    limit: Annotated[int, typer.Option(min=1, help="So many of the newest.")] = 50,
    max_confidentiality: MaxConfidentiality = None,
    as_json: AsJson = False,
) -> None:
    """Show the newest events, oldest first; with --json one object a line."""

    async def show(desk: EventDesk, reader: Reader) -> None:
        if follow:
            async for stored in desk.events.follow(reader, limit=limit):
                _print(stored, _published(stored), as_json=as_json)
        else:
            for stored in await desk.events.newest(reader, limit=limit):
                _print(stored, _published(stored), as_json=as_json)

    _ask(principal, show, max_confidentiality=max_confidentiality)


@app.command()
def pending(
    principal: AsPrincipal, max_confidentiality: MaxConfidentiality = None, as_json: AsJson = False
) -> None:
    """Show what is not done: in work, waiting for another try, not begun; with --json one a line."""
    found = _ask(
        principal,
        lambda desk, reader: desk.events.pending(reader),
        max_confidentiality=max_confidentiality,
    )
    _print_all(((one, _held(one)) for one in found), as_json=as_json)
    messages.print(f"{len(found)} pending")


@app.command()
def dead(
    principal: AsPrincipal, max_confidentiality: MaxConfidentiality = None, as_json: AsJson = False
) -> None:
    """Show what was given up, and why; with --json one object a line."""
    found = _ask(
        principal,
        lambda desk, reader: desk.events.dead_letters(reader),
        max_confidentiality=max_confidentiality,
    )
    _print_all(((one, _given_up(one)) for one in found), as_json=as_json)
    messages.print(f"{len(found)} dead")


@app.command()
def replay(
    principal: AsPrincipal,
    event_id: Annotated[str | None, typer.Argument(metavar="EVENT_ID", show_default=False)] = None,
    every: Annotated[bool, typer.Option("--all", help="All that the principal may read.")] = False,
) -> None:
    """Publish a dead letter anew, with all its tries; audited."""
    if (event_id is None) is not every:
        raise typer.BadParameter("give an event's id, or --all")
    replayed = _ask(principal, lambda desk, reader: desk.events.replay(reader, event_id))
    typer.echo(f"Brought back {replayed.brought_back}.")
    if replayed.stay_dead:
        messages.print(f"{replayed.stay_dead} stay dead: past their deadline, or unreadable.")


@app.command()
def publish(
    principal: AsPrincipal,
    file: Annotated[
        str | None,
        typer.Argument(
            metavar="FILE.json", show_default=False, help="One event; - is standard input."
        ),
    ] = None,
    priority_level: Annotated[
        int | None,
        typer.Option(
            min=1,
            max=10,
            show_default=False,
            help="Of a strategic alert; 8 and up gives everyone who may read it a briefing.",
        ),
    ] = None,
    category: Category = None,
    knowledge_id: Annotated[
        list[str] | None,
        typer.Option(metavar="ID", help="An item that it is about; may be given several times."),
    ] = None,
    level: Annotated[
        ConfidentialityLevel | None,
        typer.Option(
            metavar="LEVEL",
            case_sensitive=False,
            help="The alert's; the principal's own clearance when it is not given.",
        ),
    ] = None,
) -> None:
    """Publish a strategic alert, or the event of a file; audited."""
    alert = (priority_level, category, knowledge_id, level)
    if file is not None:
        if any(alert):
            raise typer.BadParameter("give a file, or the options of an alert")
        from gateway.command_line.event_file import read_event

        event = read_event(file)
        make: Callable[[EventDesk, Reader], Event] = lambda _desk, _reader: event  # noqa: E731 - beside its twin
    elif priority_level is None or category is None:
        raise typer.BadParameter("an alert needs --priority-level and --category")
    else:
        make = _alert_maker(priority_level, category, knowledge_id or [], level)

    async def send(desk: EventDesk, reader: Reader) -> tuple[Event, bool]:
        made = make(desk, reader)
        return made, await desk.events.publish(made, reader)

    sent, is_new = _ask(principal, send)
    if is_new:
        typer.echo(f"Published {sent.event_id} ({sent.confidentiality_level.value}).")
    else:
        typer.echo(f"{sent.event_id} was published before.")


@app.command()
def serve(
    metrics_port: Annotated[
        int | None,
        typer.Option(
            min=0,
            max=65535,
            show_default=False,
            help="Also answer Prometheus there, as `diarchy metrics serve` does.",
        ),
    ] = None,
    metrics_host: Annotated[str, typer.Option(help="The address for Prometheus.")] = "127.0.0.1",
) -> None:
    """Work events off as they come, until interrupted; several of a home share the work."""
    from gateway.command_line.running import prepare_prefect

    settings = get_settings()
    prepare_prefect(settings)
    from flows.dispatch_events import serve_events

    async def run() -> int:
        stop = asyncio.Event()
        for told in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(told, stop.set)
        async with AsyncExitStack() as beside:
            if metrics_port is not None:
                from gateway.metrics_server import serving_metrics

                serving = serving_metrics(settings, port=metrics_port, host=metrics_host)
                port = await beside.enter_async_context(serving)
                messages.print(f"Serving metrics at http://{metrics_host}:{port}/metrics")
            return await serve_events(stop, on_ready=lambda: messages.print("Serving events"))

    handled = asyncio.run(run())
    messages.print(f"Served {handled} events")


def _alert_maker(
    priority_level: int,
    category: KnowledgeCategory,
    knowledge_ids: list[str],
    level: ConfidentialityLevel | None,
) -> Callable[[EventDesk, Reader], Event]:
    from domain.events import strategic_alert

    return lambda desk, reader: strategic_alert(
        event_id=desk.new_id(),
        occurred_at=desk.now(),
        alert_category=category,
        priority_level=priority_level,
        knowledge_ids=knowledge_ids,
        confidentiality_level=level or reader.clearance.level,
    )


def _ask(
    principal: str,
    act: Callable[[EventDesk, Reader], Awaitable[Answer]],
    *,
    max_confidentiality: ConfidentialityLevel | None = None,
) -> Answer:
    async def run() -> Answer:
        from storage.event_desk import open_event_desk

        async with open_event_desk(get_settings()) as desk:
            reader = await desk.principals.get_reader(principal, max_confidentiality)
            return await act(desk, reader)

    return asyncio.run(run())


def _print_all(shown: Iterable[tuple[FrozenModel, list[str]]], *, as_json: bool) -> None:
    for told, columns in shown:
        _print(told, columns, as_json=as_json)


def _print(told: FrozenModel, columns: list[str], *, as_json: bool) -> None:
    # The ids of entries count what came in between, at any level: nobody is told of them.
    line = told.model_dump_json(exclude={"entry_id", "dead_id"}) if as_json else "\t".join(columns)
    typer.echo(line)


def _published(stored: StoredEvent) -> list[str]:
    return [_moment(stored), *_columns(stored.event)]


def _held(one: PendingEvent) -> list[str]:
    state = "not begun" if one.consumer is None else f"{one.tries} failed, with {one.consumer}"
    return [one.group, *_published(one), state]


def _given_up(letter: DeadLetter) -> list[str]:
    columns = ["?"] * 5 if letter.event is None else _columns(letter.event)
    when = letter.dead_since.isoformat(timespec="seconds")
    return [letter.group, when, *columns, f"{letter.tries} tries", letter.reason]


def _columns(event: Event) -> list[str]:
    return [
        event.event_id,
        event.confidentiality_level.value,
        f"priority {event.priority}",
        event.event_type.value,
        event.payload.kind,
    ]


def _moment(stored: StoredEvent) -> str:
    return stored.published_at.isoformat(timespec="seconds")
