"""Health checks of containers: exit code 0 when healthy, 1 with one line when not.

python -m deployments.health http://127.0.0.1:8080/health    the process answers there
python -m deployments.health                                 this installation's stores answer
"""

from __future__ import annotations

import asyncio
import sys

from domain.errors import DiarchyError

_LONGEST_SECONDS = 5


async def answers(url: str) -> bool:
    """Whether a GET of *url* succeeds."""
    import httpx  # noqa: PLC0415 - not for the other check

    try:
        async with httpx.AsyncClient(trust_env=False, timeout=_LONGEST_SECONDS) as client:
            return (await client.get(url)).is_success
    except httpx.HTTPError:
        return False


async def ask_stores() -> None:
    """Raise `DiarchyError` unless database and Redis answer; an older database is migrated."""
    from storage.database import open_database  # noqa: PLC0415 - not for the other check
    from storage.redis_server import RedisConnection  # noqa: PLC0415 - as above
    from storage.settings import Settings  # noqa: PLC0415 - as above

    settings = Settings()
    database = await open_database(settings)
    redis = RedisConnection(settings)
    try:
        await database.installation_id()
        await redis.version()
    finally:
        await redis.close()
        await database.close()


def main(arguments: list[str]) -> int:
    """Check what *arguments* name; return the exit code."""
    if arguments:
        if asyncio.run(answers(arguments[0])):
            return 0
        sys.stderr.write("no answer\n")
        return 1
    try:
        asyncio.run(ask_stores())
    except DiarchyError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
