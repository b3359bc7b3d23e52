"""Where the lines of a conversation come from: a person at a terminal, or whatever writes to our input.

Nothing that is typed is written to any file: the lines to go back to come from the session's own messages,
and are held in memory only.
"""

from __future__ import annotations

import sys
import termios
from collections.abc import Generator, Iterable
from contextlib import contextmanager
from typing import TYPE_CHECKING, Protocol

from gateway.command_line.slash_commands import USAGES

if TYPE_CHECKING:
    from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent

_LOCAL_MODES = 3
"""Where `termios` keeps the modes of a terminal that have to do with its user."""


class Lines(Protocol):
    """Gives one message or order after the other."""

    async def next(self) -> str | None:
        """Return the next one, None at the end. Raises `KeyboardInterrupt` where it was taken back."""
        ...

    async def agrees(self, question: str) -> bool:
        """Ask *question* and return whether the answer is yes."""
        ...

    def recall(self, said: Iterable[str]) -> None:
        """Let *said*, oldest first, be what one can go back to."""
        ...


class PipedLines:
    """A line a message, for scripts."""

    async def next(self) -> str | None:
        """Return the next line of standard input."""
        return sys.stdin.readline() or None

    async def agrees(self, question: str) -> bool:
        """Take the next line for the answer."""
        del question
        return _is_yes(sys.stdin.readline())

    def recall(self, said: Iterable[str]) -> None:
        """Do nothing: nobody goes back."""


class TypedLines:
    """Lines as a person edits them; what is pasted stays one message, whatever its line ends."""

    def __init__(self, prompt: str) -> None:
        self._prompt = prompt
        self.recall(())

    async def next(self) -> str | None:
        """Return what was typed up to Enter. Ctrl-C raises `KeyboardInterrupt`."""
        try:
            return await self._session.prompt_async([("bold", self._prompt)])
        except EOFError:
            return None

    async def agrees(self, question: str) -> bool:
        """Ask on the terminal; Ctrl-C and Ctrl-D are a no."""
        from prompt_toolkit import PromptSession

        asking: PromptSession[str] = PromptSession()
        try:
            return _is_yes(await asking.prompt_async(f"{question} [yes/no] "))
        except (EOFError, KeyboardInterrupt):
            return False

    def recall(self, said: Iterable[str]) -> None:
        """Begin a history anew, so that nothing of another session is left in it."""
        from prompt_toolkit import PromptSession
        from prompt_toolkit.completion import WordCompleter
        from prompt_toolkit.history import InMemoryHistory
        from prompt_toolkit.shortcuts import CompleteStyle

        self._session: PromptSession[str] = PromptSession(
            history=InMemoryHistory(list(said)),
            completer=WordCompleter([f"/{order}" for order in USAGES], sentence=True),
            key_bindings=_line_breaks(),
            complete_style=CompleteStyle.READLINE_LIKE,
            enable_history_search=True,
            enable_suspend=True,
        )


@contextmanager
def silent_typing() -> Generator[None]:
    """Keep what is typed ahead from being written into what is shown; it waits for the next line."""
    terminal = sys.stdin.fileno()
    before = termios.tcgetattr(terminal)
    silent = termios.tcgetattr(terminal)
    silent[_LOCAL_MODES] &= ~termios.ECHO
    termios.tcsetattr(terminal, termios.TCSADRAIN, silent)
    try:
        yield
    finally:
        termios.tcsetattr(terminal, termios.TCSADRAIN, before)


def _line_breaks() -> KeyBindings:
    """Return what makes Alt and Enter begin a new line of the same message."""
    from prompt_toolkit.key_binding import KeyBindings

    bindings = KeyBindings()

    def begin_line(event: KeyPressEvent) -> None:
        event.current_buffer.insert_text("\n")

    bindings.add("escape", "enter")(begin_line)
    return bindings


def _is_yes(answer: str) -> bool:
    return answer.strip().lower() in {"y", "yes"}
