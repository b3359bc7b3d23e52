"""How several Prefect servers work as one: a PostgreSQL database, and Redis for what they tell each other.

One place for all ways of starting them. API servers run with `--no-services`; one or more processes of
`prefect server services start` do what happens by itself.
"""

from __future__ import annotations

_SHARED = {
    "PREFECT_MESSAGING_BROKER": "prefect_redis.messaging",
    "PREFECT_MESSAGING_CACHE": "prefect_redis.messaging",
    "PREFECT_SERVER_EVENTS_CAUSAL_ORDERING": "prefect_redis.ordering",
    "PREFECT_SERVER_CONCURRENCY_LEASE_STORAGE": "prefect_redis.lease_storage",
}
_MADE_ONCE = {
    # Servers that start together would both write these, and one would fail: before the first start,
    # and for each new version, `prefect server database upgrade` makes the tables. Blocks are not used.
    "PREFECT_SERVER_DATABASE_MIGRATE_ON_START": "false",
    "PREFECT_SERVER_REGISTER_BLOCKS_ON_START": "false",
}
_BOUNDED = {
    # A stream is cut back to what a consumer has not had yet; one that is silent for five minutes
    # holds nothing up.
    "PREFECT_REDIS_MESSAGING_CONSUMER_TRIM_EVERY": "30",
    "PREFECT_REDIS_MESSAGING_CONSUMER_TRIM_IDLE_THRESHOLD": "300",
    "PREFECT_SERVER_EVENTS_RETENTION_PERIOD": "P7D",
}


def server_environment(database_url: str, redis_url: str) -> dict[str, str]:
    """Return the environment variables of a Prefect server that is one of several.

    *database_url* is `postgresql+asyncpg://user:password@host/name`, *redis_url* `redis://host:port/n`:
    a database of their own, not Diarchy's.
    """
    return {
        **_SHARED,
        **_MADE_ONCE,
        **_BOUNDED,
        "PREFECT_API_DATABASE_CONNECTION_URL": database_url,
        "PREFECT_REDIS_MESSAGING_URL": redis_url,
        # Work that a request leaves to the services.
        "PREFECT_SERVER_DOCKET_URL": redis_url,
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "DO_NOT_TRACK": "1",
    }
