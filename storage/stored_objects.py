"""The bytes that a level's index takes up: files of a folder, or objects under a prefix of a bucket.

A purge reads all of them to show that nothing is left. What a bucket keeps besides its current objects
(old versions, where versioning is on; replicas) cannot be seen from here: the operator must not let it.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, cast

from domain.errors import StorageError
from storage.index_location import IndexLocation

if TYPE_CHECKING:
    from pyarrow.fs import S3FileSystem

_READ_AHEAD = 1 << 22


def open_files(folder: Path) -> Iterator[BinaryIO]:
    """Yield every file under *folder*, open for the time of its turn."""
    for path in sorted(folder.rglob("*")):
        try:
            if path.is_file():
                with path.open("rb") as file:
                    yield file
        except FileNotFoundError:
            continue  # another process's, gone since it was listed


def open_objects(location: IndexLocation) -> Iterator[BinaryIO]:
    """Yield every object of a level's index, open for the time of its turn; raises `StorageError`."""
    with _translated_errors():
        bucket = _file_system(location.options)
        prefix = location.uri.partition("://")[2]
        from pyarrow.fs import FileSelector  # noqa: PLC0415 - only where objects are kept

        wanted = FileSelector(prefix, recursive=True, allow_not_found=True)
        found = sorted(info.path for info in bucket.get_file_info(wanted) if info.is_file)
    for path in found:
        with (
            _translated_errors(),
            bucket.open_input_stream(path, buffer_size=_READ_AHEAD) as stream,
        ):
            yield cast("BinaryIO", stream)


def _file_system(options: dict[str, str]) -> S3FileSystem:
    """Return the bucket's file system under the options that LanceDB takes for it."""
    from pyarrow.fs import S3FileSystem  # noqa: PLC0415 - as above

    given = {name.removeprefix("aws_"): value for name, value in options.items()}
    scheme, _, host = given.get("endpoint", "").rpartition("://")
    return S3FileSystem(
        access_key=given.get("access_key_id"),
        secret_key=given.get("secret_access_key"),
        session_token=given.get("session_token"),
        region=given.get("region"),
        endpoint_override=host or None,
        scheme=scheme or "https",
        force_virtual_addressing=given.get("virtual_hosted_style_request") == "true",
    )


@contextmanager
def _translated_errors() -> Generator[None]:
    try:
        yield
    except (OSError, ValueError) as error:
        # What the store says names buckets and keys.
        raise StorageError(
            f"the objects of the vector index cannot be read back: {type(error).__name__}"
        ) from None
