"""How the parts do, told as it changes: a live table on a terminal, a line a change elsewhere."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from rich.console import Console
from rich.live import Live
from rich.table import Table
from rich.text import Text


class Health(StrEnum):
    """How a part does."""

    STARTING = "starting"
    RUNNING = "running"
    SILENT = "does not answer"
    RESTARTING = "died, starts again"
    ENDED = "stopped"


_COLOURS = {
    Health.STARTING: "yellow",
    Health.RUNNING: "green",
    Health.SILENT: "red",
    Health.RESTARTING: "red",
    Health.ENDED: "dim",
}


@dataclass(frozen=True, slots=True)
class Status:
    """One part as it stands."""

    name: str
    health: Health
    address: str = ""
    pid: int | None = None
    note: str = ""

    def as_line(self) -> str:
        """Return the status as one line of text."""
        process = f"process {self.pid}" if self.pid else ""
        told = [one for one in (self.address, process, self.note) if one]
        return f"{self.name}: {self.health.value}" + (f" ({', '.join(told)})" if told else "")


class Board:
    """Keeps the status of every part and shows each change on *console*."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._statuses: dict[str, Status] = {}
        self._live: Live | None = None

    def showing(self) -> AbstractContextManager[Any]:
        """Show the table on a terminal as long as the block lasts; elsewhere lines come as they come."""
        if not self._console.is_terminal:
            return nullcontext()
        self._live = Live(console=self._console, auto_refresh=False, get_renderable=self._table)
        return self._live

    def tell(self, status: Status) -> None:
        """Show *status* when it differs from what was told of the part before."""
        if self._statuses.get(status.name) == status:
            return
        self._statuses[status.name] = status
        if self._live is None:
            self._console.print(status.as_line())
        else:
            self._live.refresh()

    def tell_ended(self) -> None:
        """Show every part as stopped."""
        for status in list(self._statuses.values()):
            self.tell(replace(status, health=Health.ENDED, pid=None, note=""))

    def say(self, sentence: str) -> None:
        """Print *sentence*, above the table where there is one."""
        self._console.print(sentence)

    def health_of(self, name: str) -> Health | None:
        """Return what was told of a part last."""
        status = self._statuses.get(name)
        return status and status.health

    def _table(self) -> Table:
        table = Table("part", "health", "address", "process", "", box=None, title_justify="left")
        for status in self._statuses.values():
            health = Text(status.health.value, style=_COLOURS[status.health])
            table.add_row(status.name, health, status.address, str(status.pid or ""), status.note)
        return table
