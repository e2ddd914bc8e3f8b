"""A photograph from a camera of the running gateway, by its own API."""

from __future__ import annotations

import json
from pathlib import Path

import aiohttp

from gateway.errors import AnjuError

LIMIT = aiohttp.ClientTimeout(total=15)


def gateway_url(data: Path) -> str:
    """Of the demo in `data`, else where a gateway listens that was told nothing else."""
    try:
        return str(json.loads((data / "demo.json").read_text(encoding="utf-8"))["http"]).rstrip("/")
    except (OSError, ValueError, KeyError):
        return "http://127.0.0.1:8080"


async def snapshot(url: str, user: str, password: str, camera: str) -> bytes:
    """The newest picture as JPEG. Raises AnjuError with what is wrong."""
    try:
        async with aiohttp.ClientSession(timeout=LIMIT, cookie_jar=aiohttp.CookieJar(unsafe=True)) as session:
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
        why = str(json.loads(body)["error"]["message"])
    except (ValueError, KeyError, TypeError):
        why = response.reason or ""
    raise AnjuError(f"{what}: {response.status} {why}")
