"""`chat`: real flows on real stores, typed by a script in place of a person."""

from __future__ import annotations

import os
from collections.abc import AsyncGenerator, Iterable
from contextlib import asynccontextmanager
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from domain.clearance import ConfidentialityLevel
from domain.sessions import Speaker
from gateway.command_line.conversation import Conversation
from gateway.command_line.conversation_view import ConversationView
from gateway.command_line.conversing import Conversing
from storage.settings import Settings
from storage.stores import Stores, open_stores
from tasks.stores import use_stores
from tests.gateway.command_line.company import fill
from tests.gateway.command_line.terminal import diarchy

pytestmark = pytest.mark.usefixtures("prefect_api")

WELDERS = "How many welders does the Brno plant lack?"


@pytest.fixture(scope="module")
def talked_in(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with the company in it, in which every test has conversations of its own."""
    home = tmp_path_factory.mktemp("home")
    fill(home)
    return home


class Script:
    """Types one line after the other and gives the same answer to every question."""

    def __init__(self, lines: Iterable[str], *, agrees: bool) -> None:
        self._lines = iter(lines)
        self._agrees = agrees
        self.recalled: tuple[str, ...] = ()

    async def next(self) -> str | None:
        return next(self._lines, None)

    async def agrees(self, question: str) -> bool:
        assert question
        return self._agrees

    def recall(self, said: Iterable[str]) -> None:
        self.recalled = tuple(said)


class Talk:
    """A principal's conversation, whatever number of scripts it takes."""

    def __init__(self, stores: Stores, principal: str) -> None:
        self.conversation = Conversation(stores, principal)
        self.recalled: tuple[str, ...] = ()

    async def type(self, *lines: str, agrees: bool = False) -> tuple[str, int]:
        """Return what was shown, and how much of it failed."""
        shown = StringIO()
        view = ConversationView(Console(file=shown, width=200, soft_wrap=True))
        script = Script(lines, agrees=agrees)
        failures = await Conversing(self.conversation, script, view, typed=False).go_on()
        self.recalled = script.recalled
        return shown.getvalue(), failures


@asynccontextmanager
async def talking(home: Path, principal: str) -> AsyncGenerator[Talk]:
    async with open_stores(Settings(home=home)) as stores, use_stores(stores):
        yield Talk(stores, principal)


async def test_a_question_is_answered_with_sources_that_can_be_opened(talked_in: Path):
    async with talking(talked_in, "staff") as staff:
        shown, failures = await staff.type(f"/ask knowledge {WELDERS}")
        assert failures == 0
        assert "Knowledge, 1.00: " in shown
        assert "INTERNAL" in shown
        assert "14 welders" in shown
        assert "[1] Note plant (internal, plant)" in shown

        shown, failures = await staff.type("/sources", "/open 1", "/history 2")
        assert failures == 0
        assert "minutes.md" in shown
        assert "The Brno plant lacks 14 welders this quarter." in shown
        assert "staff> @knowledge How many welders" in shown

        assert (await staff.type("/open 2", "/report", "/open one"))[1] == 3


async def test_what_is_typed_reaches_prefect_only_sealed_and_stays_in_order(talked_in: Path):
    async with talking(talked_in, "ceo") as ceo:
        await ceo.type(
            "/ask knowledge When does the Zanzibarite port close?", "/ask knowledge Why?"
        )
        said = await ceo.conversation.messages()
    assert [one.speaker for one in said] == [Speaker.READER, Speaker.DIARCHY] * 2
    folder = Path(os.environ["PREFECT_HOME"])
    written = b"".join(file.read_bytes() for file in folder.rglob("*") if file.is_file())  # noqa: ASYNC240 - nothing else runs
    assert b"process-message" in written
    assert b"Zanzibarite" not in written


async def test_a_conversation_is_left_gone_back_to_and_forgotten(talked_in: Path):
    async with talking(talked_in, "staff") as staff:
        await staff.type(f"/ask knowledge {WELDERS}")
        first = staff.conversation.session_id
        await staff.type("/new")
        assert staff.conversation.session_id is None
        await staff.type("/ask knowledge Which port closes?")
        listed, _ = await staff.type("/sessions")
        assert first is not None
        assert first in listed

        await staff.type(f"/switch {first[:12]}")
        assert staff.conversation.session_id == first
        assert staff.recalled == (f"@knowledge {WELDERS}",)
        assert (await staff.type("/switch nowhere"))[1] == 1
        assert staff.conversation.session_id == first

        await staff.type("/forget", agrees=False)
        assert staff.conversation.session_id == first
        await staff.type("/forget", agrees=True)
        assert staff.conversation.session_id is None
        assert staff.recalled == ()
        assert first not in (await staff.type("/sessions"))[0]


async def test_what_was_not_answered_is_told_and_can_be_sent_again(talked_in: Path):
    async with talking(talked_in, "staff") as staff:
        sessions = staff.conversation.stores.sessions
        reader = await staff.conversation.identify()
        session_id = (await sessions.start(reader)).session_id
        asked = f"@knowledge {WELDERS}"
        await sessions.receive(session_id, asked, reader, message_id="died-on-the-way")
        await sessions.fail("died-on-the-way", "the run failed: TimeoutError", reader)

        shown, _ = await staff.type(f"/switch {session_id}", "/history")
        assert "Not answered: the run failed: TimeoutError." in shown
        shown, failures = await staff.type("/retry", "/history")
        assert failures == 0
        assert shown.count("14 welders") == 2
        assert "Not answered" not in shown
        assert (await staff.type("/retry"))[1] == 1


async def test_a_revocation_counts_in_the_middle_and_others_find_nothing(
    talked_in: Path, capsys: pytest.CaptureFixture[str]
):
    async with talking(talked_in, "temp") as temp:
        principals = temp.conversation.stores.principals
        await principals.add("temp", ConfidentialityLevel.INTERNAL)
        await temp.type("/ask knowledge Which port closes?")
        session_id = temp.conversation.session_id
        await principals.revoke("temp")
        capsys.readouterr()
        shown, failures = await temp.type(f"/ask knowledge {WELDERS}", "/sources", "/history")
        assert (shown, failures) == ("", 3)
        assert capsys.readouterr().err.count("diarchy: Access denied.") == 3

    async with talking(talked_in, "ceo") as ceo:
        for which in (f"/switch {session_id}", "/switch never-was"):
            capsys.readouterr()
            assert (await ceo.type(which)) == ("", 1)
            assert capsys.readouterr().err == "diarchy: No such item.\n"


def test_a_script_talks_through_pipes_and_learns_of_a_failure_by_the_exit_code(talked_in: Path):
    typed = f"/ask knowledge {WELDERS}\n/open 1\n/open 9\n"
    answer = diarchy("chat", "--as", "staff", home=talked_in, stdin=typed.encode())
    assert answer.returncode == 1
    assert "[1] Note plant (internal, plant)" in answer.stdout
    assert "The Brno plant lacks 14 welders this quarter." in answer.stdout
    assert "\x1b" not in answer.stdout
    complaint, where = answer.stderr.splitlines()
    assert complaint.startswith("diarchy: the last answer cites 1")
    assert where.startswith("Go on with --session ")
