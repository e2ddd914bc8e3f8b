"""Devices that can only send HTTP: `POST /api/v1/push/<device>`, 200 once the message is recorded."""

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
from gateway.web.body import BodyTooLarge, read_body
from gateway.web.request_context import RequestContext
from gateway.web.routes import DEVICE, Route

BODY_TIMEOUT_S = 15.0
MAX_WRONG_SECRETS = 30
"""Wrong secrets per minute, device and address, before further answers are delayed."""
WRONG_SECRET = limits.Refusal("push", "no such device, or not its token")
MAX_CONCURRENT_LARGE = 8
"""Bodies with pictures that are read at the same time; others wait, to bound the memory they take."""
QUARANTINED_BYTES = 1024
"""How much of a body that is too large goes to quarantine."""
_MAX_ID_LENGTH = 64
_HEAD_TIMEOUT_S = 5.0


class PushRoutes:
    """Receives pushed messages, and delays clients that try wrong secrets."""

    def __init__(self, clock: Callable[[], float] = time.monotonic, throttle: LoginThrottle | None = None) -> None:
        self._wrong_secrets = RateLimit(MAX_WRONG_SECRETS, timedelta(minutes=1), clock)
        self._throttle = throttle or LoginThrottle()
        self._large = asyncio.Semaphore(MAX_CONCURRENT_LARGE)

    def routes(self) -> tuple[Route, ...]:
        """The push route."""
        return (
            Route(
                "POST",
                "/api/v1/push/{device}",
                self.push,
                allowed=DEVICE,
                summary="A message from a device that can only send HTTP; 200 once it is recorded",
                media_type="application/json",
                max_body_bytes=LARGEST_PICTURES,
                body_timeout_s=BODY_TIMEOUT_S,
                extra_errors=(401, 429),
            ),
        )

    async def push(self, context: RequestContext[Any]) -> web.Response:
        """Handler of POST /api/v1/push/{device}. The driver decides what the device is answered."""
        link = await self._authenticate(context)
        content_type = context.request.headers.get(hdrs.CONTENT_TYPE, "")
        body = await self._read_body(link, context.request, link.settings.largest_of(content_type))
        try:
            answer = await link.push(body, content_type)
        except BadInput as error:
            why = Words.of(error.why)
            raise ApiError(400, Words(f"内容无法识别：{why.zh}", f"Not understood: {why.en}")) from error
        except LinkLost as error:
            words = Words("设备驱动未运行，请稍后再试", "The device's driver is not running, try again")
            raise ApiError(503, words, "not_ready") from error
        answer_type = "application/json" if answer[:1] in {"{", "["} else "text/plain"
        return web.Response(text=answer, content_type=answer_type)

    async def _read_body(self, link: PushLink, request: web.Request, limit: int) -> bytes:
        """Raises BodyTooLarge after the first bytes of the body were put in quarantine."""
        size = request.content_length
        slot = self._large if size is None or size > LARGEST_PLAIN else contextlib.nullcontext()
        try:
            async with slot:
                return await read_body(request, limit, BODY_TIMEOUT_S)
        except BodyTooLarge as error:
            await self._quarantine(link, request, error, limit)
            raise

    async def _quarantine(self, link: PushLink, request: web.Request, error: BodyTooLarge, limit: int) -> None:
        head = error.head or await _read_head(request)
        size = f"{request.content_length}" if request.content_length is not None else f"> {limit}"
        with contextlib.suppress(NotRecorded):  # the client gets its 413 even when the disk is full
            await link.too_large(head, size)

    async def _authenticate(self, context: RequestContext[Any]) -> PushLink:
        """The device's link. Raises ApiError (401), the same for a wrong secret and for an unknown device.

        The right secret is accepted at once, however many wrong ones came before.
        """
        device, address = context.path_param("device"), network(context.address)
        authorization = context.request.headers.get(hdrs.AUTHORIZATION, "")
        pushes = context.services.pushes
        admitted = pushes.admit(device, authorization, context.request.query.get, context.request.method)
        if admitted is Refusal.WRONG:  # a request for a digest challenge is not a guess
            key = address, device[:_MAX_ID_LENGTH]
            delay = self._wrong_secrets.wait_for(key)
            self._wrong_secrets.count(key)
            context.services.refusals.note(WRONG_SECRET, address=context.address)
            await self._throttle.wait(address, delay)
        if isinstance(admitted, Refusal):
            words = Words("设备或其令牌不正确", "No such device, or not its token")
            stale = admitted is Refusal.STALE
            challenges = CIMultiDict((hdrs.WWW_AUTHENTICATE, each) for each in pushes.challenges(stale=stale))
            raise ApiError(401, words, "not_signed_in", challenges)
        return admitted


async def _read_head(request: web.Request) -> bytes:
    """The first bytes of a body that is rejected by its Content-Length."""
    try:
        async with asyncio.timeout(_HEAD_TIMEOUT_S):
            return await request.content.read(QUARANTINED_BYTES)
    except TimeoutError:
        return b""
