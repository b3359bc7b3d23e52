"""How a consumer works events off: read in batches, handled by urgency, acked when done.

A consumer that is killed anywhere loses nothing: it says every few seconds that it lives, and what one
that no longer says so holds is claimed by the others. What a handler fails at waits for its next try
beside everything that comes behind it, and after the last try becomes a dead letter.
"""

from __future__ import annotations

import asyncio
import logging
import random
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from pydantic import ValidationError

from domain.errors import DiarchyError, RedisUnavailable, StorageError
from domain.events import Event
from storage.event_group import GroupMember
from storage.event_observation import observed_handling
from storage.event_streams import PRIORITIES
from storage.event_work import Entry, WorkAtHand
from storage.metrics import EVENTS_DEAD
from storage.redis_server import BLOCKING_SECONDS

Handler = Callable[[Event], Awaitable[object]]
"""Does what an event asks for; what it raises counts as a failed try."""

UNREADABLE = "is no event that can be read"
EXPIRED = "its deadline has passed"
_LOOK_AGAIN_SECONDS = 0.005
"""How old the knowledge may be that nothing more urgent has come."""
_QUICK_SECONDS = 0.1
_FIRST_WAIT_SECONDS = 0.05
_LONGEST_WAIT_SECONDS = 5.0
_log = logging.getLogger("diarchy.events")


@dataclass(frozen=True, slots=True)
class DeliveryPolicy:
    """How patient a consumer is."""

    most_tries: int = 5
    """So often a handler may fail at an event."""
    most_deliveries: int = 25
    """So often an event may be given out without an end: each time its consumer died."""
    first_pause: timedelta = timedelta(seconds=1)
    """Before the second try; doubled for each further one, and shortened by up to half by chance."""
    longest_pause: timedelta = timedelta(minutes=5)
    death: timedelta = timedelta(seconds=15)
    """A consumer that has not said for so long that it lives is dead. A handler that keeps the event
    loop busy for longer looks dead too, and its event is handled twice."""
    batch: int = 100
    """The most entries of a priority that are read at once."""

    def pause(self, tries: int) -> float:
        """Return the seconds to wait after so many failed tries."""
        full = min(self.first_pause * 2 ** min(tries - 1, 20), self.longest_pause)
        return full.total_seconds() * random.uniform(0.5, 1.0)  # noqa: S311 - spreads load


