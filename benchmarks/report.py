"""How figures are shown: the machine on top, then a table for each benchmark.

Seconds differ between machines and with what else runs; ratios taken within one run hold. So every
table says what its ratios are over, and how often each thing was repeated.
"""

from __future__ import annotations

import os
import platform
from collections.abc import Sequence
from importlib.metadata import version

import numpy as np
from rich.console import Console
from rich.table import Table

_PACKAGES = ("lancedb", "sentence-transformers", "torch", "numpy", "prefect", "redis")
_MILLISECONDS = 1000

console = Console(width=None if Console().is_terminal else 120, highlight=False)


def print_machine() -> None:
    """Print what the figures were measured on."""
    versions = ", ".join(f"{name} {version(name)}" for name in _PACKAGES)
    cores = f"{len(os.sched_getaffinity(0))} cores"
    console.print(f"{cores}, {platform.machine()}, Python {platform.python_version()}, {versions}")


def print_table(
    title: str, columns: Sequence[str], rows: Sequence[Sequence[str]], *, notes: Sequence[str] = ()
) -> None:
    """Print one table, its first column left-aligned, with *notes* below it."""
    table = Table(title=title, title_justify="left", title_style="bold")
    for index, column in enumerate(columns):
        table.add_column(column, justify="left" if index == 0 else "right")
    for row in rows:
        table.add_row(*row)
    console.print()
    console.print(table)
    for note in notes:
        console.print(note, style="dim")


def percentile(seconds: Sequence[float], share: float) -> float:
    """Return the percentile *share* (in percent) of *seconds*."""
    return float(np.percentile(np.asarray(seconds), share))


def milliseconds(seconds: float) -> str:
    """Return *seconds* as milliseconds with one digit."""
    return f"{seconds * _MILLISECONDS:.1f}"


def times(ratio: float) -> str:
    """Return *ratio* as a factor."""
    return f"{ratio:.2f}x"


def verdict(holds: bool) -> str:
    """Say whether a figure reaches what is required of it."""
    return "reached" if holds else "MISSED"
