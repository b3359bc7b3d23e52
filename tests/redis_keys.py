"""What a test may leave in Redis: streams, and keys that end by themselves."""

from __future__ import annotations

from typing import Any

from redis import Redis


def assert_every_key_ends(client: Redis) -> None:
    """Fail when *client* finds a key that would stay for ever and grow with use."""
    keys: list[bytes] = list(client.scan_iter(count=1000))
    with client.pipeline(transaction=False) as asking:
        for key in keys:
            asking.type(key)
            asking.ttl(key)
        answers: list[Any] = asking.execute()
    kinds, seconds = answers[::2], answers[1::2]
    endless = [
        key.decode()
        for key, kind, left in zip(keys, kinds, seconds, strict=True)
        if left == -1 and kind != b"stream"
    ]
    assert not endless, f"these Redis keys have no time to live: {', '.join(sorted(endless))}"
