"""What Prefect does about runs whose process died: it marks them as crashed, and runs them again.

A run says every half minute that it lives. One that falls silent has died with its machine, its worker
or its process, and its state becomes Crashed. A crashed run goes back to its queue: the same run, so the
phases that it had finished are not repeated, and what it stores and tells it stores and tells once. A
run that crashes whenever it starts stays crashed in the end.

All of it concerns the runs of Diarchy's own deployments, by their ids, and no others.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Any
from uuid import UUID

from prefect.client.orchestration import PrefectClient
from prefect.client.schemas.objects import StateType
from prefect.events.actions import ChangeFlowRunState
from prefect.events.schemas.automations import Automation, AutomationCore, EventTrigger, Posture
from prefect.events.schemas.events import ResourceSpecification

from deployments.changes import Change, Deployed
from flows.resuming import RESUMPTIONS

SILENCE = timedelta(seconds=90)
"""Three heartbeats missed."""
NEVER_BEGAN = timedelta(minutes=10)
_ONE_CRASH = timedelta(seconds=25)
"""What Prefect hears twice within it is one crash: the runner tells at once, the worker when the hooks have
ended. A run that begins and crashes again within it is offered again by the dispatcher."""

_BEGUN_OR_GIVEN_UP = {
    "Running",
    "heartbeat",
    "Completed",
    "Failed",
    "Crashed",
    "Cancelling",
    "Cancelled",
    "Scheduled",
    "Late",
    "AwaitingRetry",
    "AwaitingConcurrencySlot",
}
_Labels = dict[str, str | list[str]]


def declared_automations(
    deployment_ids: Iterable[UUID], *, silence: timedelta = SILENCE
) -> list[AutomationCore]:
    """Return the automations over the runs of these deployments."""
    ours = sorted(f"prefect.deployment.{deployment_id}" for deployment_id in deployment_ids)
    related: _Labels = {"prefect.resource.role": "deployment", "prefect.resource.id": ours}
    return [
        AutomationCore(
            name="diarchy: a silent run has crashed",
            description="A run that gave no sign of life since a while has lost its process.",
            trigger=_silence_after({"Running", "heartbeat"}, {"*"}, related, within=silence),
            actions=[
                ChangeFlowRunState(
                    state=StateType.CRASHED,
                    name="Crashed",
                    message="Its process gave no sign of life.",
                    force=False,
                )
            ],
        ),
        AutomationCore(
            name="diarchy: a run that never began is offered again",
            description="A worker took the run and died before the run began.",
            trigger=_silence_after(
                {"Pending", "Submitting"}, _BEGUN_OR_GIVEN_UP, related, within=NEVER_BEGAN
            ),
            actions=[_offer_again("Taken by a worker and never begun.")],
        ),
        AutomationCore(
            name="diarchy: a crashed run is resumed",
            description=f"At most {RESUMPTIONS} times; what it had finished is not repeated.",
            trigger=_crash_after(range(1, RESUMPTIONS + 1), related, within=_ONE_CRASH),
            actions=[_offer_again("Resumed after its process died.")],
        ),
        AutomationCore(
            name="diarchy: a run that could not begin gets a second chance",
            description="Once: what fails again within the hour is for somebody to look at.",
            trigger=_crash_after([0], related, within=timedelta(hours=1)),
            actions=[_offer_again("It crashed before it began.")],
        ),
    ]


async def ensure_automations(
    client: PrefectClient, deployment_ids: Iterable[UUID], *, silence: timedelta = SILENCE
) -> list[Deployed]:
    """Make or update the automations."""
    return [
        await _ensure(client, wanted)
        for wanted in declared_automations(deployment_ids, silence=silence)
    ]


async def _ensure(client: PrefectClient, wanted: AutomationCore) -> Deployed:
    found = await client.read_automations_by_name(wanted.name)
    if not found:
        await client.create_automation(wanted)
        return Deployed("automation", wanted.name, Change.MADE)
    first, *others = found
    for other in others:  # of two that deployed at once
        await client.delete_automation(other.id)
    if _declared_part(first) == _declared_part(wanted):
        return Deployed("automation", wanted.name, Change.UNCHANGED)
    # Switched off by an operator, it stays so.
    await client.update_automation(first.id, wanted.model_copy(update={"enabled": first.enabled}))
    return Deployed("automation", wanted.name, Change.UPDATED)


def _declared_part(automation: AutomationCore | Automation) -> dict[str, Any]:
    whole = automation.model_dump(mode="json", include={"description", "trigger", "actions"})
    whole["trigger"].pop("id", None)
    for name in ("after", "expect", "for_each"):
        whole["trigger"][name] = sorted(whole["trigger"][name])
    return whole


def _silence_after(
    signs: set[str], news: set[str], related: _Labels, *, within: timedelta
) -> EventTrigger:
    """Fire when after one of *signs* none of *news* comes for the length of *within*."""
    return EventTrigger(
        posture=Posture.Proactive,
        after={f"prefect.flow-run.{sign}" for sign in signs},
        expect={f"prefect.flow-run.{one}" for one in news},
        match=_resource({"prefect.resource.id": "prefect.flow-run.*"}),
        match_related=_resource(related),
        for_each={"prefect.resource.id"},
        threshold=1,
        within=within,
    )


def _crash_after(begun: Iterable[int], related: _Labels, *, within: timedelta) -> EventTrigger:
    """Fire for a run that crashes after it has *begun* so many times; once in each *within*."""
    return EventTrigger(
        posture=Posture.Reactive,
        expect={"prefect.flow-run.Crashed"},
        match=_resource(
            {
                "prefect.resource.id": "prefect.flow-run.*",
                "prefect.run-count": [str(count) for count in begun],
            }
        ),
        match_related=_resource(related),
        for_each={"prefect.resource.id"},
        threshold=1,
        within=within,
    )


def _offer_again(message: str) -> ChangeFlowRunState:
    return ChangeFlowRunState(
        state=StateType.SCHEDULED, name="AwaitingRetry", message=message, force=False
    )


def _resource(labels: dict[str, Any]) -> ResourceSpecification:
    return ResourceSpecification.model_validate(labels)
