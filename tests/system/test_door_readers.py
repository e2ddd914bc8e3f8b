"""Readers, a keypad, QR codes, a lane with its barrier, a controller and a guard at real doors of a real gateway.

The twins speak OSDP, serial lines, RTSP, Modbus and MQTT; what they present is decided by access.yaml, answered at the
reader, and in the record of passages.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from gateway.model import CredentialKind
from gateway.passes.codes import code_text, window_at
from gateway.people.register_writer import (
    ChangedBy,
    CredentialData,
    MembershipData,
    PersonData,
    RegisterWriter,
    VehicleData,
)
from gateway.protocols.credential.wiegand import encode
from gateway.simulator import clips, scenes
from gateway.simulator.access_controller import AccessController
from gateway.simulator.modbus import BarrierTwin, run_modules
from gateway.simulator.mqtt import MqttDevices, MqttLogin
from gateway.simulator.osdp import SimulatedReader, reader_line
from gateway.simulator.rtp import RtpClip
from gateway.simulator.rtsp import Mount, RtspServer
from gateway.store import Store
from tests.support.api import Api, api, enrol, eventually
from tests.support.gateway import PASSWORD, ROOM, Gateway, TestCompound, TestDevice
from tests.support.ports import HOST
from tests.support.pty_pair import PtyPair
from tests.vision.code_pictures import TEXT, Visit

pytestmark = pytest.mark.timeout(240)
KEY = bytes(range(1, 17))
PIN, WRONG_PIN = "471908", "471909"
CARD = (110, 24960)
BARRIER = {
    "id": "barrier",
    "name": "东门道闸",
    "outputs": {"open": 0, "close": 1},
    "inputs": {"opened": 0, "closed": 1, "loop": 2, "edge": 3},
    "pulse": "300ms",
    "travel": "8s",
}
ACCESS = {
    "schedules": {"cleaning": [{"days": ["workdays"], "hours": "06:00-20:00"}]},
    "doors": [
        {
            "device": "door",
            "readers": [{"device": "keypad"}, {"device": "qr"}, {"device": "pass-camera"}],
            "open": {"arguments": {"seconds": 3}},
            "allow": [{"residents": [ROOM]}],
        },
        {
            "device": "barrier",
            "readers": [{"device": "lane"}],
            "open": {"action": "open"},
            "allow": [{"residents": [ROOM]}],
        },
        {"device": "controller", "kinds": ["card", "remote"], "allow": [{"residents": [ROOM]}]},
    ],
}


@dataclass
class Doors:
    gateway: Gateway
    api: Api
    keypad: SimulatedReader
    qr: PtyPair
    lane: Mount
    pass_camera: Mount
    door: MqttDevices
    controller: AccessController
    barrier: BarrierTwin
    films: Mapping[str, RtpClip]
    pass_key: bytes

    async def visitor(self) -> str:
        """Somebody is expected in the room; returns the id of their pass."""
        now = datetime.now(UTC)
        until = now + timedelta(hours=1)
        wish = {"name": "韩梅梅", "from": now.isoformat(), "until": until.isoformat(), "place": ROOM, "doors": ["door"]}
        made: str = (await self.api.post("passes", wish))["id"]
        return made

    def code(self, pass_id: str) -> str:
        """What the visitor's phone shows now."""
        return code_text(self.pass_key, pass_id, window_at(datetime.now(UTC)))

    async def passages(self, **query: str) -> list[dict[str, Any]]:
        items: list[dict[str, Any]] = (await self.api.get("access", **query))["items"]
        return items

    async def passage(self, number: int = 1, **wanted: Any) -> dict[str, Any]:
        """The newest record with these values, once there are `number` of them."""

        async def find() -> list[dict[str, Any]]:
            found = [one for one in await self.passages() if wanted.items() <= one.items()]
            return found if len(found) >= number else []

        found: list[dict[str, Any]] = await eventually(find, 40)
        return found[0]

    async def ordered(self) -> tuple[str, str, dict[str, Any]]:
        """The next command that the door gets; it answers that it is open."""
        command = await asyncio.wait_for(self.door.commands.get(), 60)
        self.door.send_result(command)
        return command.device, command.action, command.arguments

    async def shown(self, colour: int) -> None:
        """The keypad has shown this colour since the last call."""

        async def look() -> bool:
            return any(one.get("on_color") == colour for one in self.keypad.commands)

        await eventually(look, 10)
        self.keypad.commands.clear()


