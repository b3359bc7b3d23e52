"""An analysis asked for by the id of a request that its author stored, so that no form shows the text."""

from __future__ import annotations

from pydantic import ConfigDict, Field

from domain.event_payloads import Identifier
from domain.evidence import Labelled
from domain.model import FrozenModel


class AnalysisBrief(Labelled):
    """A requirement and its author's notes, under the label that the author gave them."""

    requirement: str = Field(min_length=1, max_length=100_000)
    context: dict[str, str] = Field(default_factory=dict)


class KeptRequest(FrozenModel):
    """In place of a requirement: the id of one that the requester stored."""

    model_config = ConfigDict(title="Stored request")

    request_id: Identifier = Field(
        title="Request id", description="What `diarchy requests add` printed."
    )
    once: bool = Field(
        default=False,
        title="Once",
        description="Whether it is analysed once: run again, the report that was stored is returned.",
    )
