"""The intercom's driver against door stations that are baresips of their own: each call from its start to its end."""

from __future__ import annotations

import asyncio
import os
import signal
import tempfile
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from drivers.sip_intercom import DRIVER, SipIntercom
from gateway.errors import CommandFailed, Conflict, LinkLost, NotFound
from gateway.model import Command, Device, DeviceType, Text
from gateway.protocols.sip import call_handler, process
from gateway.protocols.sip.audio import AudioSession
from gateway.protocols.sip.link import IntercomLinks, SipLink
from gateway.protocols.sip.settings import SipSettings
from gateway.simulator.sip import SipPhone, free_port, run_phone
from gateway.testing import RecordedReports
from tests.support.ports import HOST
from tests.support.voice import VOICE_HZ, round_trip, tone

pytestmark = [pytest.mark.needs("baresip", "baresip-core"), pytest.mark.timeout(60)]
GUARD = "王建国"
EAST_HZ, WEST_HZ, DESK_HZ = 440, 1000, 600
RATE, DOOR_RATE = 16_000, 8_000


class Reports(RecordedReports):
    def heard(self, part: str | None = None) -> None:
        assert part is None
        super().heard(part)

    def lost(self, part: str, why: Text) -> None:
        raise AssertionError((part, why))

    async def ended(self, count: int) -> list[dict[str, Any]]:
        """The `call.ended` of so many calls, once they are recorded: a moment after the station has closed the call."""
        await eventually(lambda: len(self.said("call.ended")) >= count)
        return self.said("call.ended")

    def said(self, kind: str) -> list[dict[str, Any]]:
        return [dict(said.data) | {"device": said.device} for said in self.signals if said.kind == kind]


@dataclass
class GuardRoom:
    east: SipPhone
    west: SipPhone
    desk: SipPhone
    driver: SipIntercom
    link: SipLink
    emit: Reports
    number: str
    running: asyncio.Task[None]

    async def do(self, station: str, action: str, **arguments: object) -> Any:
        return await self.driver.perform(Command(station, action, arguments, by=GUARD))

    async def rings(self, count: int = 1) -> None:
        await eventually(lambda: len(self.link.calls.active) == count)


async def eventually(true: Callable[[], object], seconds: float = 5) -> None:
    async with asyncio.timeout(seconds):
        while not true():
            await asyncio.sleep(0.005)


@asynccontextmanager
async def guard_room(*, desk_phone: bool = False) -> AsyncIterator[GuardRoom]:
    async with AsyncExitStack() as stack:
        east = await stack.enter_async_context(run_phone("gate-east", EAST_HZ))
        west = await stack.enter_async_context(run_phone("gate-west", WEST_HZ))
        desk = await stack.enter_async_context(run_phone("desk", DESK_HZ))
        port = free_port()
        settings = SipSettings.model_validate(
            {
                "listen": f"{HOST}:{port}",
                "desk_phone": desk.address if desk_phone else None,
                "stations": [
                    {"id": "east", "name": "东门", "uri": east.address, "unlock": {"dtmf": "#9"}},
                    {"id": "west", "name": "西门", "uri": west.address, "unlock": {"device": "door"}},
                ],
            }
        )
        link, emit = SipLink(settings), Reports()
        device = Device("intercom", "sip_intercom", DeviceType.INTERCOM, "对讲", "guardroom")
        driver = SipIntercom(device, settings, link, emit)
        running = asyncio.create_task(driver.run())
        try:
            await eventually(lambda: emit.heard_count or running.done())
            yield GuardRoom(east, west, desk, driver, link, emit, f"sip:guard@{HOST}:{port}", running)
        finally:
            running.cancel()
            await asyncio.wait([running])


@pytest.fixture
async def room() -> AsyncIterator[GuardRoom]:
    async with guard_room() as made:
        yield made


@pytest.fixture
async def room_with_desk() -> AsyncIterator[GuardRoom]:
    async with guard_room(desk_phone=True) as made:
        yield made


def pitch(sound: bytes, rate: int) -> int:
    """The strongest of its last second, in Hz; 0 for silence."""
    samples = np.frombuffer(sound, "<i2").astype(float)[-rate:]
    spectrum = np.abs(np.fft.rfft(samples))
    return round(spectrum.argmax() * rate / len(samples)) if samples.std() > 100 else 0


