"""Results that Prefect keeps between retries, readable by this installation alone.

Prefect pickles what a task returns and keeps it, so that a retried flow run need not repeat the task.
Here the pickle is sealed before it is kept, in the truth, where whichever machine retries the run finds
it. Prefect's database names a result by a keyed digest, from which nobody works out what was asked.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cloudpickle
from prefect.cache_policies import DEFAULT, CachePolicy
from prefect.context import TaskRunContext
from prefect.exceptions import HashError
from prefect.filesystems import WritableFileSystem
from prefect.serializers import Serializer
from pydantic import Field

from storage.sealing import open_sealer
from tasks.stores import current_settings, flow_stores


class SealedSerializer(Serializer):  # pyright: ignore[reportMissingTypeArgument] - Prefect registers a generic's parameters as a type of its own
    """Pickles and seals; raises `SealBroken` for what another installation sealed."""

    type: str = Field(default="diarchy-sealed", frozen=True)

    def dumps(self, obj: Any) -> bytes:
        """Return *obj* pickled and sealed."""
        return open_sealer(current_settings()).seal(cloudpickle.dumps(obj))

    def loads(self, blob: bytes) -> Any:
        """Return the object that *blob* seals; only what this installation sealed is unpickled."""
        return cloudpickle.loads(open_sealer(current_settings()).open(blob))


class SharedResults(WritableFileSystem):
    """The results table of whichever stores the flow run uses."""

    _block_type_name = "Diarchy shared results"

    async def read_path(self, path: str) -> bytes:
        """Return what is kept as *path*; raise `ValueError` when nothing is."""
        async with flow_stores() as stores:
            kept = await stores.results.find(path)
        if kept is None:
            raise ValueError("no such result is kept")
        return kept

    async def write_path(self, path: str, content: bytes) -> None:
        """Keep *content* as *path*."""
        async with flow_stores() as stores:
            await stores.results.keep(path, content)

    def _resolve_path(self, path: str) -> None:
        """There are no folders: a result's name stands for itself."""


class NoResults(WritableFileSystem):
    """Keeps nothing: Prefect writes the exception of a failed flow somewhere, whatever it was told."""

    _block_type_name = "Diarchy no results"

    async def read_path(self, path: str) -> bytes:
        """Raise `ValueError`: nothing is kept."""
        raise ValueError(f"nothing is kept of {path}")

    async def write_path(self, path: str, content: bytes) -> None:
        """Let go of *content*."""

    def _resolve_path(self, path: str) -> None:
        """There are no folders."""


@dataclass
class NamedBySeal(CachePolicy):
    """Finds a kept result by its run, its task's code and its arguments, as Prefect's default does.

    Prefect's own key is a plain hash and stands in its database: who guesses a secret could try it there.
    This one is an HMAC under the installation's key.
    """

    def compute_key(
        self,
        task_ctx: TaskRunContext,
        inputs: dict[str, Any],
        flow_parameters: dict[str, Any],
        **kwargs: Any,
    ) -> str | None:
        """Return the key. Raises `HashError`, without content, for arguments that cannot be hashed."""
        try:
            key = DEFAULT.compute_key(task_ctx, inputs, flow_parameters, **kwargs)
        except HashError:
            key = ""
        if key == "":
            raise HashError("the arguments of this step cannot be hashed")
        return None if key is None else open_sealer(current_settings()).digest(key.encode())
