"""How a command fails: one clear line on standard error, and an exit code for scripts.

0 done, 1 failed, 2 bad usage, 3 denied. The line never shows content, only ids, fields and reasons;
`--debug` adds where the failure came from.
"""

from __future__ import annotations

import sys
import traceback

from pydantic import ValidationError

from domain.errors import AccessDenied, DiarchyError, InvalidInput, InvalidRecord
from gateway.command_line.invocation import get_invocation

FAILED = 1
USAGE = 2
DENIED = 3
INTERRUPTED = 130


def report_failure(error: BaseException) -> int:
    """Say on standard error what failed, and return the exit code."""
    cause = _single_cause(error)
    if get_invocation().debug:
        traceback.print_exception(error)
    if isinstance(cause, KeyboardInterrupt):
        return INTERRUPTED
    if isinstance(cause, BrokenPipeError):
        # Whoever read our output has gone; nothing more can be said to it, also not at exit.
        sys.stdout = None
        return FAILED
    sys.stderr.write(f"diarchy: {_sentence(cause)}\n")
    return _exit_code(cause)


def _single_cause(error: BaseException) -> BaseException:
    """Return what went wrong inside a group that holds only one error."""
    while isinstance(error, BaseExceptionGroup) and len(error.exceptions) == 1:
        error = error.exceptions[0]
    return error


def _exit_code(error: BaseException) -> int:
    if isinstance(error, AccessDenied):
        return DENIED
    if isinstance(error, ValidationError):
        return USAGE
    if isinstance(error, InvalidInput) and not isinstance(error, InvalidRecord):
        return USAGE
    return FAILED


def _sentence(error: BaseException) -> str:
    if isinstance(error, DiarchyError):
        return str(error)
    if isinstance(error, ValidationError):
        return "; ".join(
            f"{'.'.join(str(part) for part in detail['loc'])}: {detail['msg']}"
            for detail in error.errors(include_input=False, include_url=False)
        )
    if isinstance(error, OSError):
        name = f"{error.filename}: " if error.filename else ""
        return f"{name}{error.strerror or type(error).__name__}"
    # An unforeseen error's own words may quote content, so only its kind is said.
    return f"failed ({type(error).__name__}); `diarchy --debug ...` shows where"