async def speak(talk: AudioSession, seconds: float) -> None:
    """In real time, as a browser does."""
    began = time.monotonic()
    for number in range(round(seconds * 50)):
        talk.send(tone(VOICE_HZ, number * 320, 320))
        await asyncio.sleep(max(0.0, began + 0.02 * (number + 1) - time.monotonic()))


async def listen(talk: AudioSession) -> bytes:
    heard = b""
    while sound := await talk.receive():
        heard += sound
    return heard


async def test_a_visitor_calls_is_answered_heard_and_let_in(room: GuardRoom) -> None:
    await room.east.call(room.number)
    await room.rings()
    [call] = room.link.calls.active
    with pytest.raises(Conflict):
        room.link.check(call.id, GUARD)
    assert await room.do("east", "answer", call=call.id) == {"call": call.id}
    await room.east.wait_for("CALL_ESTABLISHED")
    async with room.link.audio(call.id, GUARD) as talk:
        hearing = asyncio.create_task(listen(talk))
        await speak(talk, 1.5)
        assert await room.do("east", "unlock") == {"call": call.id, "sent": "keys"}
        await room.east.wait_until(lambda: room.east.keys == "#9")
        await room.do("east", "hang_up")
        heard = await hearing
    assert pitch(heard, RATE) == EAST_HZ
    assert pitch(room.east.recordings()[0], DOOR_RATE) == VOICE_HZ
    await room.emit.ended(1)
    assert [said.kind for said in room.emit.signals] == [
        "call.started",
        "call.answered",
        "access.granted",
        "call.ended",
    ]
    assert {said.data["call"] for said in room.emit.signals} == {call.id}
    assert {said.device for said in room.emit.signals} == {"east"}
    [answered], [ended] = room.emit.said("call.answered"), room.emit.said("call.ended")
    assert (answered["by"], answered["on"]) == (GUARD, "browser")
    assert (ended["why"], ended["answered"]) == ("guard", True)
    assert 1.4 < ended["seconds"] < 10


async def test_two_stations_call_at_once_and_each_is_answered_in_turn(room: GuardRoom) -> None:
    """Baresip 1.0 by itself answers neither then: it fails to hold the one that rings."""
    await room.east.call(room.number)
    await room.west.call(room.number)
    await room.rings(2)
    await room.do("east", "answer")
    with pytest.raises(CommandFailed, match="on the line with 东门"):
        await room.do("west", "answer")
    await room.do("east", "hang_up")
    await room.do("west", "answer")
    [call] = room.link.calls.active
    async with room.link.audio(call.id, GUARD) as talk:
        hearing = asyncio.create_task(listen(talk))
        await speak(talk, 1.2)
        await room.west.hang_up()
        assert pitch(await hearing, RATE) == WEST_HZ
    assert pitch(room.west.recordings()[0], DOOR_RATE) == VOICE_HZ
    assert [ended["why"] for ended in await room.emit.ended(2)] == ["guard", "station"]


async def test_the_desk_phone_rings_talks_and_opens_the_door(room_with_desk: GuardRoom) -> None:
    room = room_with_desk
    await room.east.call(room.number)
    await room.desk.wait_for("CALL_INCOMING")
    await room.desk.answer()
    await room.east.wait_for("CALL_ESTABLISHED")
    with pytest.raises(CommandFailed, match="nobody calls"):
        await room.do("east", "answer")
    await asyncio.sleep(1.2)
    await room.desk.press("#")
    await room.east.wait_until(lambda: room.east.keys == "#")
    await room.desk.press("9")
    await room.east.wait_until(lambda: room.east.keys == "#9")
    await room.desk.hang_up()
    await room.east.wait_for("CALL_CLOSED")
    await eventually(lambda: room.emit.said("call.ended"))
    assert pitch(room.desk.recordings()[0], DOOR_RATE) == EAST_HZ
    assert pitch(room.east.recordings()[0][: DOOR_RATE * 2], DOOR_RATE) == DESK_HZ
    [answered], [granted], [ended] = map(room.emit.said, ("call.answered", "access.granted", "call.ended"))
    assert answered["on"] == granted["on"] == ended["why"] == "desk_phone"


