"""How events lie in Redis: a stream a priority, the dead-letter stream, and keys that end by themselves.

Every step that must hold together is one Lua script, which Redis runs wholly or not at all: killed in
between, neither an event without its mark nor a mark without its event is left. All keys begin with
the installation's name; streams are trimmed, everything else has a time to live.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from domain.events import LEAST_PRIORITY, MOST_PRIORITY
from storage.redis_scripts import RedisScript

PRIORITIES = tuple(range(MOST_PRIORITY, LEAST_PRIORITY - 1, -1))
"""Most urgent first."""
MILLISECOND = timedelta(milliseconds=1)
BODY = b"event"
"""The field of a stream's entry that holds the event as JSON."""


@dataclass(frozen=True, slots=True)
class EventBounds:
    """How much is kept, and for how long."""

    stream_length: int = 10_000
    """Events of a priority, about; beyond, the oldest go, handled or not."""
    dead_letters: int = 10_000
    dedup_window: timedelta = timedelta(days=1)
    """Published again within it, an event is not there twice."""
    replies: timedelta = timedelta(days=1)
    group_facts: timedelta = timedelta(days=7)
    """Who lives and what failed, counted from the last time that either was told."""


@dataclass(frozen=True, slots=True)
class EventKeys:
    """The names of the keys of one installation."""

    namespace: str

    def stream(self, priority: int) -> str:
        """Events of a priority."""
        return f"{self.namespace}:events:{priority}"

    @property
    def streams(self) -> tuple[str, ...]:
        """The streams of all priorities, most urgent first."""
        return tuple(self.stream(priority) for priority in PRIORITIES)

    @property
    def dead(self) -> str:
        """What was given up."""
        return f"{self.namespace}:events:dead"

    def seen(self, event_id: str) -> str:
        """Mark that an event was published."""
        return f"{self.namespace}:event:{event_id}"

    def reply(self, correlation_id: str) -> str:
        """Answers to one request."""
        return f"{self.namespace}:reply:{correlation_id}"

    def consumers(self, group: str) -> str:
        """When each consumer of a group was last alive."""
        return f"{self.namespace}:consumers:{group}"

    def tries(self, group: str) -> str:
        """How often the handler of a group failed, by entry; what never failed has no field."""
        return f"{self.namespace}:tries:{group}"


def namespace_of(installation_id: str) -> str:
    """Return what the keys of an installation begin with."""
    return f"diarchy:{installation_id}"


def tries_field(priority: int, entry_id: str) -> str:
    """Return the name of an entry in `EventKeys.tries`."""
    return f"{priority}:{entry_id}"


def time_of_entry(entry_id: str) -> datetime:
    """Return when Redis took an entry in; its id begins with the milliseconds."""
    return datetime.fromtimestamp(int(entry_id.partition("-")[0]) / 1000, tz=UTC)


def publishing(bounds: EventBounds) -> RedisScript:
    """Return the script that publishes; the bounds stand in it, for every argument takes time.

    KEYS: for each event its mark, its stream, and its reply stream or ''; ARGV: the events. Returns how
    many were not there before.
    """
    marks, replies = bounds.dedup_window // MILLISECOND, bounds.replies // MILLISECOND
    return RedisScript(f"""
local added = 0
for i, body in ipairs(ARGV) do
  local key = 3 * i
  if redis.call('SET', KEYS[key - 2], 1, 'NX', 'PX', {marks}) then
    redis.call('XADD', KEYS[key - 1], 'MAXLEN', '~', {bounds.stream_length}, '*', 'event', body)
    local reply = KEYS[key]
    if reply ~= '' then
      redis.call('XADD', reply, 'MAXLEN', '~', 16, '*', 'event', body)
      redis.call('PEXPIRE', reply, {replies})
    end
    added = added + 1
  end
end
return added
""")


BURY = RedisScript("""
-- KEYS: stream, dead-letter stream, tries; ARGV: group, entry, its tries field, length, then fields
redis.call('HDEL', KEYS[3], ARGV[3])
if redis.call('XACK', KEYS[1], ARGV[1], ARGV[2]) == 0 then
  return 0
end
redis.call('XADD', KEYS[2], 'MAXLEN', '~', ARGV[4], '*', unpack(ARGV, 5))
return 1
""")

REPLAY = RedisScript("""
-- KEYS: dead-letter stream, stream, mark; ARGV: dead letter, stream length, ms of marks, event
if redis.call('XDEL', KEYS[1], ARGV[1]) == 0 then
  return 0
end
redis.call('SET', KEYS[3], '1', 'PX', ARGV[3])
redis.call('XADD', KEYS[2], 'MAXLEN', '~', ARGV[2], '*', 'event', ARGV[4])
return 1
""")

LIVE_AND_CLAIM = RedisScript("""
-- Says that a consumer lives, and gives it what consumers hold that no longer say so.
-- KEYS: consumers, tries, then streams; ARGV: group, consumer, ms until death, ms to live, how many
-- streams' priorities as '5' in ARGV[6]..., in the order of KEYS
local clock = redis.call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)
local oldest = now - ARGV[3]
redis.call('ZADD', KEYS[1], now, ARGV[2])
redis.call('PEXPIRE', KEYS[1], ARGV[4])
local claimed = {}
local left = tonumber(ARGV[5])
for number = 3, #KEYS do
  local stream, priority = KEYS[number], ARGV[number + 3]
  for _, told in ipairs(redis.call('XINFO', 'CONSUMERS', stream, ARGV[1])) do
    local facts = {}
    for i = 1, #told, 2 do facts[told[i]] = told[i + 1] end
    local lived = redis.call('ZSCORE', KEYS[1], facts['name'])
    if not lived or tonumber(lived) < oldest then
      if facts['pending'] == 0 then
        redis.call('XGROUP', 'DELCONSUMER', stream, ARGV[1], facts['name'])
      elseif left > 0 then
        local held = redis.call('XPENDING', stream, ARGV[1], '-', '+', left, facts['name'])
        local ids, bodies = {}, {}
        for _, entry in ipairs(held) do ids[#ids + 1] = entry[1] end
        for _, entry in ipairs(redis.call('XCLAIM', stream, ARGV[1], ARGV[2], 0, unpack(ids))) do
          if entry and entry[2] then bodies[entry[1]] = entry[2] end
        end
        for _, entry in ipairs(held) do
          local fields = bodies[entry[1]]
          if fields then
            local tries = redis.call('HGET', KEYS[2], priority .. ':' .. entry[1])
            claimed[#claimed + 1] = {priority, entry[1], fields, entry[4] + 1, tries or '0'}
            left = left - 1
          else
            -- Trimmed before anyone came to it.
            redis.call('XACK', stream, ARGV[1], entry[1])
          end
        end
      end
    end
  end
end
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', '(' .. oldest)
return claimed
""")

LEAVE = RedisScript("""
-- KEYS: consumers, then streams; ARGV: group, consumer. What it still holds is claimed by others.
redis.call('ZREM', KEYS[1], ARGV[2])
for number = 2, #KEYS do
  if #redis.call('XPENDING', KEYS[number], ARGV[1], '-', '+', 1, ARGV[2]) == 0 then
    redis.call('XGROUP', 'DELCONSUMER', KEYS[number], ARGV[1], ARGV[2])
  end
end
return 1
""")
