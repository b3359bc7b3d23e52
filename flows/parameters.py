"""The parameters that flows share, with what a form shows of them."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, Field

from domain.clearance import ConfidentialityLevel
from domain.collaboration import CollaborationMode, StoredRequest
from domain.sealed import SealedText
from domain.summary import Cadence


def _known_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        raise ValueError("must be the name of a time zone, such as Europe/Berlin") from None
    return name


Requester = Annotated[
    str,
    Field(
        min_length=1,
        max_length=200,
        description="A registered principal. The registry, not this run, says what it may read.",
    ),
]
MaxConfidentiality = Annotated[
    ConfidentialityLevel | None,
    Field(description="Leave out everything above this level; never widens what may be read."),
]
Requirement = Annotated[
    str | SealedText,
    Field(
        description="What to analyse. Plain text is kept in Prefect's database and shown to whoever "
        "may see its pages: seal what is above their clearance.",
    ),
]
ContextNotes = Annotated[
    dict[str, str] | SealedText | None,
    Field(description="Notes that may be cited, by name; plain or sealed as the requirement."),
]
RequirementOrRequest = Annotated[
    str | SealedText | StoredRequest,
    Field(
        description="What to analyse, as in a comprehensive analysis; or the request that the other "
        "orchestrator stored, which is then answered.",
    ),
]
Collaboration = Annotated[
    CollaborationMode,
    Field(
        description="How Artemis is reached: in this run, or over the event bus in a run of its own, "
        "for which `diarchy events serve` must be running. The result is the same.",
    ),
]
BriefingCadence = Annotated[
    Cadence, Field(description="Whom to brief, and on how long a time: a week, a month, a quarter.")
]
TimeZone = Annotated[
    str,
    Field(
        min_length=1,
        max_length=64,
        description="The schedule's time zone, such as Europe/Berlin: it says which week, month or "
        "quarter an edition is of.",
    ),
    AfterValidator(_known_zone),
]
Edition = Annotated[
    str | None,
    Field(
        min_length=1,
        max_length=64,
        pattern=r"^[A-Za-z0-9_\-]+$",
        description="A name for the edition: however often a run of that name starts, it is made once.",
    ),
]
AnswerWithin = Annotated[
    int,
    Field(
        ge=1,
        le=86_400,
        description="Seconds to wait for an answer over the event bus; then the analysis goes on "
        "without it and says so.",
    ),
]


def as_duration(seconds: int) -> timedelta:
    """Return what a parameter in seconds means."""
    return timedelta(seconds=seconds)