async def test_the_desk_phone_falls_silent_when_the_guard_answers_in_the_browser(room_with_desk: GuardRoom) -> None:
    room = room_with_desk
    await room.east.call(room.number)
    await room.desk.wait_for("CALL_INCOMING")
    await room.do("east", "answer")
    await room.desk.wait_for("CALL_CLOSED")
    [call] = room.link.calls.active
    async with room.link.audio(call.id, GUARD) as talk:
        await speak(talk, 1.2)
        await room.do("east", "hang_up")
        assert pitch(await listen(talk), RATE) == EAST_HZ


async def test_a_visitor_who_gives_up_was_missed_and_one_who_is_declined_was_not(room: GuardRoom) -> None:
    await room.east.call(room.number)
    await room.rings()
    await room.east.hang_up()
    await room.rings(0)
    await room.east.call(room.number)
    await room.rings()
    await room.do("east", "hang_up")
    await room.east.wait_for("CALL_CLOSED")
    assert [(ended["why"], ended["answered"]) for ended in await room.emit.ended(2)] == [
        ("missed", False),
        ("declined", False),
    ]


async def test_the_guard_calls_a_station(room: GuardRoom) -> None:
    done = await room.do("east", "call")
    await room.east.wait_for("CALL_INCOMING")
    with pytest.raises(CommandFailed, match="there is already a call with 东门"):
        await room.do("west", "call")
    await room.east.answer()
    await eventually(lambda: room.emit.said("call.answered"))
    async with room.link.audio(done["call"], GUARD) as talk:
        await speak(talk, 1.2)
        await room.do("east", "hang_up")
        assert pitch(await listen(talk), RATE) == EAST_HZ
    [started] = room.emit.said("call.started")
    assert (started["direction"], started["by"]) == ("out", GUARD)


async def test_a_station_that_does_not_answer_the_guard_is_said(room: GuardRoom) -> None:
    await room.do("east", "call")
    await room.east.wait_for("CALL_INCOMING")
    await room.east.hang_up()
    await room.rings(0)
    assert [ended["why"] for ended in await room.emit.ended(1)] == ["not_answered"]


async def test_a_stranger_is_hung_up_on_and_shown_to_the_installer(room: GuardRoom) -> None:
    async with run_phone("stranger") as stranger:
        await stranger.call(room.number)
        await stranger.wait_for("CALL_CLOSED")
        uri = stranger.uri.encode()
    await eventually(lambda: room.emit.quarantined)
    assert room.emit.quarantined == [("a call from an address that no station has as its uri", uri)]
    assert not room.emit.signals
    assert not room.link.calls.active


async def test_what_can_not_be_done_is_said(room: GuardRoom) -> None:
    for action, why in (("answer", "nobody calls"), ("unlock", "no answered call"), ("hang_up", "no call")):
        with pytest.raises(CommandFailed, match=why):
            await room.do("east", action)
    with pytest.raises(CommandFailed, match="takes no command 'sing'"):
        await room.do("east", "sing")
    await room.west.call(room.number)
    await room.rings()
    with pytest.raises(CommandFailed, match="this call is over"):
        await room.do("west", "answer", call="call-of-yesterday")
    await room.do("west", "answer")
    with pytest.raises(CommandFailed, match="opens no door by keys"):
        await room.do("west", "unlock")


async def test_only_who_answered_may_talk_and_coming_again_takes_ones_own_place(room: GuardRoom) -> None:
    calls = IntercomLinks()
    calls.add("intercom", room.link)
    await room.east.call(room.number)
    await room.rings()
    [call] = room.link.calls.active
    await room.do("east", "answer")
    with pytest.raises(Conflict, match=f"answered by {GUARD}"):
        async with room.link.audio(call.id, "somebody else"):
            pass
    assert calls.link_of(call.id) is room.link
    with pytest.raises(NotFound):
        calls.link_of("call-of-yesterday")

    async def first() -> bytes:
        async with room.link.audio(call.id, GUARD) as talk:
            return await listen(talk)

    early = asyncio.create_task(first())
    await eventually(lambda: room.link.audio_user)
    async with room.link.audio(call.id, GUARD) as talk:
        await asyncio.wait_for(early, 3)
        assert await asyncio.wait_for(talk.receive(), 3)


