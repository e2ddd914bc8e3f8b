"""`anju capture` on a gateway that runs, and the capture played back to a driver."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import paho.mqtt.client as paho
import pytest
from click.testing import CliRunner
from paho.mqtt.enums import CallbackAPIVersion
from pydantic import BaseModel, SecretStr

from gateway.app.capture import secrets_of
from gateway.cli import main
from gateway.errors import BadInput
from gateway.links.capture import Capture, CapturedChunk, as_line, read_chunks, redact
from gateway.simulator import perimeter as twin
from gateway.testing import RecordedReports
from tests.drivers.test_perimeter_panel import make_driver
from tests.support.gateway import PASSWORD, Gateway, TestCompound, TestDevice
from tests.support.ports import HOST
from tests.support.pty_pair import pty_pair


def test_what_nobody_else_may_read_is_overwritten_at_the_same_length() -> None:
    said = b'{"pin": "s3cret", "phone": "13812345678", "zone": 1234567890}'
    shown = redact(said, [b"s3cret"])
    assert shown == b'{"pin": "******", "phone": "00000000000", "zone": 1234567890}'
    assert as_line(CapturedChunk("in", said, "topic"), 1.5, [b"s3cret"]) == {
        "t": 1.5,
        "way": "in",
        "data": shown.hex(),
        "peer": "topic",
        "redacted": True,
    }


def test_secrets_are_found_however_deep() -> None:
    class Account(BaseModel):
        key: SecretStr | None = None

    class Deep(BaseModel):
        token: SecretStr = SecretStr("short")
        accounts: tuple[Account, ...] = (Account(key=SecretStr("the longest")), Account())
        by_name: dict[str, Account] = {"x": Account(key=SecretStr("in a map"))}

    assert {b"the longest", b"in a map", b"short"} <= set(secrets_of(Deep()))


def test_secrets_are_found_in_every_way_in_which_a_line_may_carry_them() -> None:
    class Reader(BaseModel):
        key: SecretStr = SecretStr("00112233445566778899aabbccddeeff")
        word: SecretStr = SecretStr('p"ä s')
        pin: SecretStr = SecretStr("1234")

    secrets = secrets_of(Reader())
    for said in (bytes(range(0, 256, 17)), b'{"w": "p\\"\\u00e4 s"}', b"w=p%22%C3%A4%20s", 'p"ä s'.encode()):
        assert b"*" in redact(said, secrets), said
    assert redact(b"\x12\x34", secrets) == b"\x12\x34"


def test_without_a_listener_nothing_is_kept() -> None:
    capture = Capture()
    heard: list[CapturedChunk] = []
    capture.record("in", b"before")
    with capture.listen(heard.append):
        capture.record("out", b"now")
    capture.record("in", b"after")
    assert heard == [CapturedChunk("out", b"now")]


def test_a_broken_line_of_a_capture_is_named() -> None:
    with pytest.raises(BadInput, match="line 2"):
        list(read_chunks(['{"anju": "capture"}', '{"t": 1, "way": "in", "data": "zz"}']))


@dataclass(frozen=True, slots=True)
class Panel:
    """A perimeter host on a serial port, as an entry of devices.yaml."""

    port: str
    id: str = "wall"

    @property
    def entry(self) -> dict[str, Any]:
        zones = [{"number": number, "id": f"zone-{number}", "name": f"防区{number}"} for number in (1, 2, 3)]
        common = {"id": self.id, "kind": "perimeter_panel", "name": "周界主机", "place": "b1"}
        return {**common, "port": self.port, "poll": "200ms", "zones": zones}


@contextmanager
def wall_host() -> Iterator[tuple[twin.PerimeterHost, str]]:
    """The twin in a loop of its own."""
    ready, stop, loop = threading.Event(), asyncio.Event(), asyncio.new_event_loop()
    made: list[tuple[twin.PerimeterHost, str]] = []

    async def serve() -> None:
        async with twin.run_perimeter_host() as (host, path):
            made.append((host, str(path)))
            ready.set()
            await stop.wait()

    thread = threading.Thread(target=lambda: loop.run_until_complete(serve()))
    thread.start()
    assert ready.wait(10)
    yield made[0]
    loop.call_soon_threadsafe(stop.set)
    thread.join(10)
    loop.close()


@contextmanager
def running(tmp_path: Path, *devices: Any) -> Iterator[Gateway]:
    gateway = Gateway(TestCompound(tmp_path / "config", devices), tmp_path / "data")
    gateway.start()
    try:
        yield gateway
    finally:
        gateway.stop()


def capture(gateway: Gateway, device: str, out: Path, seconds: float = 3) -> Any:
    arguments = ["capture", device, "--seconds", str(seconds), "--out", str(out), "--data", str(gateway.data)]
    return CliRunner().invoke(main, arguments)


async def test_a_capture_replays_to_the_same_signals(tmp_path: Path) -> None:
    file = tmp_path / "wall.jsonl"
    with wall_host() as (host, path), running(tmp_path, Panel(path), TestDevice("lone")) as gateway:
        threading.Timer(1.0, host.report, (twin.ALARM, 2)).start()
        threading.Timer(1.5, host.report, (twin.RESTORED, 2)).start()
        done = await asyncio.to_thread(capture, gateway, "zone-2", file)
        again = await asyncio.to_thread(capture, gateway, "zone-2", file)
    assert done.exit_code == 0, done.output
    assert "exists; give a new file" in again.output
    head = json.loads(file.read_text().splitlines()[0])
    assert (head["anju"], head["device"], head["kind"]) == ("capture", "wall", "perimeter_panel")
    said = list(read_chunks(file.read_text("utf-8").splitlines()))
    assert {piece.way for _, piece in said} == {"in", "out"}
    assert await replayed(said) >= {("zone-2", "zone.alarm"), ("zone-2", "zone.restored")}


async def replayed(said: list[tuple[float, CapturedChunk]]) -> set[tuple[str, str]]:
    """What a fresh driver makes of what the device said, ten times as fast."""
    with pty_pair() as pair:
        emit = RecordedReports()
        driver = make_driver(pair.path, emit, poll="1s", missed_polls=100)
        serving = asyncio.ensure_future(driver.run())
        await asyncio.sleep(0.1)
        for _, piece in said:
            if piece.way == "in":
                pair.write(piece.data)
                await asyncio.sleep(0.02)
        await asyncio.sleep(0.3)
        serving.cancel()
        await asyncio.wait([serving])
    return set(emit.kinds())


def test_mqtt_is_captured_by_topic_and_who_can_not_be_is_told(tmp_path: Path) -> None:
    with running(tmp_path, TestDevice("lone")) as gateway:
        client = paho.Client(CallbackAPIVersion.VERSION2)
        client.username_pw_set("lone", PASSWORD)
        client.connect(HOST, gateway.compound.mqtt_port)
        client.loop_start()
        payload = '{"kind": "door.opened", "data": {"phone": "13812345678"}}'
        said = threading.Timer(1.0, client.publish, ("anju/v1/lone/signal", payload, 1))
        said.start()
        done = capture(gateway, "lone", tmp_path / "lone.jsonl", 2)
        nobody = capture(gateway, "nobody", tmp_path / "nobody.jsonl")
        client.disconnect()
        client.loop_stop()
    assert "1 pieces" in done.output
    ((_, piece),) = read_chunks((tmp_path / "lone.jsonl").read_text("utf-8").splitlines())
    assert piece.peer == "anju/v1/lone/signal"
    assert b"00000000000" in piece.data
    assert "no device nobody" in nobody.output
    assert not (tmp_path / "nobody.jsonl").exists()
    elsewhere = CliRunner().invoke(main, ["capture", "lone", "--data", str(tmp_path / "data")])
    assert "no gateway runs" in elsewhere.output


async def test_who_is_cut_off_is_told_and_keeps_what_came(tmp_path: Path) -> None:
    lost = capture(Gateway(TestCompound(tmp_path / "c", []), tmp_path), "lone", tmp_path / "nowhere" / "lone.jsonl")
    assert "no folder that you may write to" in lost.output
    with running(tmp_path, TestDevice("lone")) as gateway:
        file = tmp_path / "lone.jsonl"
        capturing = asyncio.create_task(asyncio.to_thread(capture, gateway, "lone", file, 60))
        while not file.exists():
            await asyncio.sleep(0.1)
        await asyncio.to_thread(gateway.stop)
        done = await capturing
    assert done.exit_code == 1
    assert "the gateway stopped" in done.output
    assert json.loads(file.read_text("utf-8"))["device"] == "lone"
