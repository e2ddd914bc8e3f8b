"""ONVIF cameras: who answers a search, what they say of themselves, and their events, through the SOAP library."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine, Sequence
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from typing import Any

from gateway.errors import BadInput, LinkLost
from gateway.model import Signal
from gateway.protocols.onvif.address import on_camera_host
from gateway.protocols.onvif.client import OnvifClient
from gateway.protocols.onvif.discovery import parse_response
from gateway.protocols.onvif.event_filter import OnvifEventFilter
from gateway.protocols.onvif.pullpoint import PullPoint
from gateway.protocols.onvif.transport import HttpResponse, Login, open_session
from gateway.protocols.onvif.xml import MAX_XML_BYTES, clean_xml
from gateway.simulator.onvif import responses, soap
from gateway.simulator.onvif.discovery import _PROBE_MATCH
from tests.fuzz.subject import Feed, Subject, recordable

LOGIN = Login("http://127.0.0.1:1/onvif/device_service", "u", "p")
NOW = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)
ASKED = "uuid:00000000-0000-4000-8000-000000000000"
_EVENTS = "".join(
    soap.notification(topic, operation, {"Source": "1"}, {item: value}, NOW)
    for topic, operation, item, value in (
        ("tns1:VideoSource/MotionAlarm", "Changed", "State", "true"),
        ("tns1:RuleEngine/TamperDetector/Tamper", "Initialized", "IsTamper", "false"),
        ("tns1:VideoSource/SignalLoss", "Deleted", "State", "1"),
    )
)
_PULLED = (
    f"<tev:PullMessagesResponse><tev:CurrentTime>{soap.stamp(NOW)}</tev:CurrentTime><tev:TerminationTime>"
    f"{soap.stamp(NOW + timedelta(seconds=20))}</tev:TerminationTime>{_EVENTS}</tev:PullMessagesResponse>"
)
_BASE = "http://127.0.0.1:1"
GOOD = {
    "PullMessages": _PULLED,
    "Renew": f"<wsnt:RenewResponse><wsnt:TerminationTime>{soap.stamp(NOW)}</wsnt:TerminationTime></wsnt:RenewResponse>",
    "GetSystemDateAndTime": responses.clock(NOW),
    "GetServices": responses.services(_BASE),
    "GetCapabilities": responses.capabilities(_BASE),
    "GetDeviceInformation": responses.information(),
    "GetProfiles": responses.profiles(),
    "GetStreamUri": responses.media_uri("GetStreamUri", "rtsp://127.0.0.1:554/main"),
    "GetSnapshotUri": responses.media_uri("GetSnapshotUri", "http://127.0.0.1/jpeg"),
}
_MARKS = (
    b"<tt:Data>",
    b"</tt:Message>",
    b"<wsnt:Topic>",
    b"true",
    b"&amp;",
    b"<!--",
    b"<!DOCTYPE",
    b"/>",
    b"<s:Fault>",
    b"9999-",
    b"PT",
)


class _Library:
    """The SOAP library with a camera behind it that answers what it is given.

    A piece stands for the answer to the question it names, or to all when it names none; others are answered well.
    """

    def __init__(self, ask: Callable[[Any], Coroutine[Any, Any, None]]) -> None:
        from gateway.protocols.onvif import soap_client  # it takes 0.3 s and 40 MB

        logging.getLogger("zeep").setLevel(logging.CRITICAL)  # as gateway/logs.py has it
        self._ask, self._library, self._fetch = ask, soap_client, soap_client.fetch
        self._piece, self._open = b"", AsyncExitStack()
        self._runner = asyncio.Runner()
        soap_client.fetch = self._answer  # in place of HTTP
        self._camera, self._point = self._runner.run(self._begin())

    def __call__(self, piece: bytes) -> None:
        self._piece = piece
        self._runner.run(self._ask(self))

    def close(self) -> None:
        self._runner.run(self._open.aclose())
        self._runner.close()
        self._library.fetch = self._fetch

    @property
    def camera(self) -> OnvifClient:
        return self._camera

    @property
    def point(self) -> PullPoint:
        return self._point

    async def _begin(self) -> tuple[OnvifClient, PullPoint]:
        session = await self._open.enter_async_context(open_session(LOGIN))
        camera = OnvifClient(LOGIN, session, self._library, self._open)
        services = {
            name: await camera.service(name, LOGIN.address)
            for name in ("devicemgmt", "media", "pullpoint", "subscription")
        }

        async def service(name: str, address: str | None = None) -> Any:
            return services[name]

        camera.service = service  # opened once: reading a description takes a tenth of a second
        return camera, PullPoint(services["pullpoint"], services["subscription"], (), camera)

    async def _answer(self, *_: object, body: bytes = b"", **__: object) -> HttpResponse:
        asked = next(name for name in GOOD if name.encode() in body)
        if asked.encode() in self._piece or not any(name.encode() in self._piece for name in GOOD):
            return HttpResponse(200, self._piece)
        return HttpResponse(200, soap.envelope(GOOD[asked]))


def _pull() -> Feed:
    event_filter = OnvifEventFilter()

    async def ask(soap_client: _Library) -> None:
        for event in (await soap_client.point.pull()).events:
            if told := event_filter.process(event):
                recordable(Signal(device="c", kind=told.kind, at=event.at, data=dict(told.source)))

    return _Library(ask)


def _camera() -> Feed:
    async def ask(soap_client: _Library) -> None:
        camera = soap_client.camera
        await camera.initialize()
        await camera.model()
        for stream in await camera.streams():
            stream.uri.encode()
        await camera.snapshot_address()

    return _Library(ask)


def _cleaned(data: bytes) -> None:
    assert len(clean_xml(data)) <= 3 * MAX_XML_BYTES  # a byte of another encoding is three in UTF-8


def _search(datagram: bytes) -> None:
    for found in parse_response(datagram, ASKED, "192.168.1.64"):
        f"{found}".encode()
        assert found.name.isprintable()


def _address(given: bytes) -> None:
    on_camera_host(
        given.decode("utf-8", "surrogateescape"), "http://192.168.1.64:8000/onvif/device_service", "http", "rtsp"
    ).encode()


def subjects() -> Sequence[Subject]:
    told = [soap.envelope(GOOD["PullMessages"]), soap.envelope(GOOD["Renew"]), soap.fault("ter:NotAuthorized", "no")]
    said = [soap.envelope(body) for name, body in GOOD.items() if name not in {"PullMessages", "Renew"}]
    found = _PROBE_MATCH.format(
        endpoint="urn:uuid:7e0c1a52",
        message=ASKED,
        name="%E4%B8%9C",
        addresses="http://192.168.1.64/onvif http://[fe80::1]:80/x",
    ).encode()
    addresses = [
        b"http://192.168.106.8:8106:8106/onvif/Subscription",
        b"rtsp://u:p@10.0.0.1:554/main?x=1",
        b"http://[fe80::1%eth0]/a",
    ]
    return [
        Subject("onvif-pull", _pull, lambda: told, (LinkLost, BadInput), whole=True, words=_MARKS, holds=8 << 20),
        Subject("onvif-camera", _camera, lambda: said, (LinkLost, BadInput), whole=True, words=_MARKS, holds=8 << 20),
        Subject("onvif-search", lambda: _search, lambda: [found], (BadInput,), whole=True, words=_MARKS),
        Subject(
            "onvif-addresses",
            lambda: _address,
            lambda: addresses,
            (BadInput,),
            whole=True,
            words=(b"[", b"]", b":", b"@", b"%"),
        ),
        Subject(
            "xml",
            lambda: _cleaned,
            lambda: [*told, *said],
            (BadInput,),
            whole=True,
            words=_MARKS,
        ),
    ]
