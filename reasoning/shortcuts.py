"""What has been worked out for a request, kept for as long as the request itself.

The phases ask the same things of the same evidence; each is worked out once for the arguments given. A
shortcut only: whoever lacks it works the result out again, so it is no part of a request's value, and it is
neither copied nor written out with one. Nothing read outlives the request.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import ParamSpec, TypeVar, cast

P = ParamSpec("P")
R = TypeVar("R")


class Shortcuts:
    """Results of pure functions by the arguments that they were called with."""

    def __init__(self) -> None:
        self._known: list[tuple[object, tuple[object, ...], dict[str, object], object]] = []

    def of(self, work: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        """Return `work(*args, **kwargs)`: as known where it was called with equal arguments before."""
        for function, positional, named, result in self._known:
            if function is work and positional == args and named == kwargs:
                return cast("R", result)
        result = work(*args, **kwargs)
        self._known.append((work, args, dict(kwargs), result))
        return result

    def __eq__(self, other: object) -> bool:
        """Two requests are equal whatever has been worked out for either."""
        return isinstance(other, Shortcuts)

    def __hash__(self) -> int:
        """Return the same for all, as they are equal."""
        return 0

    def __repr__(self) -> str:
        """Show nothing of what was read."""
        return "Shortcuts()"

    def __reduce__(self) -> tuple[type[Shortcuts], tuple[()]]:
        """Copy and pickle as empty: what was read stays here, and a request hashes the same throughout."""
        return Shortcuts, ()
