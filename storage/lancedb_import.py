"""Importing LanceDB in a third of the time, for processes that live for one run.

LanceDB comes with a client for its REST service: classes for every call, whose arguments pydantic checks and
prepares for when they are imported. A database on a disk or in a bucket never calls them. Their package is
put in place unread: its parts import as ever, and whoever asks the package itself for a name has it read.
"""

from __future__ import annotations

import gc
import importlib.util
import sys
from importlib import import_module
from typing import Any

_REST_CLIENT = "lance_namespace_urllib3_client"


def import_lancedb() -> None:
    """Import LanceDB and what of Diarchy stands on it; takes a moment, so call it in a thread."""
    if _REST_CLIENT not in sys.modules:
        _put_in_place_unread(_REST_CLIENT)
    # Thousands of classes come with it, all of them to stay: the collector would look through them again
    # and again for garbage.
    was_collecting = gc.isenabled()
    gc.disable()
    try:
        import_module("storage.level_table")
    finally:
        if was_collecting:
            gc.enable()


def _put_in_place_unread(package: str) -> None:
    spec = importlib.util.find_spec(package)
    if spec is None or spec.loader is None:
        return
    loader, module = spec.loader, importlib.util.module_from_spec(spec)

    def read_then_get(name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        vars(module).pop("__getattr__", None)
        loader.exec_module(module)
        return getattr(module, name)

    # PEP 562: called for a name that the module lacks.
    vars(module)["__getattr__"] = read_then_get
    sys.modules[package] = module
