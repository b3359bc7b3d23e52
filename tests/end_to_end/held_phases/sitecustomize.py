"""Runs in every Python that a test's worker starts: the test holds a phase of a run, or kills it there.

Python imports this module by itself when its folder is on the path. The phases of a run stand in
`calls` of the run's folder, in the order in which they began.
"""

from __future__ import annotations

import asyncio
import functools
import importlib.abc
import importlib.machinery
import os
import signal
import sys
from collections.abc import Sequence
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType
from typing import Any

PHASES: tuple[str, ...] = (
    "analyze_business",
    "extract_technical_requirements",
    "analyze_technical",
    "synthesize",
    "unify_recommendations",
)


class _WatchedPhases(importlib.abc.MetaPathFinder):
    """Wraps the phases once the module that holds them has been imported."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        del target
        if fullname != "reasoning.extractive":
            return None
        spec = importlib.machinery.PathFinder.find_spec(fullname, path)
        if spec is None or spec.loader is None:
            return None
        execute = spec.loader.exec_module

        def exec_module(module: ModuleType) -> None:
            execute(module)
            for phase in PHASES:
                _watch(module.ExtractiveReasoner, phase, self._folder)

        spec.loader.exec_module = exec_module  # pyright: ignore[reportAttributeAccessIssue]
        return spec


def _watch(reasoner: Any, phase: str, folder: Path) -> None:
    original = getattr(reasoner, phase)

    @functools.wraps(original)
    async def watched(*args: Any, **kwargs: Any) -> Any:
        with (folder / "calls").open("a") as calls:
            calls.write(f"{phase}\n")
        while _read(folder / "hold") == phase:  # noqa: ASYNC110 - the test is another process
            await asyncio.sleep(0.05)
        if _read(folder / "die") == phase:
            os.kill(os.getpid(), signal.SIGKILL)
        return await original(*args, **kwargs)

    setattr(reasoner, phase, watched)


def _read(file: Path) -> str:
    try:
        return file.read_text()
    except FileNotFoundError:
        return ""


_gates, _run = os.environ.get("HELD_PHASES"), os.environ.get("PREFECT__FLOW_RUN_ID")
if _gates and _run and (Path(_gates) / _run).is_dir():
    sys.meta_path.insert(0, _WatchedPhases(Path(_gates) / _run))