class Consumption:
    """One run of one consumer."""

    def __init__(
        self,
        member: GroupMember,
        handler: Handler,
        *,
        clock: Callable[[], datetime],
        policy: DeliveryPolicy,
        concurrency: int,
        until_idle: bool,
        stop: asyncio.Event | None,
    ) -> None:
        self._member = member
        self._handler = handler
        self._clock = clock
        self._policy = policy
        self._concurrency = concurrency
        self._until_idle = until_idle
        self._stop = stop or asyncio.Event()
        self._work = WorkAtHand()
        self._time = asyncio.get_running_loop().time
        self._handled = 0
        self._reading = asyncio.Lock()
        self._acking = asyncio.Lock()
        self._has_done = asyncio.Event()
        self._looked_at = float("-inf")
        self._read_count = concurrency
        self._may_have_more: set[int] = set()
        """The priorities of which the last reading may have left something unread."""
        self._is_over = False
        self._redis_is_down = False

    async def run(self) -> int:
        """Work events off; return how many were handled."""
        try:
            await self._answered(self._join)
            if _is_cancelled():
                raise asyncio.CancelledError
            async with asyncio.TaskGroup() as tasks:
                aside = [tasks.create_task(self._keep_alive()), tasks.create_task(self._ack_done())]
                workers = [tasks.create_task(self._work_off()) for _ in range(self._concurrency)]
                await asyncio.wait(workers)
                for task in aside:
                    task.cancel()
        except BaseExceptionGroup as failures:
            # The workers share one Redis and mostly fail for one reason: its first teller tells it.
            raise failures.exceptions[0] from None
        finally:
            await asyncio.shield(self._leave())
        return self._handled

    async def _work_off(self) -> None:
        """Handle the most urgent entry at hand, again and again."""
        while not self._ends:
            if not self._is_up_to_date():
                async with self._reading:
                    # Another worker may have read while this one waited for its turn.
                    if not self._ends and not self._is_up_to_date():
                        await self._answered(self._read)
            if self._work.ready and not self._is_over:
                await self._handle(self._work.take())

    @property
    def _ends(self) -> bool:
        return self._is_over or self._stop.is_set() or _is_cancelled()

    def _is_up_to_date(self) -> bool:
        """Whether something is ready, and nothing more urgent can have come for long."""
        now = self._time()
        work = self._work
        if work.waiting:
            work.wake(now)
        if not work.ready or now - self._looked_at >= _LOOK_AGAIN_SECONDS:
            return False
        return not self._may_have_more or work.highest_ready >= max(self._may_have_more)

    async def _read(self) -> None:
        """Read what is more urgent than what is ready; with nothing ready, wait for anything."""
        began = self._time()
        wanted = [priority for priority in PRIORITIES if priority > self._work.highest_ready]
        if wanted:
            await self._read_streams(wanted, block=None)
        if not self._work.ready:
            if self._until_idle and await self._is_worked_off():
                self._is_over = True
                return
            patience = min(BLOCKING_SECONDS, self._policy.first_pause.total_seconds())
            await self._read_streams(wanted, block=patience)
        # Quick handlers get more at once; slow ones no more than they can begin, for others' sake.
        quick = began - self._looked_at < _QUICK_SECONDS
        self._read_count = (
            min(self._policy.batch, self._read_count * 2) if quick else self._concurrency
        )
        self._looked_at = self._time()

    async def _read_streams(self, priorities: list[int], *, block: float | None) -> None:
        entries = await self._member.read(priorities, count=self._read_count, block=block)
        for entry in entries:
            self._work.add(entry)
        of_each = Counter(entry.priority for entry in entries)
        for priority in priorities:
            if of_each[priority] < self._read_count:
                self._may_have_more.discard(priority)
            else:
                self._may_have_more.add(priority)

    async def _is_worked_off(self) -> bool:
        """Whether neither this consumer nor another one of the group has anything left."""
        await self._ack()
        return not self._work.known and not await self._member.count_pending()

    async def _handle(self, entry: Entry) -> None:
        if entry.deliveries > self._policy.most_deliveries:
            reason = f"was given out {entry.deliveries} times, and never to an end"
            await self._bury(entry, reason, counted_as="never_finished")
            return
        try:
            event = Event.model_validate_json(entry.body)
        except ValidationError:
            await self._bury(entry, UNREADABLE, counted_as="unreadable")
            return
        if event.deadline is not None and event.has_expired(self._clock()):
            await self._bury(entry, EXPIRED, counted_as="expired")
            return
        try:
            with observed_handling(event, entry):
                await self._handler(event)
        except asyncio.CancelledError as error:
            if _is_cancelled():
                raise
            # Something within the handler was cancelled, not this consumer.
            await self._fail(entry, error)
            return
        except Exception as error:  # noqa: BLE001 - whatever a handler raises is a failed try
            await self._fail(entry, error)
            return
        self._handled += 1
        if entry.tries:
            await self._answered(lambda: self._member.forget_tries([entry]))
        self._work.finish(entry)
        self._has_done.set()

    async def _fail(self, entry: Entry, error: BaseException) -> None:
        entry.tries += 1
        if entry.tries >= self._policy.most_tries:
            await self._bury(entry, _reason(error), counted_as="failed")
            return
        self._work.postpone(entry, self._time() + self._policy.pause(entry.tries))
        await self._answered(lambda: self._member.note_tries(entry))

    async def _bury(self, entry: Entry, reason: str, *, counted_as: str) -> None:
        await self._answered(lambda: self._member.bury(entry, reason=reason, at=self._clock()))
        self._work.known.discard(entry.key)
        EVENTS_DEAD.add(counted_as)

    async def _ack_done(self) -> None:
        """Ack what was handled: whatever has gathered since the last time, in one go."""
        while not _is_cancelled():
            await self._has_done.wait()
            self._has_done.clear()
            await self._answered(self._ack)

    async def _ack(self) -> None:
        async with self._acking:
            taken = self._work.take_done()
            if not taken:
                return
            try:
                await self._member.ack(taken)
            except BaseException:
                self._work.give_back(taken)
                raise
            self._work.forget(taken)

    async def _keep_alive(self) -> None:
        while not _is_cancelled():
            await asyncio.sleep(self._policy.death.total_seconds() / 3)
            await self._answered(self._look_after_entries)

    async def _look_after_entries(self) -> None:
        for entry in await self._member.live_and_claim():
            self._work.add(entry)
        for entry in await self._member.find_forgotten(self._work.known):
            self._work.add(entry)

    async def _join(self) -> None:
        for entry in await self._member.join():
            self._work.add(entry)

    async def _leave(self) -> None:
        """Ack what is done and give up the seat; where Redis is down, others claim after a while."""
        try:
            await self._ack()
            await self._member.leave()
        except StorageError:
            self._tell_once()

    async def _answered(self, ask: Callable[[], Awaitable[object]]) -> None:
        """Ask until Redis answers; a group that it knows no more, being emptied, is made again.

        When the run ends meanwhile, it is given up: nothing of it stands in memory alone.
        """
        wait = _FIRST_WAIT_SECONDS
        is_known = True
        while True:
            try:
                if not is_known:
                    await self._join()
                    is_known = True
                await ask()
            except RedisUnavailable:
                if self._until_idle:
                    raise
                self._tell_once()
            except StorageError:
                if wait > 1:
                    raise
                is_known = False
            else:
                self._redis_is_down = False
                return
            if self._ends:
                return
            await asyncio.sleep(wait)
            wait = min(wait * 2, _LONGEST_WAIT_SECONDS)

    def _tell_once(self) -> None:
        if not self._redis_is_down:
            self._redis_is_down = True
            _log.warning("Redis does not answer; events for %s wait.", self._member.group)


def _is_cancelled() -> bool:
    """Whether the current task is to end.

    A cancellation that comes just as an `asyncio.wait_for` ends is lost in it up to Python 3.11, and
    handlers may use it: so loops look for themselves.
    """
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0


def _reason(error: BaseException) -> str:
    """Name what a handler raised; only Diarchy's own words are known to be free of content."""
    kind = type(error).__name__
    return f"{kind}: {error}"[:500] if isinstance(error, DiarchyError) else kind
