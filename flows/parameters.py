"""The parameters that flows share, with what a form shows of them."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from domain.clearance import ConfidentialityLevel
from domain.sealed import SealedText

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
