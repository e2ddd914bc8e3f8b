"""Devices that can only POST: `POST /api/v1/push/<device>`, 200 once what they said is on record."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from aiohttp import hdrs, web
from multidict import CIMultiDict

from gateway import limits
from gateway.auth.throttle import LoginThrottle
from gateway.errors import BadInput, LinkLost, NotRecorded
from gateway.limits import RateLimit, network
from gateway.links.http_push import LARGEST_PICTURES, LARGEST_PLAIN, PushLink, Refusal
from gateway.model import Words
from gateway.web.api_errors import ApiError
from gateway.web.request_context import RequestContext
from gateway.web.route_handler import BodyTooLarge, read_body
from gateway.web.routes import DEVICE, Route

BODY_TIMEOUT_S = 15.0
MAX_WRONG_SECRETS = 30
"""A minute, for one device from one address, before the next has to wait for its answer."""
WRONG_SECRET = limits.Refusal("push", "no such device, or not its token")
MAX_CONCURRENT_LARGE = 8
"""Bodies with pictures that are read at the same time; the others wait for their turn."""
QUARANTINED_BYTES = 1024
"""Bytes of a body that is too large, for quarantine."""
_LONGEST_ID = 64
_HEAD_S = 5.0


class PushRoutes:
    """Remembers who came with wrong secrets."""

    def __init__(self, clock: Callable[[], float] = time.monotonic, slow: LoginThrottle | None = None) -> None:
        self._wrong = RateLimit(MAX_WRONG_SECRETS, timedelta(minutes=1), clock)
        self._slow = slow or LoginThrottle()
        self._large = asyncio.Semaphore(MAX_CONCURRENT_LARGE)

    def routes(self) -> tuple[Route, ...]:
        return (
            Route(
                "POST",
                "/api/v1/push/{device}",
                self.push,
                who=DEVICE,
                does="What a device that can only POST has to say; 200 once it is on record",
                raw="application/json",
                limit=LARGEST_PICTURES,
                seconds=BODY_TIMEOUT_S,
                refuses=(401, 429),
            ),
        )

    async def push(self, call: RequestContext[Any]) -> web.Response:
        link = await self._admitted(call)
        kind = call.request.headers.get(hdrs.CONTENT_TYPE, "")
        body = await self._body(link, call.request, link.settings.largest_of(kind))
        try:
            answer = await link.push(body, kind)
        except BadInput as error:
            why = Words.of(error.why)
            raise ApiError(400, Words(f"内容无法识别：{why.zh}", f"Not understood: {why.en}")) from error
        except LinkLost as error:
            words = Words("设备驱动未运行，请稍后再试", "The device's driver is not running, try again")
            raise ApiError(503, words, "not_ready") from error
        given = "application/json" if answer[:1] in {"{", "["} else "text/plain"
        return web.Response(text=answer, content_type=given)

    async def _body(self, link: PushLink, request: web.Request, most: int) -> bytes:
        """Raises TooLarge, once its first bytes are kept."""
        size = request.content_length
        held = self._large if size is None or size > LARGEST_PLAIN else contextlib.nullcontext()
        try:
            async with held:
                return await read_body(request, most, BODY_TIMEOUT_S)
        except BodyTooLarge as error:
            await self._too_large(link, request, error, most)
            raise

    async def _too_large(self, link: PushLink, request: web.Request, error: BodyTooLarge, most: int) -> None:
        head = error.head or await _beginning(request)
        size = f"{request.content_length}" if request.content_length is not None else f"> {most}"
        with contextlib.suppress(NotRecorded):
            await link.too_large(head, size)

    async def _admitted(self, call: RequestContext[Any]) -> PushLink:
        """The same answer for a wrong secret and for a device that there is not; the right one is never kept out."""
        device, address = call.part("device"), network(call.address)
        authorization = call.request.headers.get(hdrs.AUTHORIZATION, "")
        pushes = call.services.pushes
        admitted = pushes.admit(device, authorization, call.request.query.get, call.request.method)
        if admitted is Refusal.WRONG:  # who asks for a challenge guesses nothing
            who = address, device[:_LONGEST_ID]
            wait = self._wrong.wait_for(who)
            self._wrong.count(who)
            call.services.refusals.note(WRONG_SECRET, address=call.address)
            await self._slow.wait(address, wait)
        if isinstance(admitted, Refusal):
            words = Words("设备或其令牌不正确", "No such device, or not its token")
            stale = admitted is Refusal.STALE
            asked = CIMultiDict((hdrs.WWW_AUTHENTICATE, each) for each in pushes.challenges(stale=stale))
            raise ApiError(401, words, "not_signed_in", asked)
        return admitted


async def _beginning(request: web.Request) -> bytes:
    """What has come of a body that nobody will read."""
    try:
        async with asyncio.timeout(_HEAD_S):
            return await request.content.read(QUARANTINED_BYTES)
    except TimeoutError:
        return b""
