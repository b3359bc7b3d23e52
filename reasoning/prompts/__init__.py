"""The prompts, one a file, and the version that results are signed with."""

from __future__ import annotations

from importlib.resources import files

PROMPT_VERSION = "1"
"""Moves with every change of a prompt's words."""


def prompt(name: str) -> str:
    """Return the prompt *name*."""
    return files(__name__).joinpath(f"{name}.md").read_text(encoding="utf-8")
