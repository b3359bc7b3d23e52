"""Log lines as JSON objects: when, how grave, who tells it, what, and for which run, event and trace.

A line holds the message and ids, and nothing else that somebody attached to it. Of an exception it names
the type and the place: what an exception says may be content, also where it stands in the message.
"""

from __future__ import annotations

import logging
import sys
from datetime import UTC, datetime
from typing import Any

from pythonjsonlogger.json import JsonFormatter

from domain.errors import DiarchyError
from storage.log_context import present_ids
from storage.tracing import trace_id

_RUN_IDS = ("flow_run_id", "task_run_id")


class JsonLines(JsonFormatter):
    """One JSON object a line."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line of *record*."""
        line: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, tz=UTC).isoformat(),
            "level": record.levelname,
            "logger": record.name,
            "message": _message(record),
        }
        for name in _RUN_IDS:
            told = getattr(record, name, None)
            if told:
                line[name] = str(told)
        line |= {name: value for name, value in present_ids().items() if name not in line}
        if (trace := trace_id()) is not None:
            line["trace_id"] = trace
        error = record.exc_info[1] if record.exc_info else None
        if error is not None:
            line["error"] = type(error).__name__
            line["place"] = _place(error)
        return self.serialize_log_record(line)


def log_as_json() -> None:
    """Let this process log as JSON on standard error, what is below warnings of its own parts only."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines())
    logging.getLogger().handlers[:] = [handler]
    logging.getLogger("diarchy").setLevel(logging.INFO)


def _message(record: logging.LogRecord) -> str:
    args = record.args
    if isinstance(args, tuple):
        args = tuple(_without_words(one) for one in args)
    message = str(record.msg) % args if args else str(_without_words(record.msg))
    error = record.exc_info[1] if record.exc_info else None
    if error is not None and not isinstance(error, DiarchyError) and str(error):
        message = message.replace(str(error), type(error).__name__)
    return message


def _without_words(value: object) -> object:
    """Return the type's name of an error that is not ours; anything else as it is."""
    if isinstance(value, BaseException) and not isinstance(value, DiarchyError):
        return type(value).__name__
    return value


def _place(error: BaseException) -> str:
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    if trace is None:
        return ""
    code = trace.tb_frame.f_code
    return f"{code.co_name}, line {trace.tb_lineno}"
