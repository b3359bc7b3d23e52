"""Where a run goes: a work pool, and in it a queue.

Workers pull from their pool's queues, most urgent first, so nobody keeps a list of instances. What a
queue is called is seen by whoever sees Prefect's pages: a name tells a class and nothing finer.
"""

from __future__ import annotations

from enum import StrEnum


class WorkPool(StrEnum):
    """Who works: Sophia's workers, Artemis's, or those that take everything else."""

    SOPHIA = "sophia"
    ARTEMIS = "artemis"
    DIARCHY = "diarchy"


class WorkQueue(StrEnum):
    """The four queues of every pool. A worker with a free slot takes from the first that holds a run."""

    URGENT = "urgent"
    SHORT = "short"
    DEFAULT = "default"
    LONG = "long"

    @property
    def priority(self) -> int:
        """1 is taken first, 4 last."""
        return _PRIORITIES[self]


_PRIORITIES = {queue: place for place, queue in enumerate(WorkQueue, start=1)}
