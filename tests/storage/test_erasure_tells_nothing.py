"""What erasing a session tells its reader depends on nothing above that reader."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import pytest

from storage.stores import Stores
from tests.conversations import answer, registered
from tests.stores import INTERNAL, TOP_SECRET, OpenHome, item, reader_at, store

GUESSED = "nightingale-acquires-vogt"
"""What a reader guesses and types, to learn from the erasure whether it stands somewhere above."""


async def _as_id(stores: Stores) -> None:
    await store(stores, item(GUESSED, "Nothing of the kind.", TOP_SECRET, title="A note"))


async def _as_source(stores: Stores) -> None:
    await store(stores, item("secret", "Nothing of the kind.", TOP_SECRET, source=GUESSED))


async def _as_content(stores: Stores) -> None:
    await store(stores, item("secret", f"It says {GUESSED} there.", TOP_SECRET))


async def _as_content_since_deleted(stores: Stores) -> None:
    await _as_content(stores)
    await stores.knowledge.delete_item("secret", reader_at(TOP_SECRET))


async def _as_content_since_changed(stores: Stores) -> None:
    await _as_content(stores)
    changes = {"content": "Something else by now."}
    await stores.knowledge.update_item("secret", changes, reader_at(TOP_SECRET))


async def _as_principal(stores: Stores) -> None:
    await stores.principals.add(GUESSED, TOP_SECRET)


async def _in_no_way(stores: Stores) -> None:
    del stores


@pytest.mark.parametrize(
    "held",
    [
        _as_id,
        _as_source,
        _as_content,
        _as_content_since_deleted,
        _as_content_since_changed,
        _as_principal,
        _in_no_way,
    ],
)
async def test_words_guessed_and_erased_are_not_confirmed(
    open_home: OpenHome, held: Callable[[Stores], Awaitable[None]]
) -> None:
    stores = await open_home()
    await held(stores)
    ann = await registered(stores, INTERNAL, "ann")
    await stores.sessions.start(ann, session_id="s")
    await stores.sessions.receive("s", GUESSED, ann, message_id="m")
    await stores.sessions.answer("m", answer(), ann, answer_id="a", made_from=())
    assert (await stores.sessions.delete("s", ann)).traces_found == 0
