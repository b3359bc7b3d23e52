"""A flow that does nothing: what a triggered run costs whatever it does."""

from __future__ import annotations

from prefect import flow


@flow(name="nothing", flow_run_name="nothing")
async def nothing() -> None:
    """Do nothing."""
