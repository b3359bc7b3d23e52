"""Typing at a terminal: real prompt_toolkit, fed through a pipe in place of a keyboard."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from prompt_toolkit.application import create_app_session
from prompt_toolkit.input import PipeInput, create_pipe_input
from prompt_toolkit.output import DummyOutput

from gateway.command_line.lines import TypedLines

UP, CTRL_C, CTRL_D, ALT_ENTER = "\x1b[A", "\x03", "\x04", "\x1b\r"


@pytest.fixture
def keyboard() -> Iterator[PipeInput]:
    """What a test sends here is typed."""
    with create_pipe_input() as pipe, create_app_session(input=pipe, output=DummyOutput()):
        yield pipe


async def test_what_is_pasted_stays_one_message_and_alt_enter_adds_a_line(keyboard: PipeInput):
    lines = TypedLines("ana> ")
    keyboard.send_text("\x1b[200~one\r\ntwo\x1b[201~\r")
    assert await lines.next() == "one\ntwo"
    keyboard.send_text(f"three{ALT_ENTER}four\r")
    assert await lines.next() == "three\nfour"


async def test_ctrl_c_takes_a_line_back_and_ctrl_d_ends(keyboard: PipeInput):
    lines = TypedLines("ana> ")
    keyboard.send_text(f"never mind{CTRL_C}")
    with pytest.raises(KeyboardInterrupt):
        await lines.next()
    keyboard.send_text(CTRL_D)
    assert await lines.next() is None


async def test_lines_to_go_back_to_are_those_given_and_are_gone_with_the_next(
    keyboard: PipeInput, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    lines = TypedLines("ana> ")
    lines.recall(["first", "second"])
    keyboard.send_text(f"{UP}{UP}\r")
    assert await lines.next() == "first"
    lines.recall(())
    keyboard.send_text(f"{UP}anew\r")
    assert await lines.next() == "anew"
    assert os.listdir(tmp_path) == []  # noqa: PTH208 - a look at one folder


@pytest.mark.parametrize(("typed", "agreed"), [("yes\r", True), ("\r", False), (CTRL_C, False)])
async def test_only_a_yes_agrees(keyboard: PipeInput, typed: str, agreed: bool):
    keyboard.send_text(typed)
    assert await TypedLines("ana> ").agrees("Delete it?") is agreed
