"""Processes that a test may kill, each forked by a server that has imported what takes seconds."""

from __future__ import annotations

import multiprocessing

PROCESSES = multiprocessing.get_context("forkserver")
"""Makes them: a process of its own all the same."""
PROCESSES.set_forkserver_preload(
    ["flows.ingest_knowledge", "sentence_transformers", "redis.asyncio"]
)
