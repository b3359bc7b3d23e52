"""How every flow runs: checked parameters, and silent about content whatever goes wrong.

Prefect writes what a flow raises into its state and its logs, a refused parameter with its value, and,
where a profile asks for it, what a flow returns into files. A quiet flow tells no more of an error than a
step does, names a refused parameter without its value, keeps no result, and lets nothing that is printed
become a log line.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Coroutine
from typing import Any, ParamSpec, TypeVar

from prefect import Flow
from prefect import flow as prefect_flow
from prefect.task_runners import TaskRunner
from pydantic import ValidationError, validate_call
from pydantic_core import ErrorDetails

from domain.errors import InvalidInput
from tasks.sealed_results import NoResults, SealedSerializer
from tasks.silence import without_content

P = ParamSpec("P")
R = TypeVar("R")

_WORDS_OF_OTHERS = frozenset({"value_error", "assertion_error"})
"""Kinds of refusal whose sentence a validator wrote, maybe around the value."""


class InvalidParameters(InvalidInput):
    """A parameter of the run is not what was expected."""


def quiet_flow(
    *, name: str, run_name: str, task_runner: TaskRunner[Any] | None = None
) -> Callable[[Callable[P, Coroutine[Any, Any, R]]], Flow[P, Coroutine[Any, Any, R]]]:
    """Make an async function a flow; *run_name* may name parameters that hold no content.

    The flow raises `InvalidParameters`, Diarchy's own errors, and `StepFailed` in place of all others.
    """

    def decorate(
        function: Callable[P, Coroutine[Any, Any, R]],
    ) -> Flow[P, Coroutine[Any, Any, R]]:
        made = prefect_flow(
            name=name,
            flow_run_name=run_name,
            # Prefect's own check logs every parameter when one of them is refused.
            validate_parameters=False,
            persist_result=False,
            result_serializer=SealedSerializer(),
            log_prints=False,
            task_runner=task_runner,
        )(function)
        # A failed flow's exception is written whatever `persist_result` says.
        made.result_storage = NoResults()
        # Prefect has taken name, file and form from the function itself; it runs the guarded one.
        made.fn = _guarded(name, function)
        return made

    return decorate


def _guarded(
    name: str, function: Callable[P, Coroutine[Any, Any, R]]
) -> Callable[P, Coroutine[Any, Any, R]]:
    @functools.wraps(function)
    async def guarded(*args: P.args, **kwargs: P.kwargs) -> R:
        accepted = _accepted(function, args, kwargs)
        return await without_content(name, function(**accepted))  # pyright: ignore[reportCallIssue] - bound above

    return guarded


def _accepted(
    function: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]
) -> dict[str, Any]:
    """Return the arguments as their annotations want them. Raises `InvalidParameters`."""
    signature, accept = _acceptance(function)
    # By their names, so that a refusal can name them.
    given = signature.bind(*args, **kwargs).arguments
    try:
        return accept(**given)
    except ValidationError as error:
        refused = [_refusal(detail) for detail in error.errors(include_url=False)]
    # Raised out here: the error of the check holds the values, and must not hang on as context.
    raise InvalidParameters("; ".join(dict.fromkeys(refused)))


@functools.cache
def _acceptance(
    function: Callable[..., Any],
) -> tuple[inspect.Signature, Callable[..., dict[str, Any]]]:
    """Return the signature of *function*, and what checks named arguments by it and returns them.

    Made when they are first wanted: a flow that goes to another process goes without them.
    """

    def accept(**kwargs: Any) -> dict[str, Any]:
        return kwargs

    signature = inspect.signature(function, eval_str=True)
    by_name = [
        parameter.replace(kind=inspect.Parameter.KEYWORD_ONLY)
        for parameter in signature.parameters.values()
    ]
    accept.__signature__ = signature.replace(parameters=by_name)  # pyright: ignore[reportFunctionMemberAccess] - any function may carry one
    accept.__annotations__ = {parameter.name: parameter.annotation for parameter in by_name}
    return signature, validate_call(accept)


def _refusal(detail: ErrorDetails) -> str:
    """Return which parameter is refused and why, without its value and without names inside it."""
    parameter = str(detail["loc"][0]) if detail["loc"] else "parameters"
    value = detail["input"]
    quotes = str(value) in detail["msg"] if isinstance(value, (str, int, float)) else False
    if quotes or detail["type"] in _WORDS_OF_OTHERS:
        return f"{parameter}: {detail['type']}"
    return f"{parameter}: {detail['msg']}"
