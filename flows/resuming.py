"""A second net under runs whose process died.

An automation of Prefect offers a crashed run again. It works on the event that tells of the crash, and on
SQLite a busy server loses such an event now and then. So the dispatcher looks at the runs themselves as
well, and offers again what has lain crashed for a while: as often as the automation would, and no more.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from prefect.client.orchestration import PrefectClient
from prefect.client.schemas.filters import (
    FlowRunFilter,
    FlowRunFilterDeploymentId,
    FlowRunFilterState,
    FlowRunFilterStateType,
    FlowRunFilterTags,
)
from prefect.client.schemas.objects import FlowRun, StateType
from prefect.states import AwaitingRetry

TAG = "diarchy"
"""What every deployment of Diarchy is tagged with."""
RESUMPTIONS = 3
"""A run that crashes whenever it starts stays crashed in the end."""
LEFT_TO_THE_AUTOMATION = timedelta(seconds=60)
"""A busy server takes its time; a crash that both answered would start the run twice."""
_LOOKING_BACK = timedelta(days=1)
_AT_ONCE = 50


async def resume_crashed_runs(client: PrefectClient) -> int:
    """Offer crashed runs of Diarchy's deployments again; return how many."""
    crashed = await client.read_flow_runs(
        flow_run_filter=FlowRunFilter(
            tags=FlowRunFilterTags(all_=[TAG]),
            deployment_id=FlowRunFilterDeploymentId(is_null_=False),
            state=FlowRunFilterState(type=FlowRunFilterStateType(any_=[StateType.CRASHED])),
        ),
        limit=_AT_ONCE,
    )
    resumed = 0
    for run in crashed:
        # Asked again just before: meanwhile the automation may have offered it.
        if is_lost(run, datetime.now(UTC)) and await _is_as_it_was(client, run):
            again = AwaitingRetry(message="Resumed after its process died.")
            await client.set_flow_run_state(run.id, again)
            resumed += 1
    return resumed


async def _is_as_it_was(client: PrefectClient, run: FlowRun) -> bool:
    return (await client.read_flow_run(run.id)).state_id == run.state_id


def is_lost(run: FlowRun, now: datetime) -> bool:
    """Return whether *run* crashed while it worked, not long ago, and nobody has offered it again."""
    if run.state is None or not 1 <= run.run_count <= RESUMPTIONS:
        return False
    since = now - run.state.timestamp
    return LEFT_TO_THE_AUTOMATION <= since <= _LOOKING_BACK
