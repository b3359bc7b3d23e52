"""What a consumer has in memory of its group's pending list: ready, waiting for another try, done.

Nothing stands here alone: every entry is also in Redis's pending list until it is acked or buried, so
losing this memory loses no event.
"""

from __future__ import annotations

import heapq
from collections import defaultdict
from dataclasses import dataclass, field
from itertools import count


@dataclass(slots=True)
class Entry:
    """One entry of a stream, given to this consumer."""

    priority: int
    entry_id: str
    body: bytes
    deliveries: int = 1
    """How often it was given to a consumer of the group."""
    tries: int = 0
    """How often the handler failed at it."""

    @property
    def key(self) -> tuple[int, str]:
        """What it is known by: ids are unique within a stream only."""
        return self.priority, self.entry_id


Queue = list[tuple[float, int, Entry]]


@dataclass(slots=True)
class WorkAtHand:
    """The entries that a consumer holds."""

    ready: Queue = field(default_factory=Queue)
    """A heap: the most urgent first, then as they came."""
    waiting: Queue = field(default_factory=Queue)
    """A heap by the time of the next try."""
    known: set[tuple[int, str]] = field(default_factory=set[tuple[int, str]])
    """Everything here that is neither acked nor buried."""
    done: defaultdict[int, list[str]] = field(
        default_factory=lambda: defaultdict[int, list[str]](list)
    )
    """Handled and not acked yet, by priority."""
    _numbers: count[int] = field(default_factory=count)

    def add(self, entry: Entry) -> None:
        """Make *entry* ready, unless it is here already."""
        if entry.key not in self.known:
            self.known.add(entry.key)
            self._make_ready(entry)

    def take(self) -> Entry:
        """Return the most urgent entry, which is then no longer ready."""
        return heapq.heappop(self.ready)[2]

    def postpone(self, entry: Entry, until: float) -> None:
        """Let *entry* wait for its next try."""
        heapq.heappush(self.waiting, (until, next(self._numbers), entry))

    def wake(self, now: float) -> None:
        """Make ready what has waited long enough."""
        while self.waiting and self.waiting[0][0] <= now:
            self._make_ready(heapq.heappop(self.waiting)[2])

    def finish(self, entry: Entry) -> None:
        """Note that *entry* is handled."""
        self.done[entry.priority].append(entry.entry_id)

    def take_done(self) -> dict[int, list[str]]:
        """Return what is to be acked, which is then the caller's to ack or to give back."""
        taken = dict(self.done)
        self.done.clear()
        return taken

    def give_back(self, taken: dict[int, list[str]]) -> None:
        """Take back what could not be acked."""
        for priority, ids in taken.items():
            self.done[priority] += ids

    def forget(self, taken: dict[int, list[str]]) -> None:
        """Forget what was acked."""
        for priority, ids in taken.items():
            self.known.difference_update((priority, entry_id) for entry_id in ids)

    @property
    def highest_ready(self) -> int:
        """The priority of the most urgent ready entry; 0 when none is ready."""
        return -int(self.ready[0][0]) if self.ready else 0

    def _make_ready(self, entry: Entry) -> None:
        heapq.heappush(self.ready, (-entry.priority, next(self._numbers), entry))
