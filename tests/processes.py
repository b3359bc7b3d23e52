"""What tests need that start processes of their own."""

from __future__ import annotations

import socket
from contextlib import closing


def free_port() -> int:
    """Return a port of 127.0.0.1 on which nothing listens at the moment."""
    with closing(socket.socket()) as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])
