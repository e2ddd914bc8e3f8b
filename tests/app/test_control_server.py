"""The control socket: captures end when they should, and nobody who does not read holds anything up."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

import pytest

from gateway.app import capture
from gateway.app.capture import CaptureService
from gateway.app.control_server import serve_control
from gateway.app.current_config import CurrentConfig, compound_of
from gateway.cli.control_client import refresh_register
from gateway.config import load
from gateway.links.capture import Capture
from gateway.people import CurrentRegister
from gateway.store import Store
from gateway.store.control_socket import SOCKET_NAME
from tests.links.mqtt.support import until
from tests.support.gateway import TestCompound, TestDevice


class ControlSocket:
    """A control socket with one device's tape, and no gateway around it."""

    def __init__(self, folder: Path, tapes: dict[str, Capture]) -> None:
        self.folder = folder
        self.tapes = tapes

    @property
    def listeners(self) -> int:
        return sum(len(tape._listeners) for tape in self.tapes.values())

    async def ask(self, seconds: float = 60) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        reader, writer = await asyncio.open_unix_connection(str(self.folder / SOCKET_NAME), limit=1 << 24)
        asked = {"do": "capture", "device": "lone", "seconds": seconds}
        writer.write(json.dumps(asked).encode() + b"\n")
        return reader, writer


@asynccontextmanager
async def desk(tmp_path: Path) -> AsyncIterator[ControlSocket]:
    configuration = load(TestCompound(tmp_path / "config", [TestDevice("lone")]).write())
    current_config = CurrentConfig(configuration.compound)
    current_config.replace(configuration, compound_of(configuration))
    made = ControlSocket(tmp_path, {"lone": Capture()})
    capture, nobody = CaptureService(current_config, made.tapes), cast("Any", None)
    async with asyncio.timeout(20), serve_control(tmp_path, nobody, capture, nobody, nobody, nobody):
        yield made


async def said(reader: asyncio.StreamReader) -> dict[str, Any]:
    answer: dict[str, Any] = json.loads(await reader.readline())
    return answer


async def test_two_captures_of_one_device_hear_the_same(tmp_path):
    async with desk(tmp_path) as it:
        pairs = [await it.ask(1), await it.ask(1)]
        await until(lambda: it.listeners == 2)
        it.tapes["lone"].record("in", b"ping")
        for reader, writer in pairs:
            assert (await said(reader))["say"] == "head"
            assert (await said(reader))["data"] == b"ping".hex()
            assert await said(reader) == {"say": "end", "left_out": 0}
            writer.close()


async def test_nobody_is_listened_for_who_has_gone(tmp_path):
    async with desk(tmp_path) as it:
        _, writer = await it.ask()
        await until(lambda: it.listeners == 1)
        writer.close()
        await until(lambda: not it.listeners)


async def test_who_never_reads_costs_no_more_than_some_memory_and_holds_nothing_up(tmp_path, monkeypatch):
    monkeypatch.setattr("gateway.app.capture.SEND_TIMEOUT_S", 0.2)
    monkeypatch.setattr("gateway.app.control_server.CLIENT_TIMEOUT_S", 0.2)
    async with desk(tmp_path) as it:
        reader, writer = await it.ask(1)
        writer.transport.pause_reading()
        await until(lambda: it.listeners == 1)
        for _ in range(200):
            it.tapes["lone"].record("in", b"x" * 100_000)
            await asyncio.sleep(0)
        await until(lambda: not it.listeners)
        await asyncio.sleep(0.5)
        writer.transport.resume_reading()
        await reader.read()
        assert reader.at_eof()
        writer.close()


async def test_what_is_left_out_is_counted(tmp_path):
    async with desk(tmp_path) as it:
        reader, writer = await it.ask(1)
        await until(lambda: it.listeners == 1)
        for _ in range(10):
            it.tapes["lone"].record("in", b"x" * (capture.MAX_PENDING_BYTES // 4))
        await said(reader)
        pieces = [await said(reader) for _ in range(4)]
        assert {piece["say"] for piece in pieces} == {"piece"}
        assert await said(reader) == {"say": "end", "left_out": 6}
        writer.close()


async def test_a_capture_follows_its_device_to_another_line_and_ends_with_it(tmp_path):
    async with desk(tmp_path) as it:
        reader, writer = await it.ask()
        await until(lambda: it.listeners == 1)
        assert (await said(reader))["say"] == "head"
        it.tapes["lone"] = Capture()  # as a reload does that changes the device
        await until(lambda: it.listeners == 1)
        it.tapes["lone"].record("out", b"new")
        assert (await said(reader))["data"] == b"new".hex()
        del it.tapes["lone"]
        end = await said(reader)
        assert "no device lone any more" in end["why"]
        writer.close()


async def test_a_capture_does_not_hold_up_the_gateways_end(tmp_path):
    async with desk(tmp_path) as it:
        reader, writer = await it.ask()
        await until(lambda: it.listeners == 1)
    assert not it.listeners
    await reader.readline()
    assert await reader.read() == b""
    writer.close()


@pytest.mark.parametrize("seconds", [float("nan"), -5, 0, 1e9])
async def test_a_time_that_is_none_is_refused(tmp_path, seconds):
    async with desk(tmp_path) as it:
        reader, writer = await it.ask(seconds)
        answer = await said(reader)
        assert answer["say"] == "refused"
        writer.close()


async def test_a_command_has_the_running_gateway_read_the_register_anew(tmp_path, capsys):
    acted = []

    async def act(action):
        acted.append(action.kind)
        return 1

    nobody = cast("Any", None)
    async with asyncio.timeout(20), Store.open(tmp_path) as store:
        register = CurrentRegister(store, lambda: datetime.now(UTC), act)
        await asyncio.to_thread(refresh_register, tmp_path)
        assert capsys.readouterr().err == "", "no gateway runs: there is nobody to tell"
        async with serve_control(tmp_path, nobody, nobody, register, nobody, nobody):
            await store.write(
                lambda c: c.execute("INSERT INTO vehicles (plate, place, list) VALUES ('苏M12345', 'b1', 'resident')")
            )
            await asyncio.to_thread(refresh_register, tmp_path)
            assert list(register.snapshot.vehicles) == ["苏M12345"]
            assert capsys.readouterr().err == ""
            await store.write(lambda c: c.execute("ALTER TABLE vehicles RENAME TO gone") and None)
            await asyncio.to_thread(refresh_register, tmp_path)
            assert "run anju reload" in capsys.readouterr().err
    assert acted == ["register.changed"]
