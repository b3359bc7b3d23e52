"""Traces across processes: a span a flow run, a step and the handling of an event, sent over OTLP.

Off unless the environment says where to send them; then nothing of OpenTelemetry is imported. A span
carries names, ids, labels and counts, and of an error its type. The provider is Diarchy's own and never
the process's: Prefect writes parameters' names and exceptions' texts into the spans of a global one.
"""

from __future__ import annotations

import os
import re
from collections.abc import Generator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from contextvars import ContextVar
from typing import TYPE_CHECKING, NamedTuple

from storage.settings import Settings

if TYPE_CHECKING:
    from opentelemetry.sdk.trace.export import SpanExporter
    from opentelemetry.trace import Span, Tracer

Attribute = str | int | bool

_ENDPOINTS = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")
_SECONDS = 3.0
"""How long a collector that does not answer may hold up the end of a process."""
_TRACE_PARENT = re.compile(r"00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})")


class _Tracing(NamedTuple):
    """Where spans of this process go; None for nowhere."""

    tracer: Tracer | None


_of_process: list[_Tracing] = []
"""Empty until somebody asks, then one: making it reads the environment."""
_current: ContextVar[Span | None] = ContextVar("diarchy_span", default=None)


def span(
    name: str, *, parent: str | None = None, consumes: bool = False, **attributes: Attribute | None
) -> AbstractContextManager[None]:
    """Record the block as a span within the present one, or within *parent*, a W3C `traceparent`.

    *attributes* without a value are left out.
    """
    tracer = _tracing().tracer
    if tracer is None:
        return nullcontext()
    given = {key: value for key, value in attributes.items() if value is not None}
    return _recorded(tracer, name, parent, consumes=consumes, attributes=given)


def trace_parent() -> str | None:
    """Return the present span as a W3C `traceparent`, to be carried to another process."""
    present = _current.get()
    if present is None:
        return None
    told = present.get_span_context()
    return f"00-{told.trace_id:032x}-{told.span_id:016x}-{int(told.trace_flags):02x}"


def trace_id() -> str | None:
    """Return the id of the present trace, hexadecimal."""
    present = trace_parent()
    return None if present is None else present.split("-")[1]


@contextmanager
def exporting_to(exporter: SpanExporter) -> Generator[None]:
    """Send the spans that end in the block to *exporter*, each as it ends."""
    from opentelemetry.sdk.trace.export import SimpleSpanProcessor  # noqa: PLC0415 - see above

    before = list(_of_process)
    _of_process[:] = [_Tracing(_make_tracer(SimpleSpanProcessor(exporter)))]
    try:
        yield
    finally:
        _of_process[:] = before


@contextmanager
def _recorded(
    tracer: Tracer,
    name: str,
    parent: str | None,
    *,
    consumes: bool,
    attributes: dict[str, Attribute],
) -> Generator[None]:
    from opentelemetry.context import Context  # noqa: PLC0415 - only where tracing is on
    from opentelemetry.trace import SpanKind, StatusCode, set_span_in_context  # noqa: PLC0415

    above = _current.get() if parent is None else _remote(parent)
    recorded = tracer.start_span(
        name,
        context=Context() if above is None else set_span_in_context(above, Context()),
        kind=SpanKind.CONSUMER if consumes else SpanKind.INTERNAL,
        attributes={f"diarchy.{key}": value for key, value in attributes.items()},
    )
    token = _current.set(recorded)
    try:
        yield
    except BaseException as error:
        # What an error says may be content; only its type is not.
        recorded.set_attribute("error.type", type(error).__name__)
        recorded.set_status(StatusCode.ERROR)
        raise
    finally:
        _current.reset(token)
        recorded.end()


def _remote(parent: str) -> Span | None:
    """Return the span of another process; None when *parent* names none."""
    from opentelemetry.trace import NonRecordingSpan, SpanContext, TraceFlags  # noqa: PLC0415

    told = _TRACE_PARENT.fullmatch(parent)
    if told is None:
        return None
    trace, span_id, flags = (int(part, 16) for part in told.groups())
    return NonRecordingSpan(
        SpanContext(trace, span_id, is_remote=True, trace_flags=TraceFlags(flags))
    )


def _tracing() -> _Tracing:
    if not _of_process:
        _of_process.append(_Tracing(_tracer_of_environment()))
    return _of_process[0]


def _tracer_of_environment() -> Tracer | None:
    wanted = Settings().tracing
    if wanted is None:
        wanted = any(os.environ.get(name) for name in _ENDPOINTS)
    if not wanted:
        return None
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter  # noqa: PLC0415
    from opentelemetry.sdk.trace.export import BatchSpanProcessor  # noqa: PLC0415

    given = "OTEL_EXPORTER_OTLP_TIMEOUT" in os.environ
    exporter = OTLPSpanExporter() if given else OTLPSpanExporter(timeout=_SECONDS)
    return _make_tracer(BatchSpanProcessor(exporter))


def _make_tracer(processor: object) -> Tracer:
    from opentelemetry.sdk.resources import Resource  # noqa: PLC0415
    from opentelemetry.sdk.trace import SpanProcessor, TracerProvider  # noqa: PLC0415

    name = os.environ.get("OTEL_SERVICE_NAME", "diarchy")
    provider = TracerProvider(resource=Resource.create({"service.name": name}))
    assert isinstance(processor, SpanProcessor)  # noqa: S101
    provider.add_span_processor(processor)
    return provider.get_tracer("diarchy")
