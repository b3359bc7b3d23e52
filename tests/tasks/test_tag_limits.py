"""A run's tasks are tagged, and no task asks the API whether its tags have a limit."""

from __future__ import annotations

import logging
from datetime import timedelta

import pytest
from prefect import flow

from tasks.step import step
from tasks.stores import use_stores
from tasks.tag_limits import pass_over_tag_limits
from tests.stores import OpenHome

LIMITS = "concurrency_limits"


@step(name="counted", timeout=timedelta(minutes=1), tags={"sophia", "a kind of its own"})
async def counted() -> int:
    return 1


@flow
async def does_not_ask() -> int:
    pass_over_tag_limits()
    return await counted()


async def test_a_task_does_not_ask_for_limits_on_its_tags(
    prefect_api: str, open_home: OpenHome, caplog: pytest.LogCaptureFixture
):
    assert prefect_api
    async with use_stores(await open_home()):
        with caplog.at_level(logging.INFO, logger="httpx"):
            await does_not_ask()
            passed_over = [one for one in caplog.messages if LIMITS in one]

    assert len(caplog.messages) > 1  # other requests are seen
    assert passed_over == []
