"""What became of a submitted run, as Prefect tells it: ids, classes and times, no parameter, no message."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from prefect.exceptions import ObjectNotFound

from deployments.listening import prefect_client
from domain.errors import InvalidInput, NotFound
from domain.model import FrozenModel


class SubmittedRun(FrozenModel):
    """A run's place, and how far it has come."""

    flow_run_id: str
    pool: str | None
    queue: str | None
    state: str
    """Prefect's name of it, for example Scheduled, Late, Running, Completed."""
    submitted_at: datetime | None
    started_at: datetime | None
    ended_at: datetime | None


async def find_run(flow_run_id: str) -> SubmittedRun:
    """Return the run. Raises `NotFound`, `InvalidInput` for what is no id, and `ServerUnavailable`."""
    try:
        wanted = UUID(flow_run_id)
    except ValueError:
        raise InvalidInput("a run's id looks like 1b4e28ba-2fa1-11d2-883f-0016d3cca427") from None
    async with prefect_client() as client:
        try:
            run = await client.read_flow_run(wanted)
        except ObjectNotFound:
            raise NotFound("No such run.") from None
    return SubmittedRun(
        flow_run_id=str(run.id),
        pool=run.work_pool_name,
        queue=run.work_queue_name,
        state=run.state.name or run.state.type.value if run.state else "Unknown",
        submitted_at=run.created,
        started_at=run.start_time,
        ended_at=run.end_time,
    )
