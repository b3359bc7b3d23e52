"""Which crashed runs the dispatcher offers again."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from prefect.client.schemas.objects import FlowRun
from prefect.states import Crashed

from flows.resuming import LEFT_TO_THE_AUTOMATION, RESUMPTIONS, is_lost

NOW = datetime(2026, 11, 25, 8, tzinfo=UTC)
A_WHILE = LEFT_TO_THE_AUTOMATION + timedelta(seconds=1)


def crashed(run_count: int, since: timedelta) -> FlowRun:
    """Return a run that crashed *since* ago after it had begun so many times."""
    return FlowRun(flow_id=uuid4(), run_count=run_count, state=Crashed(timestamp=NOW - since))


@pytest.mark.parametrize("run_count", range(1, RESUMPTIONS + 1))
def test_a_run_that_lies_crashed_is_offered_again(run_count: int) -> None:
    assert is_lost(crashed(run_count, A_WHILE), NOW)


@pytest.mark.parametrize(
    ("run_count", "since"),
    [
        (1, timedelta(seconds=1)),  # the automation's
        (RESUMPTIONS + 1, A_WHILE),  # it crashes whenever it starts
        (0, A_WHILE),  # it never began
        (1, timedelta(days=2)),  # nobody waits for it any more
    ],
)
def test_any_other_is_left_alone(run_count: int, since: timedelta) -> None:
    assert not is_lost(crashed(run_count, since), NOW)
