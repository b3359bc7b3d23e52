"""The parameters that flows share, with what a form shows of them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, Field, GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

from domain.briefing import AlertNotice
from domain.clearance import ConfidentialityLevel
from domain.collaboration import CollaborationMode, StoredRequest
from domain.event_payloads import Identifier
from domain.knowledge import Domain, KnowledgeCategory
from domain.requests import KeptRequest
from domain.sealed import SealedText
from domain.summary import Cadence, TimeHorizon


@dataclass(frozen=True)
class Explained:
    """What a form says of a field.

    Prefect takes a field's description from the flow's docstring and drops the one of `Field`.
    """

    text: str

    def __get_pydantic_json_schema__(
        self, core_schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        """Return the field's schema with the text in it."""
        return {**handler(core_schema), "description": self.text}


def _known_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        raise ValueError("must be the name of a time zone, such as Europe/Berlin") from None
    return name


Requester = Annotated[
    str,
    Field(min_length=1, max_length=200),
    Explained("A registered principal. The registry, not this run, says what it may read."),
]
MaxConfidentiality = Annotated[
    ConfidentialityLevel | None,
    Explained("Leave out everything above this level; never widens what may be read."),
]
_PlainText = Annotated[str, Field(min_length=1, max_length=100_000, title="Plain text")]
Requirement = Annotated[
    _PlainText | KeptRequest | SealedText,
    Explained(
        "What to analyse. Plain text is kept in Prefect's database and shown to whoever "
        "may see its pages: for what they may not read, give the id of a stored request instead."
    ),
]
ContextNotes = Annotated[
    dict[str, str] | SealedText | None,
    Explained(
        "Notes that may be cited, by name, as a JSON object of texts. As visible as the "
        "requirement; a stored request brings its own."
    ),
]
RequirementOrRequest = Annotated[
    _PlainText | KeptRequest | SealedText | StoredRequest,
    Explained(
        "What to analyse. Plain text is kept in Prefect's database and shown to whoever "
        "may see its pages: for what they may not read, give the id of a stored request instead. A "
        "collaboration is what the other orchestrator asked; it is then answered."
    ),
]
SessionId = Annotated[
    Identifier, Explained("A session that the requester started: `diarchy sessions list`.")
]
MessageContent = Annotated[
    _PlainText | SealedText,
    Explained(
        "What to say. Plain text is kept in Prefect's database and shown to whoever may see its "
        "pages: for what they may not read, use `diarchy chat`, which seals it."
    ),
]
MessageId = Annotated[
    Identifier | None,
    Explained(
        "A name for the message: however often one of that name is sent, it is answered once."
    ),
]
SummaryDomain = Annotated[
    Domain, Explained("Which part of the company: business, technical or market.")
]
Horizon = Annotated[TimeHorizon, Explained("How far back to look.")]
Alert = Annotated[
    AlertNotice | None,
    Explained("The strategic alert that the edition is made for; filled by the dispatcher."),
]
BusinessView = Annotated[
    CollaborationMode | None,
    Explained(
        "Whether to build on Sophia's view, and how she is reached: in this run, or over "
        "the event bus, for which `diarchy events serve` must be running."
    ),
]
Collaboration = Annotated[
    CollaborationMode,
    Explained(
        "How Artemis is reached: in this run, or over the event bus in a run of its own, "
        "for which `diarchy events serve` must be running. The result is the same."
    ),
]
BriefingCadence = Annotated[
    Cadence, Explained("Whom to brief, and on how long a time: a week, a month, a quarter.")
]
TimeZone = Annotated[
    str,
    Field(min_length=1, max_length=64),
    Explained(
        "The schedule's time zone, such as Europe/Berlin: it says which week, month or "
        "quarter an edition is of."
    ),
    AfterValidator(_known_zone),
]
Edition = Annotated[
    str | None,
    Field(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9_\-]+$"),
    Explained("A name for the edition: however often a run of that name starts, it is made once."),
]
AnswerWithin = Annotated[
    int,
    Field(ge=1, le=86_400),
    Explained(
        "Seconds to wait for an answer over the event bus; then the analysis goes on "
        "without it and says so."
    ),
]
SourcePaths = Annotated[list[str], Field(min_length=1), Explained("Files and folders to read.")]
DefaultLevel = Annotated[ConfidentialityLevel | None, Explained("For records that name no level.")]
DefaultCategory = Annotated[
    KnowledgeCategory | None, Explained("For records that name no category.")
]
DefaultPriority = Annotated[
    int | None, Field(ge=1, le=10), Explained("For records that name no priority.")
]


def as_duration(seconds: int) -> timedelta:
    """Return what a parameter in seconds means."""
    return timedelta(seconds=seconds)
