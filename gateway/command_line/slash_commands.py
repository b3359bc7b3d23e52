"""What begins with a slash is no message but an order to the conversation itself."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from domain.errors import InvalidInput
from domain.sessions import Route


class Order(StrEnum):
    """What a conversation can be told to do."""

    HELP = "help"
    SOURCES = "sources"
    OPEN = "open"
    REPORT = "report"
    HISTORY = "history"
    SESSIONS = "sessions"
    SWITCH = "switch"
    NEW = "new"
    ASK = "ask"
    RETRY = "retry"
    FORGET = "forget"
    QUIT = "quit"


@dataclass(frozen=True, slots=True)
class Usage:
    """How an order is typed, and what it does."""

    arguments: str
    meaning: str


USAGES = {
    Order.ASK: Usage("WHO TEXT", f"Ask {', '.join(Route)}; without TEXT, the last question again."),
    Order.SOURCES: Usage("", "What the last answer cites."),
    Order.OPEN: Usage("N", "The whole of its source N."),
    Order.REPORT: Usage("[full]", "The analysis behind it; full adds the appendix."),
    Order.RETRY: Usage("", "Send again what was not answered."),
    Order.HISTORY: Usage("[N]", "The last N messages, or 10."),
    Order.SESSIONS: Usage("", "Your conversations."),
    Order.SWITCH: Usage("ID", "Go on in another one: its id or its number in the list."),
    Order.NEW: Usage("", "Begin another one."),
    Order.FORGET: Usage("", "Delete this one and all that it left behind."),
    Order.HELP: Usage("", "This list."),
    Order.QUIT: Usage("", "Leave; so does Ctrl-D. Ctrl-C clears the line or stops the answer."),
}


@dataclass(frozen=True, slots=True)
class Given:
    """An order with what stands behind it."""

    order: Order
    argument: str

    def number(self, *, otherwise: int | None = None) -> int:
        """Return the argument as a number from 1 on. Raises `InvalidInput`."""
        if not self.argument and otherwise is not None:
            return otherwise
        if not (self.argument.isascii() and self.argument.isdecimal() and int(self.argument) > 0):
            raise InvalidInput(f"/{self.order} takes a number, such as /{self.order} 1")
        return int(self.argument)

    def route(self) -> tuple[Route, str]:
        """Return who is to answer, and what. Raises `InvalidInput`."""
        who, _, text = self.argument.partition(" ")
        try:
            return Route(who.lower()), text.strip()
        except ValueError:
            raise InvalidInput(f"/{self.order} takes one of {', '.join(Route)}") from None


def find_order(line: str) -> Given | None:
    """Return the order that *line* gives; None for a message. Raises `InvalidInput` for an unknown one."""
    if not line.startswith("/"):
        return None
    name, _, argument = line[1:].partition(" ")
    try:
        return Given(Order(name.strip().lower()), argument.strip())
    except ValueError:
        raise InvalidInput("no such command; /help lists them") from None