RED, GREEN = 1, 2


async def _register(data: Path) -> bytes:
    """Somebody lives in the room, with a card, a PIN and a car; returns the key of passes' codes."""
    now = datetime.now(UTC)
    async with Store.open(data) as store:

        def unit(connection: Any) -> None:
            writer = RegisterWriter(connection, store.vault, now, ChangedBy("", "test"))
            wang = writer.put_person(PersonData("王建国"), "wang")
            writer.put_membership(MembershipData(wang, ROOM, "owner", now - timedelta(days=1)))
            for kind, value in ((CredentialKind.CARD, "110,24960"), (CredentialKind.PIN, PIN)):
                writer.add_credential(CredentialData(kind, value, ROOM, wang, now - timedelta(days=1)))
            writer.put_vehicle(scenes.KNOWN_PLATE, VehicleData(ROOM, person=wang))

        await store.write(unit)
        return store.vault.mac("pass codes", b"")


def _devices(keypad: Path, qr: str, modbus: Path, rtsp: int) -> list[dict[str, Any]]:
    camera = {"kind": "camera", "place": "b1", "cadence": "60s"}
    mqtt = {"kind": "mqtt_device", "place": "b1/u1"}
    reader = {"address": 0, "id": "keypad", "name": "单元门读卡器", "place": "b1/u1", "key": KEY.hex()}
    return [
        {
            "id": "readers",
            "kind": "osdp_readers",
            "place": "b1",
            "name": "读卡器线",
            "port": str(keypad),
            "baud": 115200,
            "readers": [reader],
        },
        {"id": "qr", "kind": "qr_reader", "name": "二维码", "place": "b1/u1", "port": qr},
        {
            "id": "io",
            "kind": "modbus_io",
            "name": "道闸线",
            "place": "b1",
            "port": str(modbus),
            "baud": 115200,
            "cycle": "100ms",
            "units": [{"address": 1, "id": "module", "name": "道闸模块", "barriers": [BARRIER]}],
        },
        camera
        | {
            "id": "lane",
            "name": "车道",
            "source": f"rtsp://{HOST}:{rtsp}/lane",
            "watch": ["plates"],
            "home_province": "苏",
        },
        camera | {"id": "pass-camera", "name": "扫码", "source": f"rtsp://{HOST}:{rtsp}/pass", "watch": ["codes"]},
        mqtt | {"id": "door", "type": "door", "name": "单元门", "account": "door", "actions": {"unlock": ["seconds"]}},
        mqtt
        | {
            "id": "controller",
            "type": "panel",
            "name": "门禁控制器",
            "account": "controller",
            "actions": {"unlock": []},
            "access_list": True,
        },
    ]


class DoorCompound(TestCompound):
    """A compound whose devices are given whole, with an access.yaml."""

    entries: list[dict[str, Any]]

    def write(self) -> Path:
        folder = super().write()
        self._write("devices", {"devices": self.entries})
        self._write("access", ACCESS)
        # A code is filmed before it is shown, which takes its time on a busy machine.
        self._write("residents", {"visitors": {"clock_tolerance": "5m"}})
        return folder


