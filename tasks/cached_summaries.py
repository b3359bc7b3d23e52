"""Summaries, kept for readers of one clearance.

A summary follows from the items of its window and of the one before, and from the day: inside a day the
moment is only written on it. So the key holds a digest of the two windows, which every run reads anew
from SQL, and no epoch: whatever is changed, added, deleted, reclassified, expired or has moved out of a
window gives another digest, also for a run whose window was loaded before the epochs had moved.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from datetime import date, datetime

from domain.clearance import Clearance
from domain.knowledge import Domain
from domain.model import FrozenModel
from domain.summary import StrategicSummary, TimeHorizon
from domain.window import WindowItem
from storage.cache import CacheKey, CacheKind, ContextCache, Made
from storage.cached_values import ModelCodec

SUMMARY_VERSION = 1
"""To be raised when the same windows are summarised otherwise."""

_CODEC: ModelCodec[StrategicSummary] = ModelCodec(StrategicSummary)


class SummaryRequest(FrozenModel):
    """Everything that a summary follows from, except for the moment of the day."""

    domain: Domain
    time_horizon: TimeHorizon
    day: date
    items: str
    """Digest of the window."""
    items_before: str
    """Digest of the window before it."""


async def summary_of(
    request: SummaryRequest,
    clearance: Clearance,
    *,
    now: datetime,
    cache: ContextCache,
    summarize: Callable[[], StrategicSummary],
) -> StrategicSummary:
    """Return the summary as of *now*, made by *summarize* where it is not there already."""

    async def make() -> Made[StrategicSummary]:
        return Made([summarize()], made_at=now)

    found = await cache.fetch(summary_key(request, clearance), _CODEC, make)
    times = {"generated_at": now, "window_start": now - request.time_horizon.duration}
    return found.model_copy(update=times)


def summary_key(request: SummaryRequest, clearance: Clearance) -> CacheKey:
    """Return what the summary is found by: every field of the request counts."""
    return CacheKey(
        kind=CacheKind.SUMMARY,
        clearance=clearance,
        request=request.model_dump_json(),
        epochs=(),
        versions=(str(SUMMARY_VERSION),),
    )


def digest_of(items: Sequence[WindowItem]) -> str:
    """Return a digest of everything that *items* say; of their text, it is the digest's own."""
    digest = hashlib.sha256()
    for item in items:
        # The passage is the beginning of the content, which `content_digest` stands for.
        digest.update(item.model_dump_json(exclude={"passages", "excerpt"}).encode())
        digest.update(b"\n")
    return digest.hexdigest()
