"""The `events` commands. Redis is the tests' own server, emptied after each test."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path
from typing import TypeVar

import pytest
from redis import Redis

from domain.errors import InvalidInput
from domain.events import Event, strategic_alert
from domain.knowledge import KnowledgeCategory
from domain.sealed import SealedText
from gateway.command_line.event_file import read_event
from gateway.waiting import wait_until
from storage.audit import AuditAction
from storage.settings import Settings
from storage.stores import Stores, open_stores
from storage.tables import AuditRow
from tests.events import QUICK, FakeHandler, update
from tests.gateway.command_line.terminal import diarchy
from tests.stores import INTERNAL, NOW, TOP_SECRET

Answer = TypeVar("Answer")


@pytest.fixture(autouse=True)
def nothing_told_yet(home: Path, redis_of_all_tests: Redis) -> None:
    """Forget what tells of the company itself, which the first test alone would meet."""
    del home
    redis_of_all_tests.flushall()


def in_stores(home: Path, act: Callable[[Stores], Awaitable[Answer]]) -> Answer:
    async def run() -> Answer:
        async with open_stores(Settings(home=home)) as stores:
            return await act(stores)

    return asyncio.run(run())


def publish(home: Path, *events: Event) -> None:
    in_stores(home, lambda stores: stores.events.publish_many(events))


def kill_off(home: Path, *events: Event) -> None:
    """Let a handler fail at *events* until they are dead letters."""

    async def fail(stores: Stores) -> None:
        await stores.events.publish_many(events)
        poison = FakeHandler(fails_at={event.event_id for event in events})
        await stores.events.consume("group", "one", poison, policy=QUICK, until_idle=True)

    in_stores(home, fail)


def audited(home: Path, action: AuditAction) -> list[tuple[str, str, str]]:
    """Return who did *action*, how it ended, and the whole detail as text."""

    async def read(stores: Stores) -> list[tuple[str, str, str]]:
        async with stores.database.reading() as session:
            from sqlmodel import col, select  # noqa: PLC0415 - the one look beneath the stores

            rows = select(AuditRow).where(col(AuditRow.action) == action.value)
            found = (await session.execute(rows)).scalars()
            return [(row.principal, row.outcome, json.dumps(row.detail)) for row in found]

    return in_stores(home, read)


def test_the_tail_shows_what_the_principal_may_read_and_nothing_of_the_rest(home: Path):
    publish(home, update("open", confidentiality_level=INTERNAL))
    before = diarchy("events", "tail", "--as", "staff", home=home)
    publish(home, update("hidden", confidentiality_level=TOP_SECRET))

    staff = diarchy("events", "tail", "--as", "staff", home=home)
    ceo = diarchy("events", "tail", "--as", "ceo", "--json", home=home)
    bounded = diarchy(
        *("events", "tail", "--as", "ceo", "--max-confidentiality", "internal"), home=home
    )

    assert staff.stdout.split("\t")[1:3] == ["open", "internal"]
    assert (before.stdout, before.stderr) == (staff.stdout, staff.stderr)
    assert bounded.stdout == staff.stdout
    told = [json.loads(line) for line in ceo.stdout.splitlines()]
    assert [one["event"]["event_id"] for one in told] == ["open", "hidden"]
    assert {key for one in told for key in one} == {"published_at", "event"}
    reads = audited(home, AuditAction.EVENTS_READ)
    assert [(name, "hidden" in detail) for name, _, detail in reads] == [("ceo", True)]


def test_what_is_pending_and_dead_is_counted_for_the_principal_alone(home: Path):
    kill_off(home, update("bad"), update("bad-secret", confidentiality_level=TOP_SECRET))
    publish(home, update("later"), update("later-secret", confidentiality_level=TOP_SECRET))

    shown = {
        (command, name): diarchy("events", command, "--as", name, home=home)
        for command in ("pending", "dead")
        for name in ("staff", "ceo")
    }

    assert shown["pending", "staff"].stderr == "1 pending\n"
    assert shown["pending", "ceo"].stderr == "2 pending\n"
    assert shown["dead", "staff"].stderr == "1 dead\n"
    assert shown["dead", "ceo"].stderr == "2 dead\n"
    assert "secret" not in shown["pending", "staff"].stdout + shown["dead", "staff"].stdout
    assert shown["dead", "staff"].stdout.endswith("5 tries\tValueError\n")
    assert shown["pending", "staff"].stdout.endswith("not begun\n")


def test_replay_brings_back_what_the_principal_may_read_and_says_no_more_of_the_rest(home: Path):
    kill_off(home, update("bad"), update("bad-secret", confidentiality_level=TOP_SECRET))

    hidden = diarchy("events", "replay", "bad-secret", "--as", "staff", home=home)
    absent = diarchy("events", "replay", "nothing", "--as", "staff", home=home)
    every = diarchy("events", "replay", "--all", "--as", "staff", home=home)
    one = diarchy("events", "replay", "bad-secret", "--as", "ceo", home=home)

    assert (hidden.returncode, hidden.stdout) == (1, "")
    assert (hidden.returncode, hidden.stderr) == (absent.returncode, absent.stderr)
    assert (every.returncode, every.stdout, every.stderr) == (0, "Brought back 1.\n", "")
    assert one.stdout == "Brought back 1.\n"
    told = diarchy("events", "pending", "--as", "ceo", home=home)
    assert told.stderr == "2 pending\n"
    outcomes = [entry[:2] for entry in audited(home, AuditAction.EVENT_REPLAYED)]
    assert outcomes == [("staff", "denied")] * 2 + [("staff", "allowed"), ("ceo", "allowed")]


def test_an_alert_is_published_up_to_the_publishers_clearance(home: Path):
    alert = ["events", "publish", "--priority-level", "9", "--category", "risk_management"]
    about = ["--knowledge-id", "plant", "--knowledge-id", "port"]

    sent = diarchy(*alert, *about, "--as", "staff", home=home)
    refused = diarchy(*alert, "--level", "confidential", "--as", "staff", home=home)

    assert (sent.returncode, sent.stderr) == (0, "")
    assert sent.stdout.endswith("(internal).\n")
    assert (refused.returncode, refused.stdout) == (3, "")
    assert refused.stderr == "diarchy: Access denied.\n"
    (line,) = diarchy("events", "tail", "--json", "--as", "ceo", home=home).stdout.splitlines()
    event = json.loads(line)["event"]
    assert (event["source_domain"], event["priority"]) == ("shared", 5)
    assert event["payload"]["knowledge_ids"] == ["plant", "port"]
    assert event["payload"]["requires_executive_attention"] is True
    outcomes = [entry[:2] for entry in audited(home, AuditAction.EVENT_PUBLISHED)]
    assert outcomes == [("staff", "allowed"), ("staff", "denied")]


def test_an_event_is_published_as_json_with_its_level_checked_likewise(home: Path, tmp_path: Path):
    open_event = tmp_path / "event.json"
    open_event.write_text(update("from-file").model_dump_json())
    secret = update("from-pipe", confidentiality_level=TOP_SECRET).model_dump_json().encode()

    sent = diarchy("events", "publish", str(open_event), "--as", "staff", home=home)
    again = diarchy("events", "publish", str(open_event), "--as", "staff", home=home)
    refused = diarchy("events", "publish", "-", "--as", "staff", home=home, stdin=secret)

    assert sent.stdout == "Published from-file (internal).\n"
    assert again.stdout == "from-file was published before.\n"
    assert (refused.returncode, refused.stdout) == (3, "")


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"priority": "The plant is sold"}, "event.priority"),
        ({"The plant is sold": 1}, "event: has a field"),
        ({"payload": {"kind": "The plant is sold"}}, "event.payload"),
        ({"occurred_at": "The plant is sold"}, "event.occurred_at"),
        ({"event_id": "The plant is sold"}, "event.event_id"),
        ({"confidentiality_level": "The plant is sold"}, "event.confidentiality_level"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_of_a_malformed_event_the_field_is_named_and_nothing_of_its_content(
    tmp_path: Path, change: dict[str, object], complaint: str
):
    file = tmp_path / "event.json"
    file.write_text(json.dumps({**json.loads(update("odd").model_dump_json()), **change}))

    with pytest.raises(InvalidInput) as refused:
        read_event(str(file))

    assert complaint in str(refused.value)
    assert "sold" not in str(refused.value)


def test_what_is_no_event_and_a_note_in_clear_are_bad_usage(home: Path):
    alert = strategic_alert(
        event_id="alert",
        occurred_at=NOW,
        alert_category=KnowledgeCategory.RISK_MANAGEMENT,
        priority_level=3,
        confidentiality_level=INTERNAL,
        note=SealedText(sealed="The plant is sold"),
    )
    for text, complaint in [
        (b"The plant is sold", "event: is not JSON"),
        (alert.model_dump_json().encode(), "payload.note: is not sealed by this installation"),
    ]:
        answer = diarchy("events", "publish", "-", "--as", "ceo", home=home, stdin=text)

        assert (answer.returncode, answer.stdout) == (2, "")
        assert answer.stderr == f"diarchy: {complaint}\n"


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["publish"], "--priority-level"),
        (["publish", "-", "--priority-level", "3"], "a file, or"),
        (["publish", "no-such-file", "--as", "staff"], "no-such-file"),
        (["replay"], "--all"),
        (["replay", "one", "--all"], "--all"),
        (["tail", "--limit", "0"], "--limit"),
    ],
)
def test_bad_usage_is_named(home: Path, arguments: list[str], complaint: str):
    answer = diarchy("events", *arguments, home=home, COLUMNS="200", DIARCHY_PRINCIPAL="staff")

    assert (answer.returncode, answer.stdout) == (2, "")
    assert complaint in answer.stderr


def test_who_is_not_registered_is_told_of_no_event(home: Path):
    publish(home, update("open"))

    answer = diarchy("events", "tail", "--as", "nobody", home=home)

    assert (answer.returncode, answer.stdout) == (3, "")


def test_who_follows_is_told_of_what_is_published_meanwhile(home: Path):
    publish(home, update("old"))
    command = [sys.executable, "-m", "gateway.command_line", "events", "tail", "--follow"]
    environment = {**os.environ, "DIARCHY_HOME": str(home), "PYTHONUNBUFFERED": "1"}
    with subprocess.Popen(
        [*command, "--as", "staff"], env=environment, stdout=subprocess.PIPE, text=True
    ) as following:
        assert following.stdout is not None
        first = following.stdout.readline()
        publish(home, update("hidden", confidentiality_level=TOP_SECRET), update("new"))
        second = following.stdout.readline()
        following.send_signal(signal.SIGINT)
        assert following.wait(timeout=20) == 130

    assert [line.split("\t")[1] for line in (first, second)] == ["old", "new"]


@pytest.mark.usefixtures("prefect_api")
def test_serving_goes_on_until_it_is_interrupted_and_ends_well(home: Path):
    publish(home, update("to-serve"))
    command = [sys.executable, "-m", "gateway.command_line", "events", "serve"]
    environment = {**os.environ, "DIARCHY_HOME": str(home)}
    with subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as serving:
        assert serving.stderr is not None
        assert serving.stderr.readline() == "Serving events\n"
        wait_until(
            lambda: in_stores(
                home, lambda stores: stores.handled.is_done("move-epoch", "to-serve")
            ),
            "the dispatcher has done with the event",
            within=timedelta(seconds=60),
        )
        serving.send_signal(signal.SIGINT)
        out, rest = serving.communicate(timeout=60)

    assert (serving.returncode, out) == (0, "")
    assert rest == "Served 1 events\n"
