"""What the Prefect API says of runs, pools and schedules, asked over HTTP within short bounds of time.

Prefect's own client takes seconds to import and waits long for a server that is gone; who only wants to
know how things are cannot wait for either.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any, cast

import httpx

from domain.errors import ServerUnavailable
from gateway.prefect_server import PrefectServer
from storage.settings import Settings

_SECONDS = 3.0
_PAGE = 200


class PrefectApi:
    """One Prefect API."""

    def __init__(
        self, url: str, *, headers: Mapping[str, str], auth: httpx.BasicAuth | None
    ) -> None:
        self.url = url
        self._headers = dict(headers)
        self._auth = auth

    async def is_healthy(self) -> bool:
        """Return whether it answers that it is well."""
        try:
            await self.get("/health")
        except ServerUnavailable:
            return False
        return True

    async def get(self, path: str) -> Any:
        """Return the answer to GET *path*. Raises `ServerUnavailable`."""
        return await self._ask("GET", path, None)

    async def list(self, path: str, **wanted: Any) -> list[dict[str, Any]]:
        """Return the first 200 of what POST *path* finds. Raises `ServerUnavailable`."""
        found = await self._ask("POST", path, {"limit": _PAGE, **wanted})
        return cast("list[dict[str, Any]]", found)

    async def count(self, path: str, **wanted: Any) -> int:
        """Return how many POST *path* counts. Raises `ServerUnavailable`."""
        return int(await self._ask("POST", path, wanted))

    async def _ask(self, method: str, path: str, body: Any) -> Any:
        try:
            async with httpx.AsyncClient(
                timeout=_SECONDS, trust_env=False, headers=self._headers, auth=self._auth
            ) as client:
                answer = await client.request(method, f"{self.url}{path}", json=body)
        except httpx.HTTPError as error:
            raise ServerUnavailable(
                f"the Prefect API at {self.url} does not answer: {type(error).__name__}"
            ) from None
        if not answer.is_success:
            raise ServerUnavailable(
                f"the Prefect API at {self.url} answers {answer.status_code} to {path}"
            )
        return answer.json()


def find_prefect_api(settings: Settings) -> PrefectApi | None:
    """Return the API that flows of this process run against; None while the home's own does not run."""
    given = os.environ.get("PREFECT_API_URL")
    if not given:
        running = PrefectServer(settings.home).find_running()
        return None if running is None else PrefectApi(running.api_url, headers={}, auth=None)
    headers: dict[str, str] = {}
    key, secret = os.environ.get("PREFECT_API_KEY"), os.environ.get("PREFECT_API_AUTH_STRING")
    if key:
        headers["Authorization"] = f"Bearer {key}"
    auth = None
    if secret:
        user, _, password = secret.partition(":")
        auth = httpx.BasicAuth(user, password)
    return PrefectApi(given.rstrip("/"), headers=headers, auth=auth)
