"""Calls of door stations: the list of calls, and the audio of the call that a guard answered.

A page learns of a call's state by signals (call.*) and then reads the list. Answering, hanging up and opening the door
are commands of the station, sent by POST /api/v1/devices/{id}/commands.
"""

from __future__ import annotations

import asyncio
from typing import Any

import structlog
from aiohttp import WSCloseCode, WSMsgType, web

from gateway.errors import AnjuError, Conflict, NotFound
from gateway.model import DeviceType, Words
from gateway.protocols.sip.audio import AudioSession
from gateway.protocols.sip.calls import StationCall
from gateway.protocols.sip.link import SipLink
from gateway.protocols.sip.rtp import FRAME_BYTES
from gateway.web.api_errors import ApiError
from gateway.web.request_context import RequestContext
from gateway.web.responses import CallList, CallUnlock, CallView
from gateway.web.routes import GUARDS, Route
from gateway.web.serializers import words_view
from gateway.web.services import Services
from gateway.web.session_watch import close_when_session_ends

log = structlog.get_logger(__name__)
_SEND_TIMEOUT_S = 5.0
_HEARTBEAT_S = 5.0
"""A page that does not answer for half of this is disconnected, and the same guard's next page can take over."""
_MAX_MESSAGE_BYTES = FRAME_BYTES * 10
"""200 ms of audio."""
AUDIO_FORMAT = "16-bit little-endian samples, 16 kHz, one channel"


async def list_calls(context: RequestContext[Any]) -> CallList:
    """Handler of GET /api/v1/calls."""
    now = asyncio.get_running_loop().time()
    return CallList(
        items=[_view(context.services, link, call, now) for link, call in context.services.calls.active_calls()]
    )


class CallAudio:
    """All WebSockets that carry the audio of a call."""

    def __init__(self) -> None:
        self._sockets: set[web.WebSocketResponse] = set()

    async def serve(self, context: RequestContext[Any]) -> web.WebSocketResponse:
        """Handler of the audio WebSocket. Raises ApiError (404, 409) unless the user has answered this call."""
        call_id, user = context.path_param("id"), context.identity.user
        link = _link_of(context, call_id)
        try:
            link.check(call_id, user)
        except Conflict as error:
            words = Words("这通对讲不由您接听", "This call was answered by somebody else")
            raise ApiError(409, words, "not_yours") from error
        socket = web.WebSocketResponse(heartbeat=_HEARTBEAT_S, compress=False, max_msg_size=_MAX_MESSAGE_BYTES)
        self._sockets.add(socket)
        try:
            await socket.prepare(context.request)
            await _exchange_audio(socket, context, link)
        finally:
            self._sockets.discard(socket)
        return socket

    async def close(self) -> None:
        """Close all sockets because the gateway stops."""
        for socket in list(self._sockets):
            await socket.close(code=WSCloseCode.GOING_AWAY, message=b"the gateway stops")

    def routes(self) -> tuple[Route, ...]:
        """The routes of calls."""
        return (
            Route(
                "GET",
                "/api/v1/calls",
                list_calls,
                allowed=GUARDS,
                summary="Calls between door stations and the guard room that have not ended, oldest first",
                response_model=CallList,
            ),
            Route(
                "GET",
                "/api/v1/calls/{id}/audio",
                self.serve,
                allowed=GUARDS,
                summary=f"WebSocket: the audio of a call for the guard who answered it, both ways as {AUDIO_FORMAT}",
                socket=True,
                extra_errors=(404, 409),
            ),
        )


async def _exchange_audio(socket: web.WebSocketResponse, context: RequestContext[Any], link: SipLink) -> None:
    user, call_id = context.identity.user, context.path_param("id")
    try:
        async with link.audio(call_id, user) as session, asyncio.TaskGroup() as tasks:
            running = [
                tasks.create_task(_send_audio(socket, session)),
                tasks.create_task(close_when_session_ends(socket, context)),
            ]
            async for message in socket:
                if message.type is WSMsgType.BINARY:
                    session.send(message.data)
            for task in running:
                task.cancel()
    except AnjuError as error:
        # The call may have ended between the check and now.
        log.info("call audio not available", user=user, call=call_id, why=str(error))
    await socket.close(code=WSCloseCode.OK)


async def _send_audio(socket: web.WebSocketResponse, session: AudioSession) -> None:
    """Send what the station's microphone records until the call ends."""
    try:
        while samples := await session.receive():
            async with asyncio.timeout(_SEND_TIMEOUT_S):
                await socket.send_bytes(samples)
    except (ConnectionError, TimeoutError):
        log.info("call audio disconnected", user=session.user)
    await socket.close(code=WSCloseCode.OK, message=b"the call is over")


def _link_of(context: RequestContext[Any], call_id: str) -> SipLink:
    try:
        return context.services.calls.link_of(call_id)
    except NotFound as error:
        raise ApiError(404, Words("这通对讲已结束", "This call is over")) from error


def _view(services: Services, link: SipLink, call: StationCall, now: float) -> CallView:
    station = call.station
    statuses = services.devices()
    status = statuses.get(station.id)
    place = status.device.place if status else station.place or ""
    # The station's camera may have been removed from the YAML, or be a device of another type.
    configured = statuses.get(station.camera or "")
    camera = station.camera if configured is not None and configured.device.type is DeviceType.CAMERA else None
    return CallView(
        id=call.id,
        station=station.id,
        station_name=station.name,
        place_name=words_view(services.compound.place_name(place)),
        state=call.state.value,
        incoming=call.incoming,
        seconds=call.seconds(now),
        by=call.user,
        on=call.endpoint,
        talker=link.audio_user if call.is_taken else None,
        camera=camera or services.cameras.at_place(place),
        unlock=_unlock(call),
    )


def _unlock(call: StationCall) -> CallUnlock | None:
    unlock = call.station.unlock
    if unlock is None:
        return None
    if unlock.device is not None:
        return CallUnlock(device=unlock.device, action=unlock.action, in_call=False)
    return CallUnlock(device=call.station.id, action="unlock", in_call=True)
