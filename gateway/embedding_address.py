"""Where a home's own embedding service listens."""

from __future__ import annotations

from pathlib import Path

from storage.private_sockets import private_socket
from storage.settings import Settings


def home_socket(settings: Settings) -> Path:
    """Return the path of the service's socket."""
    return private_socket(settings.home.resolve() / "embeddings", "embeddings.sock")
