"""`status`: what runs now, what is due next, each reader's last briefing, what lags and what was given up."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import timedelta
from typing import TYPE_CHECKING

import typer

from gateway.command_line.failures import FAILED
from gateway.command_line.options import AsJson, get_settings

if TYPE_CHECKING:
    from gateway.status import StatusReport

_SHOWN = 20


def add_to(app: typer.Typer) -> None:
    """Give *app* this command."""
    app.command()(status)


def status(as_json: AsJson = False) -> None:
    """Say how this installation is, for its operator; exit code 1 when Prefect or the database is down."""
    from gateway.status import take_status

    report = asyncio.run(take_status(get_settings()))
    if as_json:
        typer.echo(report.model_dump_json(indent=2))
    else:
        for line in _lines(report):
            typer.echo(line)
    if not report.is_well:
        raise typer.Exit(FAILED)


def _lines(report: StatusReport) -> Iterator[str]:
    troubles = report.installation.troubles
    database = troubles.get("database")
    yield f"Database: {'NOT WELL: ' + database if database else 'answers'}"
    redis = troubles.get("redis") if report.installation.bus is None else None
    yield f"Redis: {report.redis}{'' if not redis or 'starts when' in redis else ': ' + redis}"
    yield from _of_prefect(report)
    yield from _of_lags(report)
    briefings = report.installation.briefings or ()
    for one in briefings[:_SHOWN]:
        horizon = f" ({one.time_horizon})" if one.time_horizon else ""
        when = one.created_at.isoformat(timespec="seconds")
        yield f"Last briefing of {one.reader}{horizon}: {when}, {one.confidentiality_level.value}"
    if len(briefings) > _SHOWN:
        yield f"... and {len(briefings) - _SHOWN} more; --json shows all"


def _of_prefect(report: StatusReport) -> Iterator[str]:
    prefect = report.prefect
    if prefect is None:
        yield f"Prefect server: {report.prefect_trouble}"
        return
    yield "Prefect server: running"
    yield f"UI:  {prefect.api_url.removesuffix('/api')}"
    yield f"API: {prefect.api_url}"
    if report.prefect_log:
        yield f"Log: {report.prefect_log}"
    counted = [f"{count} {state.lower()}" for state, count in prefect.runs.items() if count]
    yield f"Flow runs: {', '.join(counted) or 'none'}"
    for pool in prefect.pools:
        paused = ", paused" if pool.is_paused else ""
        limit = f", at most {pool.concurrency_limit} at once" if pool.concurrency_limit else ""
        yield f"Pool {pool.name}: {pool.workers_online} workers online{limit}{paused}"
    for run in prefect.due:
        when = run.expected_at.isoformat(timespec="seconds") if run.expected_at else "some time"
        yield f"Due: {run.deployment} at {when}{', late' if run.is_late else ''}"


def _of_lags(report: StatusReport) -> Iterator[str]:
    outbox, bus = report.installation.outbox, report.installation.bus
    if outbox is not None:
        owed = {level.value: count for level, count in outbox.entries.items() if count}
        lag = ", ".join(f"{count} {level}" for level, count in owed.items())
        yield (
            f"Index: lags behind by {lag} changes, for {_seconds(outbox.oldest)}"
            if owed
            else "Index: knows every change"
        )
        if outbox.outgoing_events:
            yield f"Events of changes that the bus has not been told: {outbox.outgoing_events}"
    if bus is not None:
        for group in bus.groups:
            yield (
                f"Events for {group.name}: {group.waiting} waiting, {group.in_work} in work, the "
                f"oldest for {_seconds(group.oldest)}"
            )
        yield f"Dead letters: {bus.dead_letters}"


def _seconds(time: timedelta) -> str:
    return f"{time.total_seconds():.0f} s"
