"""Any bytes in place of a camera's answer: events, or BadInput, or LinkLost; nothing else, and soon."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway.errors import BadInput, LinkLost
from gateway.model import is_kind
from gateway.protocols.onvif.client import load_soap_client
from gateway.protocols.onvif.event import parse_notification
from gateway.protocols.onvif.event_filter import OnvifEventFilter
from gateway.protocols.onvif.transport import HttpResponse, Login, open_session
from gateway.simulator.onvif import soap

LOGIN = Login("http://127.0.0.1:1/onvif/device_service", "u", "p")


@asynccontextmanager
async def puller(monkeypatch: pytest.MonkeyPatch, body: list[bytes]) -> AsyncIterator[Any]:
    """The library's pull-point service, for whom `body[0]` is what the camera answers."""
    soap_client = await load_soap_client()

    async def answer(*_: object, **__: object) -> HttpResponse:
        return HttpResponse(200, body[0])

    monkeypatch.setattr(soap_client, "fetch", answer)
    async with (
        open_session(LOGIN) as session,
        soap_client.open_service("pullpoint", LOGIN.address, session, LOGIN, timedelta()) as s,
    ):
        yield s


def spoiled(good: bytes, cuts: list[tuple[int, int, bytes]]) -> bytes:
    for at, length, put in cuts:
        start = at % (len(good) + 1)
        good = good[:start] + put + good[start + length :]
    return good


GOOD = soap.envelope(
    "<tev:PullMessagesResponse><tev:CurrentTime>2026-11-20T10:00:00Z</tev:CurrentTime>"
    "<tev:TerminationTime>2026-11-20T10:01:00Z</tev:TerminationTime>"
    + soap.notification(
        "tns1:VideoSource/MotionAlarm",
        "Changed",
        {"Source": "1"},
        {"State": "true"},
        datetime(2026, 11, 20, tzinfo=UTC),
    )
    + "</tev:PullMessagesResponse>"
)
PIECES = st.binary(max_size=12) | st.sampled_from(
    [
        b"<tt:Data>",
        b"</tt:Message>",
        b"true",
        b"<wsnt:Topic>",
        b"</wsnt:Topic>",
        b"\xb1\xb1",
        b"&amp;",
        b"<!--",
        b'"',
        b"/>",
    ]
)
CUTS = st.lists(st.tuples(st.integers(0, 4000), st.integers(0, 60), PIECES), max_size=4)


async def test_what_a_camera_answers_is_read_or_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    body = [GOOD]
    async with puller(monkeypatch, body) as service:
        asked = await service.call("PullMessages", Timeout=timedelta(seconds=1), MessageLimit=9)
        told = OnvifEventFilter().process(parse_notification(asked.NotificationMessage[0]))
        assert told is not None
        assert told.kind == "motion.started"
        await asyncio.to_thread(_fuzz, asyncio.get_running_loop(), service, body)


def _fuzz(loop: asyncio.AbstractEventLoop, service: Any, body: list[bytes]) -> None:
    @settings(max_examples=400, deadline=2000, suppress_health_check=list(HealthCheck))
    @given(CUTS.map(lambda cuts: spoiled(GOOD, cuts)))
    def one(data: bytes) -> None:
        body[0] = data
        asyncio.run_coroutine_threadsafe(_ask(service), loop).result(5)

    one()


async def _ask(service: Any) -> None:
    with suppress(BadInput, LinkLost):
        asked = await service.call("PullMessages", Timeout=timedelta(seconds=1), MessageLimit=9)
        for notification in getattr(asked, "NotificationMessage", None) or ():
            with suppress(BadInput):
                told = OnvifEventFilter().process(parse_notification(notification))
                assert told is None or is_kind(told.kind)


async def test_a_multipart_answer_is_not_unpacked(monkeypatch: pytest.MonkeyPatch) -> None:
    """The camera's own content type never reaches the library: a zip or multipart bomb is just bad XML."""
    body = [b"--x\r\nContent-Type: text/xml\r\n\r\n<a/>\r\n--x--"]
    async with puller(monkeypatch, body) as service:
        with pytest.raises(BadInput):
            await service.call("PullMessages", Timeout=timedelta(seconds=1), MessageLimit=9)
