"""How well the grounding gate tells what evidence says from what it does not, on both halves of a labelled set.

A statement that must not be shown is the positive: recall is the share of them that the gate drops, precision
the share of what it drops that had to be dropped. For one kind of false statement precision counts its
own against all supported ones that were dropped. The half that is held out was never read while the rules
were written.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from pathlib import Path

from benchmarks.grounding_cases import Case, example_cases, retrieval_cases
from benchmarks.report import print_table
from reasoning.grounding import check_statement


async def run(data: Path | None) -> None:
    """Print precision and recall of dropping each kind, and statements a second."""
    print_scores("examples", example_cases())
    if data is not None:
        print_scores("public texts", retrieval_cases(data))


def print_scores(name: str, cases: Sequence[Case]) -> None:
    """Print a table for the tuned half and one for the half that is held out."""
    for is_held_out, half in ((False, "tuned"), (True, "held out")):
        judged = [case for case in cases if case.is_held_out == is_held_out]
        start = time.perf_counter()
        kept = [is_kept(case) for case in judged]
        seconds = time.perf_counter() - start
        print_table(
            f"Grounding, {name}, {half} half: {len(judged)} statements",
            ("kind", "statements", "right", "recall of dropping", "precision of dropping"),
            list(_rows(judged, kept)),
            notes=(f"{len(judged) / seconds:,.0f} statements a second",),
        )


def is_kept(case: Case) -> bool:
    """Whether the gate shows *case*."""
    return check_statement(case.statement, case.evidence, case.items).kept


def _rows(cases: Sequence[Case], kept: Sequence[bool]) -> Iterable[tuple[str, ...]]:
    judged = list(zip(cases, kept, strict=True))
    lost = sum(case.is_supported and not shown for case, shown in judged)
    for kind in sorted({case.kind for case in cases}, key=lambda kind: (_supported(kind), kind)):
        own = [shown for case, shown in judged if case.kind == kind]
        dropped = own.count(False)
        if _supported(kind):
            yield kind, str(len(own)), f"{1 - dropped / len(own):.2f} kept", "", ""
        else:
            precision = f"{dropped / (dropped + lost):.2f}" if dropped else ""
            recall = f"{dropped / len(own):.2f}"
            yield kind, str(len(own)), f"{dropped / len(own):.2f} dropped", recall, precision
    false = [shown for case, shown in judged if not case.is_supported]
    true = [shown for case, shown in judged if case.is_supported]
    dropped = false.count(False)
    yield (
        "all",
        str(len(judged)),
        f"{true.count(True) / len(true):.3f} kept",
        f"{dropped / len(false):.3f}",
        f"{dropped / (dropped + lost):.3f}",
    )


def _supported(kind: str) -> bool:
    return kind in {"verbatim", "paraphrased", "aggregated"}
