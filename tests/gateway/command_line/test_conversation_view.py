"""What others wrote reaches the terminal as letters, whatever it would like to be."""

from __future__ import annotations

import re
from io import StringIO

from rich.console import Console

from gateway.command_line.conversation_view import ConversationView
from tests.presentation import samples

ORDERS = (
    "\x1b]0;owned\x07\x1b[2J\x9b31m\x1b]8;;http://evil.example\x1b\\ \r\x08 [red]bold[/red] :smile:"
)


def seen(*, on_terminal: bool, plant: str = "", text: str | None = None) -> str:
    output = StringIO()
    console = Console(
        file=output,
        force_terminal=on_terminal,
        width=200,
        markup=False,
        emoji=False,
        highlight=False,
        color_system="standard" if on_terminal else None,
    )
    view = ConversationView(console)
    session, messages = samples.conversation(plant, text=text)
    view.messages(messages, session.reader)
    view.sessions([session], session.session_id)
    view.document(f"Raw: {plant}")
    for message in messages:
        if message.answer is not None:
            view.sources(message.answer.cited, in_full=True)
    return output.getvalue()


def test_no_text_of_others_gives_the_terminal_an_order():
    for text in (None, f"Unescaped {ORDERS}"):
        shown = re.sub(r"\x1b\[[\d;]*m", "", seen(on_terminal=True, plant=ORDERS, text=text))
        assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]", shown)
        assert "[red]bold[/red]" in shown
        assert ":smile:" in shown
        assert not re.search(
            r"[\x00-\x08\x0b-\x1f\x7f-\x9f]", seen(on_terminal=False, plant=ORDERS)
        )


def test_an_answer_says_who_how_sure_why_how_secret_and_what_it_cites():
    for on_terminal in (True, False):
        shown = re.sub(r"\x1b\[[\d;]*m", "", seen(on_terminal=on_terminal))
        assert "Sophia, 0.82: It asks what it means." in shown
        assert "RESTRICTED" in shown
        assert "Missing: earlier sessions" in shown
        assert re.search(
            r"^\[1\] Cobalt supplier concentration \(restricted, RSK-114\)", shown, re.MULTILINE
        )
        assert "Not answered: timeout" in shown
