"""Devices that can only POST: `POST /api/v1/push/<device>`, 200 once what they said is on record."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from aiohttp import hdrs, web

from gateway.errors import BadInput, LinkLost
from gateway.limits import RateLimit, Refusal, network
from gateway.links.http_push import PushLink
from gateway.model import Words
from gateway.web.call import Call
from gateway.web.edge import read_body
from gateway.web.problems import Trouble
from gateway.web.routes import DEVICE, KIB, Route
from gateway.web.slow import SlowDown

LARGEST = 64 * KIB
SLOWEST_S = 15.0
WRONG_SECRETS = 30
"""A minute, for one device from one address, before the next has to wait for its answer."""
WRONG = Refusal("push", "no such device, or not its token")
_LONGEST_ID = 64


class Push:
    """Remembers who came with wrong secrets."""

    def __init__(self, clock: Callable[[], float] = time.monotonic, slow: SlowDown | None = None) -> None:
        self._wrong = RateLimit(WRONG_SECRETS, timedelta(minutes=1), clock)
        self._slow = slow or SlowDown()

    def routes(self) -> tuple[Route, ...]:
        return (
            Route(
                "POST",
                "/api/v1/push/{device}",
                self.push,
                who=DEVICE,
                does="What a device that can only POST has to say; 200 once it is on record",
                raw="application/json",
                limit=LARGEST,
                seconds=SLOWEST_S,
                refuses=(401, 429),
            ),
        )

    async def push(self, call: Call[Any]) -> web.Response:
        link = await self._admitted(call)
        body = await read_body(call.request, LARGEST, SLOWEST_S)
        try:
            answer = await link.push(body, call.request.headers.get(hdrs.CONTENT_TYPE, ""))
        except BadInput as error:
            why = Words.of(error.why)
            raise Trouble(400, Words(f"内容无法识别：{why.zh}", f"Not understood: {why.en}")) from error
        except LinkLost as error:
            words = Words("设备驱动未运行，请稍后再试", "The device's driver is not running, try again")
            raise Trouble(503, words, "not_ready") from error
        kind = "application/json" if answer[:1] in {"{", "["} else "text/plain"
        return web.Response(text=answer, content_type=kind)

    async def _admitted(self, call: Call[Any]) -> PushLink:
        """The same answer for a wrong secret and for a device that there is not; the right one is never kept out."""
        device, address = call.part("device"), network(call.address)
        authorization = call.request.headers.get(hdrs.AUTHORIZATION, "")
        link = call.services.pushes.admit(device, authorization, call.request.query.get)
        if link is None:
            who = address, device[:_LONGEST_ID]
            wait = self._wrong.wait_for(who)
            self._wrong.count(who)
            call.services.refusals.note(WRONG, address=call.address)
            await self._slow.wait(address, wait)
            words = Words("设备或其令牌不正确", "No such device, or not its token")
            raise Trouble(401, words, "not_signed_in", {hdrs.WWW_AUTHENTICATE: 'Basic realm="anju", charset="UTF-8"'})
        return link
