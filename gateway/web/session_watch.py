"""Closes a WebSocket when the session behind it ends."""

from __future__ import annotations

import asyncio
from typing import Any

from aiohttp import web

from gateway.auth.session_check import CLOSE_SESSION_ENDED, session_is_valid
from gateway.web.request_context import RequestContext

INTERVAL_S = 5.0
"""How often the session is checked: a signed-out or demoted user sees no more than this."""


async def close_when_session_ends(socket: web.WebSocketResponse, context: RequestContext[Any]) -> None:
    """Return after closing the socket with CLOSE_SESSION_ENDED. Runs until then or until cancelled."""
    while True:
        await asyncio.sleep(INTERVAL_S)
        if not await session_is_valid(context.services.accounts, context.identity):
            await socket.close(code=CLOSE_SESSION_ENDED, message=b"the session has ended")
            return
