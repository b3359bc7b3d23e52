"""How much lies on the bus that nobody has done with, counted and not read: for the operator.

Counts are over all levels together, so this is no answer to a principal's question.
"""

from __future__ import annotations

import time
from datetime import timedelta
from typing import Any

from domain.model import FrozenModel
from storage.event_streams import EventKeys
from storage.redis_scripts import RedisScript
from storage.redis_server import RedisConnection, translated_redis_errors

_COUNT = RedisScript("""
-- KEYS: streams. Returns for each group its name, what it has in work, what it has not begun, and the
-- milliseconds of the oldest of both, or 0. Redis counts the second by itself from version 7 on only.
local groups, order = {}, {}
for _, stream in ipairs(KEYS) do
  if redis.call('EXISTS', stream) == 1 then
    for _, told in ipairs(redis.call('XINFO', 'GROUPS', stream)) do
      local facts = {}
      for i = 1, #told, 2 do facts[told[i]] = told[i + 1] end
      local name = facts['name']
      local group = groups[name]
      if not group then
        group = {work = 0, waiting = 0, oldest = 0}
        groups[name] = group
        order[#order + 1] = name
      end
      local function note(id)
        local moment = tonumber(string.match(id, '^%d+'))
        if group.oldest == 0 or moment < group.oldest then group.oldest = moment end
      end
      local held = redis.call('XPENDING', stream, name)
      group.work = group.work + held[1]
      if held[1] > 0 then note(held[2]) end
      local last = facts['last-delivered-id']
      while true do
        local page = redis.call('XRANGE', stream, '(' .. last, '+', 'COUNT', 500)
        if #page == 0 then break end
        note(page[1][1])
        group.waiting = group.waiting + #page
        last = page[#page][1]
      end
    end
  end
end
local answer = {}
for _, name in ipairs(order) do
  local group = groups[name]
  answer[#answer + 1] = {name, group.work, group.waiting, string.format('%.0f', group.oldest)}
end
return answer
""")


class GroupBacklog(FrozenModel):
    """What one group of consumers has not done with."""

    name: str
    in_work: int
    waiting: int
    oldest: timedelta
    """Since the oldest of them was published; zero without any."""


class BusBacklog(FrozenModel):
    """What all groups have not done with, and what was given up."""

    groups: tuple[GroupBacklog, ...]
    dead_letters: int


async def count_backlog(redis: RedisConnection, keys: EventKeys) -> BusBacklog:
    """Return how much waits on the bus. Raises `RedisUnavailable`."""
    client = await redis.client()
    with translated_redis_errors():
        told: list[Any] = await _COUNT.run(client, keys=keys.streams, arguments=[])
        dead = await client.xlen(keys.dead)
    now = time.time()
    return BusBacklog(
        groups=tuple(
            GroupBacklog(
                name=name.decode(),
                in_work=in_work,
                waiting=waiting,
                oldest=_age(int(oldest), now),
            )
            for name, in_work, waiting, oldest in sorted(told)
        ),
        dead_letters=dead,
    )


def _age(milliseconds: int, now: float) -> timedelta:
    return timedelta(seconds=max(0.0, now - milliseconds / 1000)) if milliseconds else timedelta(0)
