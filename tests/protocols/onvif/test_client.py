"""The gateway's side against the twin over real sockets."""

from __future__ import annotations

import asyncio
import sys
from dataclasses import replace
from datetime import timedelta
from types import SimpleNamespace

import pytest
from aiohttp import web

from gateway.errors import BadInput, LinkLost, LoginRefused
from gateway.protocols.onvif.client import _read_skew, connect, installed, load_soap_client
from gateway.protocols.onvif.event import OnvifEvent
from gateway.protocols.onvif.pullpoint import PullPoint, subscribe
from gateway.protocols.onvif.transport import Login
from gateway.protocols.onvif.xml import MAX_XML_BYTES
from gateway.simulator.onvif import OnvifCameraTwin, responses, soap
from tests.protocols.onvif.conftest import JPEG

MOTION = ("tns1:RuleEngine/CellMotionDetector/Motion", "IsMotion")
TAMPER = ("tns1:RuleEngine/TamperDetector/Tamper", "IsTamper")


async def events_of(point: PullPoint, count: int) -> list[OnvifEvent]:
    events: list[OnvifEvent] = []
    async with asyncio.timeout(5):
        while len(events) < count:
            pulled = await point.pull()
            assert not pulled.unreadable
            events += pulled.events
    return events


async def test_streams_come_largest_first_without_credentials(login: Login) -> None:
    async with connect(login) as camera:
        streams = await camera.streams()
        assert await camera.model() == "Anju Twin"
    assert [(stream.profile, stream.uri) for stream in streams] == [
        ("main", "rtsp://127.0.0.1:554/main"),
        ("sub", "rtsp://127.0.0.1:554/sub"),
    ]
    assert (streams[0].width, streams[0].height, streams[0].encoding) == (2560, 1440, "H264")


async def test_an_old_camera_is_asked_for_its_capabilities(twin: OnvifCameraTwin, login: Login) -> None:
    twin.is_old = True
    async with connect(login) as camera:
        assert len(await camera.streams()) == 2
    assert twin.calls["GetCapabilities"] == 1


async def test_an_event_is_there_at_once(twin: OnvifCameraTwin, login: Login) -> None:
    async with connect(login) as camera, subscribe(camera) as point:
        waiting = asyncio.create_task(events_of(point, 1))
        await asyncio.sleep(0.1)
        twin.set_property(*MOTION, "true", {"Rule": "北门"})
        (event,) = await waiting
    assert event.topic == "RuleEngine/CellMotionDetector/Motion"
    assert event.operation == "Changed"
    assert event.data == (("IsMotion", "true"),)
    assert event.source == (("Rule", "北门"),)
    assert event.at is not None
    assert twin.points == {}  # and it was told that nobody listens any more
    assert twin.calls["Unsubscribe"] == 1


async def test_a_camera_tells_its_state_first(twin: OnvifCameraTwin, login: Login) -> None:
    twin.set_property(*TAMPER, "true")
    async with connect(login) as camera, subscribe(camera) as point:
        (event,) = await events_of(point, 1)
    assert event.operation == "Initialized"


async def test_a_wrong_password_is_told_and_not_repeated(login: Login) -> None:
    with pytest.raises(LoginRefused, match="refused user 'anju'") as caught:
        async with connect(replace(login, password="of another")):
            pass
    assert "another" not in str(caught.value)


@pytest.mark.parametrize("hours", [-26, 7])
async def test_a_wrong_clock_is_known_and_no_hindrance(twin: OnvifCameraTwin, login: Login, hours: int) -> None:
    twin.clock_ahead = timedelta(hours=hours)
    async with connect(login) as camera:
        assert abs(camera.skew - twin.clock_ahead) < timedelta(seconds=3)
        assert await camera.streams()


async def test_a_camera_behind_nat_is_reached_where_we_found_it(twin: OnvifCameraTwin, login: Login) -> None:
    twin.host = "192.0.2.17"
    async with connect(login) as camera, subscribe(camera) as point:
        twin.set_property(*MOTION, "true")
        assert await events_of(point, 1)
        address = await camera.snapshot_address()
        assert address == f"http://127.0.0.1:{twin.port}/snapshot.jpg"


async def test_a_picture_comes_by_http_digest(twin: OnvifCameraTwin, login: Login) -> None:
    async with connect(login) as camera:
        address = await camera.snapshot_address()
        assert address
        assert await camera.snapshot(address) == JPEG
        twin.picture = b"<html>no picture</html>"
        assert await camera.snapshot(address) is None


