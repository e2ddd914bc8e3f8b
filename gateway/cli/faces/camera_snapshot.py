"""Gets a camera's snapshot from the running gateway over its HTTP API."""

from __future__ import annotations

import json
from pathlib import Path

import aiohttp

from gateway.errors import AnjuError

TIMEOUT = aiohttp.ClientTimeout(total=15)


def find_gateway_url(data: Path) -> str:
    """The URL of the demo in `data`, else the gateway's default."""
    try:
        return str(json.loads((data / "demo.json").read_text(encoding="utf-8"))["http"]).rstrip("/")
    except (OSError, ValueError, KeyError):
        return "http://127.0.0.1:8080"


async def snapshot(url: str, user: str, password: str, camera: str) -> bytes:
    """The newest picture as JPEG. Raises AnjuError if signing in or the request fails."""
    try:
        # unsafe=True: aiohttp otherwise drops cookies of a host given by its IP address.
        async with aiohttp.ClientSession(timeout=TIMEOUT, cookie_jar=aiohttp.CookieJar(unsafe=True)) as session:
            await _ask(session.post(f"{url}/api/v1/session", json={"user": user, "password": password}), "sign in")
            return await _ask(session.get(f"{url}/api/v1/cameras/{camera}/snapshot.jpg"), f"the picture of {camera}")
    except (aiohttp.ClientError, TimeoutError) as error:
        raise AnjuError(f"no gateway answers at {url}: {error or 'it took too long'}") from error


async def _ask(request: aiohttp.client._RequestContextManager, what: str) -> bytes:
    async with request as response:
        body = await response.read()
        if response.ok:
            return body
    try:
        reason = str(json.loads(body)["error"]["message"])
    except (ValueError, KeyError, TypeError):
        reason = response.reason or ""
    raise AnjuError(f"{what}: {response.status} {reason}")
