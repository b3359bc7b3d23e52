"""Where a bulk ingest's tasks run: on the Dask cluster of the setting, else on one of this machine.

Whoever reaches a Dask scheduler runs code on its workers. So a scheduler is reached over TLS with
certificates, which Dask takes from its own configuration, and a cluster made here makes its own.
"""

from __future__ import annotations

import os

from distributed import Security
from prefect_dask.client import PrefectDaskClient
from prefect_dask.task_runners import DaskTaskRunner

from storage.settings import Settings

_MOST_LOCAL_WORKERS = 4


class ClusterTaskRunner(DaskTaskRunner):
    """Runs tasks on the cluster that the settings name when the first is submitted."""

    @property
    def client(self) -> PrefectDaskClient:
        """Return the client of the cluster, connecting to it (or making it) the first time."""
        if self._client is None and self._cluster is None and self.address is None:
            self.address = Settings().dask_scheduler
            if self.address is None:
                self.cluster_kwargs = {
                    # A process has a model of its own in memory.
                    "n_workers": max(2, min(_MOST_LOCAL_WORKERS, os.cpu_count() or 1)),
                    "threads_per_worker": 1,
                    "dashboard_address": None,
                    "security": Security.temporary(),
                }
        return super().client