@asynccontextmanager
async def _doors(tmp_path: Path, serial: PtyPair, films: Mapping[str, RtpClip]) -> AsyncIterator[Doors]:
    async with AsyncExitStack() as stack:
        lane, passes = Mount(films["lane-still"]), Mount(films["gate-still"])
        rtsp = await stack.enter_async_context(RtspServer({"lane": lane, "pass": passes}).listen())
        keypad = SimulatedReader(0, KEY)
        _, keypad_port = await stack.enter_async_context(reader_line([keypad]))
        modules, _, modbus_port = await stack.enter_async_context(run_modules([1]))
        barrier = BarrierTwin(modules, 1)
        moving = asyncio.ensure_future(barrier.run())
        stack.callback(moving.cancel)
        compound = DoorCompound(tmp_path / "config", [TestDevice("door"), TestDevice("controller")])
        compound.entries = _devices(keypad_port, serial.path, modbus_port, rtsp)
        pass_key = await _register(tmp_path / "data")
        gateway = Gateway(compound, tmp_path / "data")
        for name, role in (("guard", "guard"), ("manager", "manager")):
            await asyncio.to_thread(enrol, gateway, name, role)
        await asyncio.to_thread(gateway.start)
        stack.callback(gateway.kill)
        door = await stack.enter_async_context(
            MqttDevices(MqttLogin(HOST, compound.mqtt_port, "door", PASSWORD), ["door"]).running()
        )
        controller = AccessController(MqttLogin(HOST, compound.mqtt_port, "controller", PASSWORD), "controller")
        await stack.enter_async_context(controller.serving())
        person = await stack.enter_async_context(api(gateway))
        await person.sign_in("manager")
        await door.connected.wait()
        yield Doors(gateway, person, keypad, serial, lane, passes, door, controller, barrier, films, pass_key)
        await asyncio.to_thread(gateway.stop)


@pytest.fixture(scope="module")
def films(tmp_path_factory: pytest.TempPathFactory) -> dict[str, RtpClip]:
    """What the cameras see; coded before, since that takes seconds."""
    folder, told = tmp_path_factory.mktemp("scenes"), scenes.scenes()
    names = ("lane-still", "lane-known", "lane-unknown", "gate-still")
    return {name: clips.load_clip(told[name], folder) for name in names}


def _film_of(code: str) -> RtpClip:
    return RtpClip.of(clips.encode(Visit(code)), scenes.FPS)  # type: ignore[arg-type]  # of a scene what is used of it


@pytest.fixture
async def doors(tmp_path: Path, serial_line: PtyPair, films: Mapping[str, RtpClip]) -> AsyncIterator[Doors]:
    async with _doors(tmp_path, serial_line, films) as made:
        yield made


async def test_every_reader_of_the_field_asks_the_one_decision(doors: Doors) -> None:
    await eventually(lambda: _is_online(doors, "keypad"), 30)
    doors.keypad.commands.clear()

    doors.keypad.card(*encode("H10301", CARD[1], CARD[0]))
    assert await doors.ordered() == ("door", "unlock", {"seconds": 3})
    await doors.shown(GREEN)
    seen = await doors.passage(door="door", credential="card")
    assert (seen["granted"], seen["person"], seen["reader"], seen["code"]) == (True, "wang", "keypad", "ok")

    doors.keypad.card(*encode("H10301", 1, 1))
    await doors.shown(RED)
    assert (await doors.passage(door="door", credential="card", granted=False))["code"] == "unknown"

    doors.keypad.keys(f"{PIN}#".encode())
    assert (await doors.ordered())[1] == "unlock"
    assert (await doors.passage(door="door", credential="pin"))["person"] == "wang"

    doors.qr.write(f"{TEXT}\r\n".encode())
    assert (await doors.passage(door="door", credential="pass", reader="qr"))["code"] == "code_forged"

    doors.lane.play(doors.films["lane-known"])
    known = await doors.passage(door="barrier", credential="plate")
    assert (known["granted"], known["person"], known["reader"]) == (True, "wang", "lane")
    await eventually(lambda: _is_up(doors.barrier), 20)
    doors.lane.play(doors.films["lane-unknown"])
    unknown = await doors.passage(door="barrier", credential="plate", granted=False)
    assert (unknown["code"], unknown["reasons"]["zh"]) == ("unknown", "未登记的凭证")

    await doors.api.sign_in("guard")
    order = await doors.api.post("devices/door/commands", {"action": "unlock", "arguments": {"seconds": 5}})
    assert await doors.ordered() == ("door", "unlock", {"seconds": 5})
    remote = await doors.passage(door="door", credential="remote")
    assert (remote["granted"], remote["by"], remote["code"]) == (True, "guard", "remote")
    await eventually(lambda: _is_done(doors, order["id"]), 10)

    for _ in range(5):
        doors.keypad.keys(f"{WRONG_PIN}#".encode())
    await doors.passage(5, credential="pin", code="unknown")
    doors.keypad.keys(f"{PIN}#".encode())
    assert not (await doors.passage(credential="pin", code="too_many"))["granted"]
    assert doors.door.commands.empty()
    await _no_secret_is_kept(doors)