async def test_an_open_call_that_nobody_attends_is_ended(room: GuardRoom, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(call_handler, "UNATTENDED_S", 0.0)
    monkeypatch.setattr("drivers.sip_intercom.CHECK_S", 0.1)
    await room.east.call(room.number)
    await room.rings()
    await room.do("east", "answer")
    await room.east.wait_for("CALL_CLOSED")
    await eventually(lambda: room.emit.said("call.ended"))
    assert [ended["why"] for ended in room.emit.said("call.ended")] == ["unattended"]


async def test_a_full_disk_does_not_cut_a_call(room: GuardRoom) -> None:
    room.emit.disk_full = True
    await room.east.call(room.number)
    await room.rings()
    await room.do("east", "answer")
    await room.east.wait_for("CALL_ESTABLISHED")


def engine_of(room: GuardRoom) -> int:
    """The pid of the engine that listens on the room's port, by its folder's configuration."""
    listens = f"sip_listen {room.link.settings.listen}\n"
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            command = (folder / "cmdline").read_bytes().split(b"\0")
            if command[0].endswith(b"baresip") and listens in (Path(command[2].decode()) / "config").read_text():
                return int(folder.name)
        except OSError:
            continue
    raise AssertionError("no engine")


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGSTOP])
async def test_an_engine_that_ends_or_hangs_is_a_lost_line_and_its_calls_end(
    room: GuardRoom, how: signal.Signals, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("drivers.sip_intercom.CHECK_S", 0.2)
    monkeypatch.setattr("gateway.protocols.sip.engine.RESPONSE_TIMEOUT_S", 0.5)
    monkeypatch.setattr(process, "STOP_TIMEOUT_S", 0.5)
    await room.east.call(room.number)
    await room.rings()
    os.kill(engine_of(room), how)
    with pytest.raises(LinkLost, match="baresip"):
        await asyncio.wait_for(asyncio.shield(room.running), 5)
    assert [ended["why"] for ended in await room.emit.ended(1)] == ["line_lost"]
    with pytest.raises(CommandFailed, match="engine is down"):
        await room.do("east", "answer")
    with pytest.raises(AssertionError, match="no engine"):
        engine_of(room)


async def test_a_second_control_client_is_noticed(room: GuardRoom) -> None:
    """Baresip serves the newest only: ours is dropped, which must not pass for a quiet evening."""
    config = next(
        path for path in Path("/tmp").glob("anju-sip-*/config") if str(room.link.settings.listen) in path.read_text()
    )
    port = next(line for line in config.read_text().splitlines() if line.startswith("ctrl_tcp_listen")).rpartition(":")[
        2
    ]
    _, writer = await asyncio.open_connection(HOST, int(port))
    with pytest.raises(LinkLost, match="control connection"):
        await asyncio.wait_for(asyncio.shield(room.running), 5)
    writer.close()


async def test_a_port_that_is_taken_is_said(room: GuardRoom) -> None:
    link = SipLink(room.link.settings)
    with pytest.raises(LinkLost, match=f"did not start on {room.link.settings.listen}.*in use"):
        async with link.open():
            pass


async def test_there_and_back_is_quick_enough_for_a_conversation(room: GuardRoom) -> None:
    """Said by the guard, echoed by a station, heard by the guard: two ways, each through the engine's buffers."""
    async with run_phone("gate-west", echo=True) as echo:
        settings = SipSettings.model_validate(
            {"listen": f"{HOST}:{free_port()}", "stations": [{"id": "echo", "name": "E", "uri": echo.address}]}
        )
        link, emit = SipLink(settings), Reports()
        device = Device("intercom", "sip_intercom", DeviceType.INTERCOM, "对讲", "guardroom")
        driver = SipIntercom(device, settings, link, emit)
        running = asyncio.create_task(driver.run())
        await eventually(lambda: emit.heard_count)
        try:
            await echo.call(f"sip:guard@{settings.listen}")
            await eventually(lambda: link.calls.active)
            await driver.perform(Command("echo", "answer", by=GUARD))
            async with link.audio(link.calls.active[0].id, GUARD) as talk:
                took = await round_trip(talk)
        finally:
            running.cancel()
            await asyncio.wait([running])
    assert took < 0.6


class Pbx(asyncio.DatagramProtocol):
    """As much of a registrar as signing in needs: it asks for the password's digest, and then says `verdict`."""

    def __init__(self, verdict: str) -> None:
        self.verdict = verdict
        self.requests: list[str] = []

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport: Any = transport

    def datagram_received(self, data: bytes, address: tuple[str, int]) -> None:
        request = data.decode()
        self.requests.append(request)
        headers = dict(line.split(": ", 1) for line in request.split("\r\n")[1:] if ": " in line)
        signed = "Authorization" in headers
        status = self.verdict if signed else "401 Unauthorized"
        asks = "" if signed else 'WWW-Authenticate: Digest realm="pbx", nonce="n1", algorithm=MD5\r\n'
        copied = "".join(f"{name}: {headers[name]}\r\n" for name in ("Via", "From", "To", "Call-ID", "CSeq"))
        contact = f"Contact: {headers['Contact']}\r\n" if signed else ""
        reply = f"SIP/2.0 {status}\r\n{copied}{contact}{asks}Content-Length: 0\r\n\r\n"
        self.transport.sendto(reply.encode(), address)


@asynccontextmanager
async def at_a_pbx(verdict: str) -> AsyncIterator[tuple[Pbx, SipIntercom, Reports, str]]:
    loop = asyncio.get_running_loop()
    transport, pbx = await loop.create_datagram_endpoint(lambda: Pbx(verdict), local_addr=(HOST, 0))
    registrar = f"{HOST}:{transport.get_extra_info('sockname')[1]}"
    settings = SipSettings.model_validate(
        {
            "listen": f"{HOST}:{free_port()}",
            "registrar": registrar,
            "password": "hush-hush",
            "stations": [{"id": "east", "name": "东门", "uri": "sip:gate-east@127.0.0.1"}],
        }
    )
    emit = Reports()
    device = Device("intercom", "sip_intercom", DeviceType.INTERCOM, "对讲", "guardroom")
    try:
        yield pbx, SipIntercom(device, settings, SipLink(settings), emit), emit, f"sip:guard@{settings.listen}"
    finally:
        transport.close()


async def test_behind_a_pbx_it_signs_in_and_is_heard_once_it_is_in() -> None:
    async with at_a_pbx("200 OK") as (pbx, driver, emit, number), run_phone("gate-east") as door:
        running = asyncio.create_task(driver.run())
        await eventually(lambda: emit.heard_count)
        assert "Digest" in pbx.requests[-1]
        assert 'username="guard"' in pbx.requests[-1]
        assert not any("hush-hush" in request for request in pbx.requests)
        [folder] = [
            path.parent
            for path in Path(tempfile.gettempdir()).glob("anju-sip-*/config")
            if f"sip_listen {driver.settings.listen}\n" in path.read_text()
        ]
        assert not any("hush-hush" in path.read_text() for path in folder.iterdir()), "no longer than it is needed"
        await door.call(number)
        await eventually(lambda: driver.link.calls.active)
        await driver.perform(Command("east", "answer", by=GUARD))
        running.cancel()
        await asyncio.wait([running])


async def test_a_pbx_that_refuses_is_said_without_the_password() -> None:
    async with at_a_pbx("403 Forbidden") as (_, driver, emit, _number):
        with pytest.raises(LinkLost, match="does not let guard sign in") as caught:
            await asyncio.wait_for(driver.run(), 10)
        assert not emit.heard_count
        assert "hush-hush" not in str(caught.value)


def test_it_is_the_driver() -> None:
    assert DRIVER is SipIntercom
    settings = SipSettings.model_validate(
        {"listen": "192.168.1.10:5060", "stations": [{"id": "a", "name": "A", "uri": "sip:a@b"}]}
    )
    [part] = DRIVER.parts(settings)
    assert set(part.actions) == {"answer", "hang_up", "call"}
