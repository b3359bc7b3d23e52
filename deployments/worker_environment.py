"""What every process that runs flows is told about the Prefect API: to wait for it when it is away.

One place for all ways of starting workers and dispatchers: a laptop's command, compose, Kubernetes.
"""

from __future__ import annotations

WORKER_SETTINGS = {
    # Waits of 2, 4, 8, ... seconds: an API that is away for two minutes fails no run.
    "PREFECT_CLIENT_MAX_RETRIES": "6",
    # A server whose own Redis is away answers 500, a load balancer without servers 504.
    "PREFECT_CLIENT_RETRY_EXTRA_CODES": "500,504",
    "DO_NOT_TRACK": "1",
    # Code that logs outside a run is no mistake here.
    "PREFECT_LOGGING_TO_API_WHEN_MISSING_FLOW": "ignore",
}


def worker_environment(api_url: str) -> dict[str, str]:
    """Return the environment variables of a process that runs flows against the API at *api_url*."""
    return {**WORKER_SETTINGS, "PREFECT_API_URL": api_url}
