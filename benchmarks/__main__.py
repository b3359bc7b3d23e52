"""Run benchmarks: `python -m benchmarks [NAME ...] [--retrieval-data FOLDER]`; all without a name."""

from __future__ import annotations

import argparse
import asyncio
import os
from importlib import import_module
from pathlib import Path

from benchmarks.report import print_machine

NAMES = (
    "ingest_throughput",
    "search_latency",
    "analysis_time",
    "conversation_time",
    "cache_latency",
    "event_throughput",
    "run_overhead",
    "routing",
    "domain_routing",
    "follow_up_retrieval",
    "retrieval_quality",
    "grounding",
)


def main() -> None:
    """Run what the arguments name, one after the other."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"one of: {', '.join(NAMES)}")
    parser.add_argument(
        "--retrieval-data",
        type=Path,
        metavar="FOLDER",
        help="sets of corpus.jsonl, queries.jsonl and qrels.tsv, in FOLDER or below it",
    )
    arguments = parser.parse_args()
    unknown = sorted(set(arguments.names) - set(NAMES))
    if unknown:
        parser.error(f"no benchmark is called {', '.join(unknown)}; there are {', '.join(NAMES)}")
    # Lance warns, at each search, of columns that a future version will leave out.
    os.environ.setdefault("LANCEDB_LOG", "error")
    os.environ.setdefault("PREFECT_LOGGING_LEVEL", "ERROR")
    print_machine()
    for name in arguments.names or NAMES:
        asyncio.run(import_module(f"benchmarks.{name}").run(arguments.retrieval_data))


if __name__ == "__main__":
    main()
