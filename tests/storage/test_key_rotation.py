from __future__ import annotations

from pathlib import Path

import pytest
from cryptography.fernet import Fernet

from domain.errors import InvalidInput, SealBroken
from domain.events import Event, strategic_alert
from domain.knowledge import KnowledgeCategory
from domain.sealed import SealedText
from storage.event_delivery import DeliveryPolicy
from storage.key_rotation import (
    drop_older_keys,
    parameters_need_older_key,
    put_new_key_first,
    reseal_kept,
    what_needs_older_keys,
)
from storage.outgoing_events import OutgoingEvents
from storage.sealing import KEY_FILE, find_keys, open_sealer
from storage.settings import Settings
from storage.stores import Stores
from tests.stores import INTERNAL, NOW


def alert_with(note: SealedText) -> Event:
    return strategic_alert(
        event_id="alert",
        occurred_at=NOW,
        alert_category=KnowledgeCategory.RISK_MANAGEMENT,
        priority_level=3,
        confidentiality_level=INTERNAL,
        note=note,
    )


def test_processes_that_began_before_a_rotation_read_what_is_sealed_after_it(home: Path):
    settings = Settings(home=home)
    before = open_sealer(settings)
    old = before.seal(b"old")
    assert put_new_key_first(settings) == 2
    new = open_sealer(settings).seal(b"new")
    assert before.open(new) == b"new"
    assert before.open(old) == b"old"
    assert open_sealer(settings).open(old) == b"old"
    assert (home / KEY_FILE).stat().st_mode & 0o077 == 0


def test_names_stay_until_the_old_key_goes(home: Path):
    settings = Settings(home=home)
    name = open_sealer(settings).digest(b"what was asked")
    put_new_key_first(settings)
    assert open_sealer(settings).digest(b"what was asked") == name
    drop_older_keys(settings)
    assert open_sealer(settings).digest(b"what was asked") != name


async def test_what_is_kept_is_sealed_anew_and_then_the_old_key_may_go(stores: Stores):
    settings = stores.settings
    results = settings.home / "results"
    results.mkdir()
    kept = results / "result"
    kept.write_bytes(b'{"result":"' + stores.sealer.seal(b"a finished phase") + b'"}')
    (results / "foreign").write_bytes(Fernet(Fernet.generate_key()).encrypt(b"not ours" * 9))
    async with stores.database.writing() as session:
        outgoing = OutgoingEvents(clock=stores.clock)
        await outgoing.add(session, alert_with(stores.sealer.seal_text("a note")))

    put_new_key_first(settings)
    stores.sealer.open(open_sealer(settings).seal(b"the new key is known"))
    assert len(await what_needs_older_keys(stores)) == 2
    assert tuple(await reseal_kept(stores)) == (1, 1)
    assert tuple(await reseal_kept(stores)) == (0, 0)
    assert await what_needs_older_keys(stores) == []
    assert drop_older_keys(settings) == 1

    token = kept.read_bytes().removeprefix(b'{"result":"').removesuffix(b'"}')
    assert open_sealer(settings).open(token) == b"a finished phase"
    await stores.relay.publish_pending()
    (stored,) = [one async for one in stores.events.tail()]
    note = stored.event.model_dump()["payload"]["note"]
    assert open_sealer(settings).open_text(SealedText(**note)) == "a note"


async def test_the_old_key_is_needed_while_an_event_with_a_note_waits(stores: Stores):
    await stores.events.publish(alert_with(stores.sealer.seal_text("a note")))

    put_new_key_first(stores.settings)
    stores.sealer.open(open_sealer(stores.settings).seal(b"the new key is known"))
    policy = DeliveryPolicy(most_tries=1)

    async def fail(event: Event) -> None:
        raise ValueError(event.event_id)

    await stores.events.consume("testers", "one", fail, until_idle=True, policy=policy)
    assert "notes of 1 event" in (await what_needs_older_keys(stores))[0]


def test_parameters_of_a_run_tell_whether_they_need_an_older_key(home: Path):
    settings = Settings(home=home)
    before = open_sealer(settings).seal_text("what is asked").model_dump_json()
    put_new_key_first(settings)
    sealer = open_sealer(settings)
    assert parameters_need_older_key(before, sealer)
    assert not parameters_need_older_key(sealer.seal_text("now").model_dump_json(), sealer)
    assert not parameters_need_older_key('{"requester": "ana"}', sealer)


def test_an_old_key_that_is_gone_opens_nothing(home: Path):
    settings = Settings(home=home)
    old = open_sealer(settings).seal(b"old")
    put_new_key_first(settings)
    drop_older_keys(settings)
    assert len(find_keys(settings)) == 1
    with pytest.raises(SealBroken):
        open_sealer(settings).open(old)


def test_keys_of_the_environment_are_changed_there(home: Path):
    settings = Settings(home=home, sealing_key=Fernet.generate_key().decode())
    with pytest.raises(InvalidInput, match="DIARCHY_SEALING_KEY"):
        put_new_key_first(settings)
    with pytest.raises(InvalidInput):
        drop_older_keys(settings)
