"""Runs one attempt of a flow run of `process-message`, and dies by SIGKILL in the step that it is told.

    python -m tests.flows.one_attempt FLOW_RUN_ID FILE [STEP]

FILE gets the name of each step that ran, a line each, the one in which the process died included.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from pathlib import Path
from typing import Any
from uuid import UUID

from prefect import get_client
from prefect.flow_engine import run_flow_async

from flows import process_message
from tasks.disturbance import disturb_steps


async def attempt(flow_run_id: str, file: str, dies_in: str | None) -> None:
    """Take the run as it is and go on with it."""

    def note(name: str, _given: tuple[Any, ...], _result: Any) -> None:
        with Path(file).open("a") as steps:
            steps.write(f"{name}\n")
        if name == dies_in:
            os.kill(os.getpid(), signal.SIGKILL)

    async with get_client() as client:
        run = await client.read_flow_run(UUID(flow_run_id))
    with disturb_steps(note):
        await run_flow_async(process_message, flow_run=run, parameters=run.parameters)


if __name__ == "__main__":
    asyncio.run(attempt(sys.argv[1], sys.argv[2], *(sys.argv[3:] or [None])))
