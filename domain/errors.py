"""Everything that Diarchy raises on purpose.

A message may end up in a log, a Prefect state or a terminal, so it names ids, labels, fields and
counts, never content. What a reader may not see and what does not exist raise the same `NotFound`.
"""

from __future__ import annotations


class DiarchyError(Exception):
    """Something went wrong in Diarchy."""

    def __init__(self, message: str | None = None) -> None:
        super().__init__(message or (self.__doc__ or "").strip())


class AccessDenied(DiarchyError):
    """Access denied."""


class NotFound(DiarchyError):
    """No such item."""


class Conflict(DiarchyError):
    """Another write came first; read again and repeat."""


class InvalidInput(DiarchyError):
    """The input is not what was expected."""


class InvalidRecord(InvalidInput):
    """A record of a file is not what was expected.

    Carries where (`file`, `row` counted from 1, `field`) and what was expected (`reason`). The
    reason describes the expectation and never repeats the content.
    """

    def __init__(self, *, file: str, row: int | None, field: str | None, reason: str) -> None:
        self.file = file
        self.row = row
        self.field = field
        self.reason = reason
        place = file if row is None else f"{file}, row {row}"
        super().__init__(f"{place}, {field}: {reason}" if field else f"{place}: {reason}")


class StorageError(DiarchyError):
    """A store failed."""


class TransientStorageError(StorageError):
    """A store failed in a way that may pass; the same call may succeed when repeated."""


class RedisUnavailable(TransientStorageError):
    """Redis does not answer."""


class IndexMismatch(StorageError):
    """The index was built by another embedding model; run `diarchy reindex`."""


class ModelIntegrityError(StorageError):
    """The embedding model's weights are not the published ones."""


class SealBroken(StorageError):
    """A sealed value cannot be opened with this home's key."""


class ServerUnavailable(DiarchyError):
    """This home's Prefect server did not start."""
