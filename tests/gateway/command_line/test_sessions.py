"""`sessions`: what was said is read again, taken away and deleted by its reader, and by nobody else."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from domain.errors import NotFound
from gateway.command_line import app
from gateway.command_line.sessions import Transcript
from storage.settings import Settings
from storage.stores import open_stores
from tests.conversations import answer, exchange, source
from tests.gateway.command_line.terminal import diarchy
from tests.stores import CONFIDENTIAL, INTERNAL, reader_at

TEXT = "**Two** brokers [1], one of them in secret [2]."


@pytest.fixture
def own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home in which ana said something internal and then something confidential."""
    home = tmp_path / "home"
    monkeypatch.setenv("DIARCHY_HOME", str(home))
    asyncio.run(_fill(home))
    return home


async def _fill(home: Path) -> None:
    async with open_stores(Settings(home=home)) as stores:
        await stores.principals.add("ana", CONFIDENTIAL)
        await stores.principals.add("sam", CONFIDENTIAL)
        ana = reader_at(CONFIDENTIAL, "ana")
        await stores.sessions.start(ana, session_id="talk")
        await exchange(stores, "talk", "m1", "How many brokers have we?", ana)
        given = answer(TEXT, CONFIDENTIAL, source("a", INTERNAL), source("b", CONFIDENTIAL))
        await exchange(stores, "talk", "m2", "And what is secret?", ana, given)


def run(*arguments: str, typed: str | None = None) -> Result:
    return CliRunner().invoke(app, ["sessions", *arguments], input=typed)


@pytest.mark.usefixtures("own_home")
def test_conversations_are_listed_and_shown_with_their_sources():
    (entry,) = json.loads(run("list", "--as", "ana", "--json").stdout)
    assert (entry["session_id"], entry["confidentiality_level"]) == ("talk", "confidential")
    row = run("list", "--as", "ana").stdout.rstrip("\n").split("\t")
    assert (row[0], row[1], row[3]) == ("talk", "confidential", "How many brokers have we?")

    shown = run("show", "talk", "--as", "ana").stdout
    assert shown.startswith("**CONFIDENTIAL**\n")
    assert "#### Source 2" in shown
    whole = Transcript.model_validate_json(run("show", "talk", "--as", "ana", "--json").stdout)
    assert [message.message_id for message in whole.messages if message.answer is None] == [
        "m1",
        "m2",
    ]


def test_an_export_goes_to_a_private_file_or_to_standard_output(own_home: Path):
    page = own_home / "talk.html"
    written = run("export", "talk", "--as", "ana", "--format", "html", "-o", str(page))
    assert written.stdout == ""
    assert page.stat().st_mode & 0o777 == 0o600
    assert "Confidentiality level: </span>CONFIDENTIAL" in page.read_text()

    exported = run("export", "talk", "--as", "ana").stdout
    assert exported == run("show", "talk", "--as", "ana").stdout
    whole = Transcript.model_validate_json(
        run("export", "talk", "--as", "ana", "--format", "json").stdout
    )
    assert whole.session.session_id == "talk"


@pytest.mark.usefixtures("own_home")
def test_at_a_lower_clearance_what_is_above_was_never_written():
    low = ("--as", "ana", "--max-confidentiality", "internal")
    shown = run("show", "talk", *low).stdout
    assert shown.startswith("**INTERNAL**\n")
    assert "Two brokers" not in shown
    assert "Source 2" not in shown
    assert json.loads(run("list", *low, "--json").stdout)[0]["confidentiality_level"] == "internal"


@pytest.mark.usefixtures("own_home")
@pytest.mark.parametrize("command", ["show", "export", "delete"])
def test_what_is_somebody_elses_looks_like_what_is_not_there(command: str):
    others = run(command, "talk", "--as", "sam")
    absent = run(command, "never-was", "--as", "sam")
    assert isinstance(others.exception, NotFound)
    assert isinstance(absent.exception, NotFound)
    assert str(others.exception) == str(absent.exception)
    assert others.output == absent.output == ""


@pytest.mark.usefixtures("prefect_api")
def test_a_conversation_is_deleted_after_a_yes_and_nothing_of_it_is_found(own_home: Path):
    assert run("delete", "talk", "--as", "ana", typed="n\n").exit_code == 1
    assert run("show", "talk", "--as", "ana").exit_code == 0

    deleted = diarchy("sessions", "delete", "talk", "--as", "ana", "--yes", home=own_home)
    assert deleted.returncode == 0, deleted.stderr
    assert deleted.stdout.startswith("Deleted talk: 4 messages, ")
    assert deleted.stdout.endswith(" in every file of the stores: none found.\n")
    assert run("list", "--as", "ana").stdout == ""
    files = [file for file in own_home.rglob("*") if file.is_file()]
    assert not any(b"one of them in secret" in file.read_bytes() for file in files)
