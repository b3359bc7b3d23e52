from __future__ import annotations

import json
import logging
from typing import Any

import pytest
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from domain.errors import StorageError
from storage.json_logs import JsonLines
from storage.log_context import log_ids
from storage.tracing import exporting_to, span, trace_id

SECRET = "secret-token-6119"  # noqa: S105 - what must not be found


@pytest.fixture
def lines(caplog: pytest.LogCaptureFixture) -> Any:
    """Return the records that were logged, each as its line says."""
    formatter = JsonLines()
    caplog.set_level(logging.INFO)
    return lambda: [json.loads(formatter.format(record)) for record in caplog.records]


def test_a_line_says_when_how_grave_who_and_what(lines: Any):
    logging.getLogger("diarchy.events").warning("%d events wait", 3)
    (line,) = lines()
    assert line["time"].endswith("+00:00")
    assert (line["level"], line["logger"]) == ("WARNING", "diarchy.events")
    assert line["message"] == "3 events wait"


def test_a_line_names_the_run_the_event_and_the_trace_that_it_belongs_to(
    caplog: pytest.LogCaptureFixture,
):
    formatter = JsonLines()
    record = logging.makeLogRecord({"msg": "on the way"})
    with (
        exporting_to(InMemorySpanExporter()),
        span("running"),
        log_ids(flow_run_id="run-1"),
        log_ids(event_id="event-1"),
    ):
        line = json.loads(formatter.format(record))
        assert line["trace_id"] == trace_id()
    assert (line["flow_run_id"], line["event_id"]) == ("run-1", "event-1")
    assert "event_id" not in json.loads(formatter.format(record))
    del caplog


def test_what_an_exception_says_stands_in_no_line(lines: Any):
    log = logging.getLogger("prefect.flow_runs")
    try:
        int(SECRET)
    except ValueError as error:
        log.exception("Encountered exception during execution: %r", error)  # noqa: TRY401 - as Prefect does
        log.exception(f"It said: {error}")  # noqa: G004, TRY401 - as careless code does
        log.error("It said: %s", error)  # noqa: TRY400 - as above
        log.error(error)  # noqa: TRY400 - as above
    assert SECRET not in json.dumps(lines())
    assert lines()[0]["error"] == "ValueError"
    assert "test_what_an_exception_says" in lines()[0]["place"]


def test_what_is_attached_to_a_record_stands_in_no_line(lines: Any):
    logging.getLogger("other").warning("something", extra={"parameters": SECRET})
    assert SECRET not in json.dumps(lines())


def test_our_own_errors_are_told_in_full_because_they_hold_no_content(lines: Any):
    logging.getLogger("diarchy.cache").warning("not cached: %s", StorageError("Redis is full"))
    assert lines()[0]["message"] == "not cached: Redis is full"


def test_a_message_of_several_lines_is_one_line():
    assert "\n" not in JsonLines().format(logging.makeLogRecord({"msg": "one\ntwo"}))
