"""What a message of a conversation takes, by part, and whether the thousandth takes longer than the first.

Own work is the bodies of the flow's steps called one after the other without Prefect: looked-up questions
in one session on the example company, with a warm model. Every question is new, so that each is embedded
and searched. One message goes through the flow itself, for what Prefect adds.
"""

from __future__ import annotations

import asyncio
import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.analysis_time import (
    BETWEEN_FLOWS_SECONDS,
    ingest_examples,
    send_what_is_queued,
)
from benchmarks.homes import READER, reader_of, temporary_stores
from benchmarks.report import milliseconds, percentile, print_table, times
from domain.clearance import Reader
from domain.sessions import Route
from gateway.prefect_server import PrefectServer, point_process_at
from tasks import sessions as steps
from tasks.identification import RunStamp, identify_requester, stamp_run
from tasks.stores import use_stores

_TURNS = 1_000
_AROUND = 10
"""Each figure is the median of so many turns, those up to the one that it is called after."""
_SHOWN = (1, 10, 100, 1_000)
_PARTS = ("store", "recall", "route", "retrieve", "answer", "store answer", "remember")
_THINGS = (
    "the broker migration",
    "the Brno hub",
    "the tracker modules",
    "the covenant",
    "the telemetry freeze",
    "the pool of containers",
    "the satellite links",
    "the works council",
    "the panel line",
    "the price cuts of Thermovia",
)


async def run(_: Path | None) -> None:
    """Measure and print the times."""
    async with temporary_stores(cache_entries=2_000) as stores, use_stores(stores):
        await ingest_examples()
        reader = await reader_of(stores)
        # Before the first turn that counts: the model is loaded and the intents are known.
        await _converse((await stores.sessions.start(reader)).session_id, 2, first=_TURNS)
        session_id = (await stores.sessions.start(reader)).session_id
        taken = await _converse(session_id, _TURNS)
        whole = await _flow_seconds(session_id)
    _print(taken, whole)


async def _converse(
    session_id: str, turns: int, *, first: int = 0
) -> Mapping[str, Sequence[float]]:
    """Answer that many messages; return the seconds of each part, a number a turn."""
    taken: dict[str, list[float]] = defaultdict(list)
    for number in range(first, first + turns):
        for part, seconds in (await _turn(session_id, _question(number))).items():
            taken[part].append(seconds)
    return taken


async def _turn(session_id: str, content: str) -> dict[str, float]:
    marks = [time.perf_counter()]

    def mark() -> None:
        marks.append(time.perf_counter())

    reader: Reader = await identify_requester.fn(READER, None)
    run: RunStamp = await stamp_run.fn()
    message = await steps.receive_message.fn(session_id, content, reader, run)
    await steps.find_answer.fn(message, reader)
    await steps.await_turn.fn(message, reader)
    mark()
    understood = await steps.recall_context.fn(message, reader)
    mark()
    decision = await steps.decide_route.fn(message, understood, reader)
    mark()
    found = await steps.retrieve_for_message.fn(message, understood.question, reader)
    mark()
    answer = await steps.compose_answer.fn(
        understood,
        decision.model_copy(update={"route": Route.KNOWLEDGE}),
        found,
        None,
        reader=reader,
        run=run,
    )
    mark()
    stored = await steps.store_answer.fn(message, understood, answer, found, reader)
    mark()
    await steps.remember_turn.fn(message, stored, understood, reader)
    mark()
    parts = dict(
        zip(
            _PARTS,
            (after - before for before, after in pairwise(marks)),
            strict=True,
        )
    )
    return {**parts, "own work": marks[-1] - marks[0]}


def _question(number: int) -> str:
    thing, other = _THINGS[number % len(_THINGS)], _THINGS[number // 10 % len(_THINGS)]
    return f"Look up what note {number} says about {thing} and {other}."


async def _flow_seconds(session_id: str) -> float:
    """Send one more message through the flow, against a server of its own; return its wall time."""
    with TemporaryDirectory(prefix="diarchy-benchmark-") as folder:
        server = PrefectServer(Path(folder))
        running = await asyncio.to_thread(server.start)
        try:
            point_process_at(server.client_environment(running))
            from flows import process_message  # noqa: PLC0415 - Prefect reads its settings first

            for number in (_TURNS + 10, _TURNS + 11):
                await asyncio.sleep(BETWEEN_FLOWS_SECONDS)
                started = time.perf_counter()
                await process_message(session_id, _question(number), READER)
            return time.perf_counter() - started
        finally:
            await asyncio.to_thread(send_what_is_queued)
            await asyncio.to_thread(server.stop)


def _median_at(seconds: Sequence[float], turn: int) -> float:
    first = max(0, turn - _AROUND)
    return percentile(seconds[first : first + _AROUND] if turn > 1 else seconds[:1], 50)


def _print(taken: Mapping[str, Sequence[float]], whole: float) -> None:
    rows: list[list[str]] = []
    for part, seconds in taken.items():
        early, late = percentile(seconds[:_AROUND], 50), _median_at(seconds, _TURNS)
        at = [milliseconds(_median_at(seconds, turn)) for turn in _SHOWN]
        rows.append([part, *at, times(late / early)])
    own = _median_at(taken["own work"], _TURNS)
    print_table(
        f"One message of a session of {_TURNS:,} turns, own work",
        ["", *(f"turn {turn:,}, ms" for turn in _SHOWN), "last ten : first ten"],
        rows,
        notes=[
            f"turn 1 is that turn; the others are medians of the {_AROUND} turns up to it",
            f"the flow itself, one message more: {milliseconds(whole)} ms; own work {own / whole:.0%} of it",
        ],
    )