async def test_a_subscription_is_renewed_while_it_lives(
    twin: OnvifCameraTwin, login: Login, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gateway.protocols.onvif.pullpoint.PULL_TIMEOUT", timedelta(seconds=0.2))
    async with connect(login) as camera, subscribe(camera) as point:
        (state,) = twin.points.values()
        await point.pull()
        assert twin.calls["Renew"] == 0
        state.until = twin.now + timedelta(seconds=20)
        await point.pull()
        assert twin.calls["Renew"] == 1
        assert state.until > twin.now + timedelta(seconds=50)


async def test_a_restarted_camera_is_a_lost_line(twin: OnvifCameraTwin, login: Login) -> None:
    async with connect(login) as camera, subscribe(camera) as point:
        waiting = asyncio.create_task(point.pull())
        await asyncio.sleep(0.1)
        twin.drop_subscriptions()
        with pytest.raises(LinkLost, match="refused PullMessages"):
            await waiting


async def test_no_camera_there(free_port: int) -> None:
    with pytest.raises(LinkLost, match="can't be reached"):
        async with connect(Login(f"http://127.0.0.1:{free_port}/onvif/device_service")):
            pass


async def test_without_the_extra_it_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "gateway.protocols.onvif.soap_client", raising=False)
    monkeypatch.setitem(sys.modules, "onvif", None)
    assert not installed()
    with pytest.raises(LinkLost, match=r"pip install --require-hashes --no-deps -r requirements\.lock"):
        async with connect(Login("http://127.0.0.1:1/onvif/device_service")):
            pass


BOMB = b"""<?xml version="1.0"?><!DOCTYPE s [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">]>
<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope"><s:Body>&b;</s:Body></s:Envelope>"""


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (BOMB, "DTD"),
        (b"x" * (MAX_XML_BYTES + 1), "more than"),
        (b"<a>" * 1000 + b"</a>" * 1000, "levels"),
        (b"<s:Envelope/>", "unbound prefix"),
        (b'<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope"/>', "GetSystemDateAndTime"),
        (soap.envelope("<tds:GetSystemDateAndTimeResponse>7</tds:GetSystemDateAndTimeResponse>"), "named no service"),
        (b"", "no element"),
        (b"<html><body>login</body></html>", "HTTP 200 with a web page"),
    ],
)
async def test_hostile_answers_are_told_and_bounded(free_port: int, body: bytes, why: str) -> None:
    async def answer(_request: web.Request) -> web.Response:
        return web.Response(body=body)

    app = web.Application()
    app.router.add_post("/{path:.*}", answer)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", free_port).start()
    try:
        with pytest.raises((BadInput, LinkLost), match=why):
            async with connect(Login(f"http://127.0.0.1:{free_port}/onvif/device_service", "u", "p")):
                pass
    finally:
        await runner.cleanup()


async def test_the_twin_keeps_to_the_published_descriptions(
    twin: OnvifCameraTwin, login: Login, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Read strictly, by the library and ONVIF's own WSDL: what keeps the twin from agreeing with our mistakes."""
    from onvif.settings import DEFAULT_SETTINGS

    await load_soap_client()
    monkeypatch.setattr(DEFAULT_SETTINGS, "strict", True)
    async with connect(login) as camera, subscribe(camera) as point:
        assert len(await camera.streams()) == 2
        assert await camera.snapshot_address()
        twin.set_property(*MOTION, "true")
        assert len(await events_of(point, 1)) == 1
        await point._manager.call("Renew", TerminationTime="PT60S", **point._headers())
    assert twin.calls["Unsubscribe"] == 1


@pytest.mark.parametrize(("year", "day"), [(2026, 9_999_999_999), (9999, 31), (1, 1), (2026, 45)])
async def test_a_clock_that_is_none_is_no_reason_not_to_listen(year: int, day: int) -> None:
    class Device:
        async def call(self, *_: object, **__: object) -> object:
            date, time = SimpleNamespace(Year=year, Month=12, Day=day), SimpleNamespace(Hour=23, Minute=59, Second=59)
            return SimpleNamespace(UTCDateTime=SimpleNamespace(Date=date, Time=time))

    assert await _read_skew(Device(), LinkLost) == timedelta()


async def test_a_duration_without_end_is_an_answer_that_can_not_be_read(
    monkeypatch: pytest.MonkeyPatch, twin: OnvifCameraTwin, login: Login
) -> None:
    endless = responses.profiles().replace("PT60S", f"PT{'9' * 400}S")
    monkeypatch.setattr(responses, "profiles", lambda: endless)
    async with connect(login) as camera:
        with pytest.raises(BadInput, match="GetProfiles can't be read: OverflowError"):
            await camera.streams()
