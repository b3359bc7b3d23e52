"""Limits by the tags of tasks: Diarchy sets none, so that a run need not ask for them.

Before a task Prefect asks its API, by a write, whether a limit is set for the task's tags, unless it knows that
there was none a moment ago. A short run would ask once a kind of task; and while Prefect's server on SQLite
records what earlier tasks did, it sends such a question away for two seconds. How much runs at once is settled
by pools and queues.
"""

from __future__ import annotations

from collections.abc import Iterable

from prefect.concurrency import services

_known: set[frozenset[str]] = set()


def has_no_limit(tags: Iterable[str]) -> None:
    """Remember that no limit is set for a task with *tags*."""
    _known.add(frozenset(f"tag:{tag}" for tag in tags))


def pass_over_tag_limits() -> None:
    """Let the tasks of a run that begins go ahead without asking, for the seconds that Prefect remembers."""
    with services._cache_lock:  # noqa: SLF001 - Prefect has no setting for it
        services._no_limits_cache.update(dict.fromkeys(_known, True))  # noqa: SLF001 - as above
