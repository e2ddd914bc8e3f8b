"""A person's side of the HTTP API: sign in, look, act."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Any

import aiohttp

from tests.support.gateway import Gateway

PASSWORD = "a-long-enough-password"


def enrol(gateway: Gateway, name: str = "guard", role: str = "supervisor") -> None:
    """Add the account with `anju users add`, as an installer does."""
    gateway.command("users", "add", name, "--role", role, "--password-stdin", say=f"{PASSWORD}\n")


class Api:
    def __init__(self, session: aiohttp.ClientSession) -> None:
        self.session = session

    async def sign_in(self, name: str = "guard") -> None:
        await self.post("session", {"user": name, "password": PASSWORD})

    async def get(self, path: str, **query: str) -> Any:
        async with self.session.get(f"/api/v1/{path}", params=query) as response:
            response.raise_for_status()
            return await response.json()

    async def post(self, path: str, body: dict[str, Any]) -> Any:
        async with self.session.post(f"/api/v1/{path}", json=body) as response:
            response.raise_for_status()
            return await response.json()

    async def alerts(self, state: str = "open") -> list[dict[str, Any]]:
        items: list[dict[str, Any]] = (await self.get("alerts", state=state))["items"]
        return items

    async def close(self, alert: str) -> None:
        await self.post(f"alerts/{alert}/acknowledge", {})
        await self.post(f"alerts/{alert}/close", {"disposition": "test"})


@contextlib.asynccontextmanager
async def api(gateway: Gateway) -> AsyncIterator[Api]:
    """Cookies are kept over restarts of the gateway."""
    jar = aiohttp.CookieJar(unsafe=True)  # the demo's host is an address, not a name
    timeout = aiohttp.ClientTimeout(total=10)
    async with aiohttp.ClientSession(gateway.url, cookie_jar=jar, timeout=timeout) as session:
        yield Api(session)


async def eventually(check: Any, seconds: float = 15, pause: float = 0.1) -> Any:
    """What `await check()` gives once it is true; TimeoutError when it never is."""
    async with asyncio.timeout(seconds):
        while not (found := await check()):
            await asyncio.sleep(pause)
        return found
