"""How the processes of an installation log: as text, or as JSON for those who collect logs."""

from __future__ import annotations

import os
from pathlib import Path

import deployments
from storage.settings import LogFormat, Settings

JSON_LOGGING = Path(deployments.__file__).parent / "json_logging.yml"


def set_up_logging(settings: Settings) -> None:
    """Let this process and those that it starts log as *settings* say; call it before Prefect is imported."""
    if settings.log_format is LogFormat.JSON:
        from storage.json_logs import log_as_json  # noqa: PLC0415 - for those who ask for it

        log_as_json()
        os.environ.setdefault("PREFECT_LOGGING_SETTINGS_PATH", str(JSON_LOGGING))
