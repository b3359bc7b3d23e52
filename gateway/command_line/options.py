"""The options that several commands share, each worded and checked once."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated, Any, cast

import typer

from domain.clearance import ConfidentialityLevel
from domain.knowledge import KnowledgeCategory
from domain.summary import TimeHorizon
from storage.settings import Settings

OUTPUT_FORMATS = (".md", ".html", ".json")


def get_settings() -> Settings:
    """Return what the environment decides; raises `pydantic.ValidationError`."""
    return Settings()


def _checked_output(files: list[Path] | None) -> list[Path]:
    """Refuse, before any work is done, a file that could not be written afterwards."""
    for file in files or []:
        if file.suffix.lower() not in OUTPUT_FORMATS:
            raise typer.BadParameter(f"{file}: must end in {', '.join(OUTPUT_FORMATS)}")
        if not file.absolute().parent.is_dir():
            raise typer.BadParameter(f"{file}: its folder does not exist")
        if file.is_dir():
            raise typer.BadParameter(f"{file}: is a folder")
    return files or []


def read_text(argument: str) -> str:
    """Return the text that an argument gives: itself, `@FILE`'s, or with `-` standard input's."""
    try:
        if argument == "-":
            return sys.stdin.read()
        if argument.startswith("@"):
            return Path(argument[1:]).read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise typer.BadParameter(f"{argument}: must be UTF-8 text") from None
    except OSError as error:
        raise typer.BadParameter(f"{argument[1:]}: {error.strerror}") from None
    return argument


def read_requirement(argument: str) -> str:
    """Return the requirement that an argument gives; an empty one is refused."""
    text = read_text(argument)
    if not text.strip():
        raise typer.BadParameter("the requirement must not be empty")
    return text


def read_notes(file: Path) -> dict[str, str]:
    """Return the texts of a JSON object in *file*."""
    try:
        value = json.loads(file.read_text(encoding="utf-8-sig"))
    except (ValueError, RecursionError):
        raise typer.BadParameter(f"--context {file}: must be a JSON object of texts") from None
    except OSError as error:
        raise typer.BadParameter(f"--context {file}: {error.strerror}") from None
    if not isinstance(value, dict):
        raise typer.BadParameter(f"--context {file}: must be a JSON object of texts")
    fields = cast("dict[str, Any]", value)
    for name, text in fields.items():
        if not isinstance(text, str):
            raise typer.BadParameter(f"--context {file}, {name}: must be a text")
    return cast("dict[str, str]", fields)


AsPrincipal = Annotated[
    str,
    typer.Option(
        "--as",
        metavar="PRINCIPAL",
        envvar="DIARCHY_PRINCIPAL",
        show_default=False,
        help="The registered principal that asks.",
    ),
]
MaxConfidentiality = Annotated[
    ConfidentialityLevel | None,
    typer.Option(
        "--max-confidentiality",
        metavar="LEVEL",
        case_sensitive=False,
        help="Read nothing above this level, whatever the principal's clearance.",
    ),
]
AsJson = Annotated[
    bool, typer.Option("--json", help="Print the whole typed result, and nothing else.")
]
InFull = Annotated[
    bool, typer.Option("--full", help="Print the appendix too, not the first page alone.")
]
OutputFiles = Annotated[
    list[Path] | None,
    typer.Option(
        "--output",
        "-o",
        metavar="FILE.{md,html,json}",
        callback=_checked_output,
        help="Write the result to a file too; may be given several times.",
    ),
]
Horizon = Annotated[
    TimeHorizon, typer.Option("--horizon", case_sensitive=False, help="How far back to look.")
]
Category = Annotated[
    KnowledgeCategory | None,
    typer.Option(
        "--category", metavar="CATEGORY", case_sensitive=False, help="One of the ten categories."
    ),
]
RequirementText = Annotated[
    str,
    typer.Argument(
        metavar="REQUIREMENT",
        show_default=False,
        help="The requirement; @FILE reads it from a file, - from standard input.",
    ),
]
ContextFile = Annotated[
    Path | None,
    typer.Option(
        "--context",
        metavar="FILE.json",
        exists=True,
        dir_okay=False,
        help="What else is known: a JSON object of texts.",
    ),
]
DefaultLevel = Annotated[
    ConfidentialityLevel | None,
    typer.Option(
        "--confidentiality-level",
        metavar="LEVEL",
        case_sensitive=False,
        help="For what names no level of its own.",
    ),
]
DefaultPriority = Annotated[
    int | None,
    typer.Option("--priority", min=1, max=10, help="For what names no priority of its own."),
]