async def test_a_visitors_pass_opens_at_the_reader_and_before_the_camera(doors: Doors) -> None:
    await eventually(lambda: _is_online(doors, "pass-camera"), 30)
    first, second = [await doors.visitor() for _ in range(2)]
    doors.qr.write(f"{doors.code(first)}\r\n".encode())
    assert (await doors.ordered())[1] == "unlock"
    at_reader = await doors.passage(credential="pass", reader="qr")
    assert (at_reader["granted"], at_reader["pass_id"], at_reader["place"]) == (True, first, ROOM)
    code = doors.code(second)
    doors.pass_camera.play(await asyncio.to_thread(_film_of, code))
    assert (await doors.ordered())[1] == "unlock"
    at_camera = await doors.passage(credential="pass", reader="pass-camera")
    assert (at_camera["granted"], at_camera["pass_id"]) == (True, second)
    await _no_secret_is_kept(doors, code)


async def test_a_controller_goes_on_without_the_gateway_and_reports_what_it_decided(doors: Doors) -> None:
    await asyncio.wait_for(doors.controller.lists_taken.get(), 30)
    assert [entry["value"] for entry in doors.controller.memory.entries.values()] == ["110,24960"]
    await asyncio.to_thread(doors.gateway.stop)
    assert doors.controller.present("card", "110,24960", "controller")
    assert not doors.controller.present("card", "1,1", "controller")
    await asyncio.to_thread(doors.gateway.start)
    await doors.api.sign_in("manager")
    let_in = await doors.passage(door="controller", granted=True)
    assert (let_in["person"], let_in["code"], let_in["reasons"]["zh"]) == ("wang", "controller", "控制器按名单放行")
    refused = await doors.passage(door="controller", granted=False)
    assert (refused["code"], refused["reasons"]["zh"]) == ("controller_refused", "控制器拒绝（名单里没有）")

    doors.controller.refuses = "memory full"
    room = await doors.api.get(f"households/{ROOM}")
    lost = {"do": "end_credential", "credential": room["cards"][0]["id"]}
    await doors.api.post(f"households/{ROOM}/changes", {"why": "丢失", "version": room["version"], "changes": [lost]})
    faulted = await eventually(lambda: _reported(doors, "device.faulted"), 60)
    assert "memory full" in faulted[0]["data"]["why"]["en"]
    doors.controller.refuses = ""
    await eventually(lambda: _reported(doors, "device.restored"), 60)
    assert doors.controller.memory.entries == {}
    assert not doors.controller.present("card", "110,24960", "controller")


async def _is_online(doors: Doors, device: str) -> bool:
    devices = (await doors.api.get("devices"))["items"]
    return any(one["id"] == device and one["health"] == "online" for one in devices)


async def _is_done(doors: Doors, command: str) -> bool:
    done = (await doors.api.get("signals", device="door", kind="command.done"))["items"]
    return any(one["source_id"] == command for one in done)


async def _is_up(barrier: BarrierTwin) -> bool:
    return barrier.height == 1


async def _reported(doors: Doors, kind: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (await doors.api.get("signals", device="controller", kind=kind))["items"]
    return found


async def _no_secret_is_kept(doors: Doors, *more: str) -> None:
    """Neither a PIN nor the text of a code is in the database, in a log or in a picture's name."""
    kept = b"".join(file.read_bytes() for file in doors.gateway.data.rglob("*") if file.is_file())
    for secret in (PIN, WRONG_PIN, TEXT, *more):
        assert secret.encode() not in kept
        assert secret not in "\n".join(doors.gateway.log)
