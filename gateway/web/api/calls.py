"""Calls of door stations: which there are, and the sound of the one a guard answered.

The state of calls reaches a page as signals (call.*); it asks for the list then. Answering, hanging up and
opening the door are commands of the station, by POST /api/v1/devices/{id}/commands.
"""

from __future__ import annotations

import asyncio
from typing import Any

import structlog
from aiohttp import WSCloseCode, WSMsgType, web

from gateway.auth.session_check import SESSION_ENDED, session_holds
from gateway.errors import AnjuError, Conflict, NotFound
from gateway.model import DeviceType, Words
from gateway.protocols.sip.audio import AudioSession
from gateway.protocols.sip.calls import StationCall
from gateway.protocols.sip.link import SipLink
from gateway.protocols.sip.rtp import FRAME_BYTES
from gateway.web.problems import Trouble
from gateway.web.request_context import RequestContext
from gateway.web.responses import CallList, CallUnlock, CallView
from gateway.web.routes import GUARDS, Route
from gateway.web.serializers import words_view
from gateway.web.services import Services

log = structlog.get_logger(__name__)
LOOK_S = 5.0
"""How often it is asked whether the session still stands."""
_SEND_S = 5.0
_HEARTBEAT_S = 5.0
"""Half of it without an answer, and the place is free for the same guard's next page."""
_MOST_BYTES = FRAME_BYTES * 10
"""Of one message: 200 ms of sound."""
SOUND = "16-bit little-endian samples, 16 kHz, one channel"


async def current(call: RequestContext[Any]) -> CallList:
    now = asyncio.get_running_loop().time()
    return CallList(items=[_view(call.services, link, each, now) for link, each in call.services.calls.active_calls()])


class CallSound:
    """Every socket that carries the sound of a call; `close` ends them all when the gateway stops."""

    def __init__(self) -> None:
        self._sockets: set[web.WebSocketResponse] = set()

    async def serve(self, call: RequestContext[Any]) -> web.WebSocketResponse:
        """Refused before it is opened, unless it is the asker's own answered call."""
        call_id, user = call.part("id"), call.me.user
        link = _link_of(call, call_id)
        try:
            link.check(call_id, user)
        except Conflict as error:
            raise Trouble(409, Words("这通对讲不由您接听", "This call is not yours to talk in"), "not_yours") from error
        socket = web.WebSocketResponse(heartbeat=_HEARTBEAT_S, compress=False, max_msg_size=_MOST_BYTES)
        self._sockets.add(socket)
        try:
            await socket.prepare(call.request)
            await _converse(socket, call, link)
        finally:
            self._sockets.discard(socket)
        return socket

    async def close(self) -> None:
        for socket in list(self._sockets):
            await socket.close(code=WSCloseCode.GOING_AWAY, message=b"the gateway stops")

    def routes(self) -> tuple[Route, ...]:
        return (
            Route(
                "GET",
                "/api/v1/calls",
                current,
                who=GUARDS,
                does="Calls between door stations and the guard room that are not ended, oldest first",
                gives=CallList,
            ),
            Route(
                "GET",
                "/api/v1/calls/{id}/audio",
                self.serve,
                who=GUARDS,
                does=f"WebSocket: the sound of a call for the guard who answered it, both ways as {SOUND}",
                socket=True,
                refuses=(404, 409),
            ),
        )


async def _converse(socket: web.WebSocketResponse, call: RequestContext[Any], link: SipLink) -> None:
    user, call_id = call.me.user, call.part("id")
    try:
        async with link.audio(call_id, user) as talk, asyncio.TaskGroup() as tasks:
            works = [tasks.create_task(_pass_on(socket, talk)), tasks.create_task(_watch_over(socket, call))]
            async for message in socket:
                if message.type is WSMsgType.BINARY:
                    talk.send(message.data)
            for work in works:
                work.cancel()
    except AnjuError as error:
        log.info("no sound for a call", user=user, call=call_id, why=str(error))
    await socket.close(code=WSCloseCode.OK)


async def _pass_on(socket: web.WebSocketResponse, talk: AudioSession) -> None:
    """What the station says, until the call is over."""
    try:
        while sound := await talk.receive():
            async with asyncio.timeout(_SEND_S):
                await socket.send_bytes(sound)
    except (ConnectionError, TimeoutError):
        log.info("a talker is gone", user=talk.user)
    await socket.close(code=WSCloseCode.OK, message=b"the call is over")


async def _watch_over(socket: web.WebSocketResponse, call: RequestContext[Any]) -> None:
    """Fall silent when the session ends."""
    while True:
        await asyncio.sleep(LOOK_S)
        if not await session_holds(call.services.accounts, call.me):
            await socket.close(code=SESSION_ENDED, message=b"the session has ended")
            return


def _link_of(call: RequestContext[Any], call_id: str) -> SipLink:
    try:
        return call.services.calls.link_of(call_id)
    except NotFound as error:
        raise Trouble(404, Words("这通对讲已结束", "This call is over")) from error


def _view(services: Services, link: SipLink, call: StationCall, now: float) -> CallView:
    station = call.station
    statuses = services.devices()
    status = statuses.get(station.id)
    place = status.device.place if status else station.place or ""
    shown = statuses.get(station.camera or "")
    camera = station.camera if shown is not None and shown.device.type is DeviceType.CAMERA else None
    return CallView(
        id=call.id,
        station=station.id,
        station_name=station.name,
        place_name=words_view(services.facts.place_name(place)),
        state=call.state.value,
        incoming=call.incoming,
        seconds=call.seconds(now),
        by=call.user,
        on=call.endpoint,
        talker=link.audio_user if call.is_taken else None,
        camera=camera or services.cameras.at(place),
        unlock=_unlock(call),
    )


def _unlock(call: StationCall) -> CallUnlock | None:
    unlock = call.station.unlock
    if unlock is None:
        return None
    if unlock.device is not None:
        return CallUnlock(device=unlock.device, action=unlock.action, in_call=False)
    return CallUnlock(device=call.station.id, action="unlock", in_call=True)
