"""`anju discover` on a line of modules that others wrote."""

from __future__ import annotations

import asyncio
import socketserver
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from click.testing import CliRunner

from gateway.cli import main
from gateway.cli.discover import modbus
from gateway.config import load
from gateway.simulator.modbus import ModbusModules


@contextmanager
def some_modules(*addresses: int) -> Iterator[int]:
    """Behind a converter, in a loop of their own; yields the port."""
    ready: list[int] = []
    loop, stop, is_ready = asyncio.new_event_loop(), asyncio.Event(), threading.Event()

    async def serve() -> None:
        async with ModbusModules(addresses).on_tcp(rtu=True) as port:
            ready.append(port)
            is_ready.set()
            await stop.wait()

    thread = threading.Thread(target=lambda: loop.run_until_complete(serve()))
    thread.start()
    try:
        assert is_ready.wait(10)
        yield ready[0]
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join(10)
        loop.close()


def discover(*arguments: str) -> str:
    result = CliRunner().invoke(main, ["discover", "--only", "modbus", *arguments])
    assert result.exit_code == 0, result.output
    return result.output


def test_units_are_found_and_their_stub_is_a_device(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(modbus, "ADDRESSES", range(1, 8))  # each address without a unit costs its time
    out = tmp_path / "devices.yaml"
    with some_modules(2, 5) as port:
        printed = discover("--line", f"tcp://127.0.0.1:{port}", "--out", str(out))
    assert "2 units at 9600 baud" in printed
    assert "unit 5: 16 inputs, 16 outputs" in printed
    (tmp_path / "compound.yaml").write_text("name: 小区\nplaces: {gate/east: 东门}\n", "utf-8")
    (tmp_path / "rules.yaml").write_text("rules: []\n", "utf-8")
    out.write_text(out.read_text("utf-8").replace("fill-in", "gate/east"), "utf-8")
    (entry,) = load(tmp_path).devices
    assert entry.device.kind == "modbus_io"
    assert len(entry.parts) == 2 * (1 + 16 + 16)


def test_no_line_is_asked_that_was_not_named() -> None:
    told = discover()
    assert "nothing answered" in told
    assert "--line PORT, the line to scan" in told


def test_a_port_that_is_not_there_is_told() -> None:
    result = CliRunner().invoke(main, ["discover", "--only", "modbus", "--line", "/dev/ttyNONE:9600"])
    assert result.exit_code == 1
    assert "/dev/ttyNONE does not exist" in result.output


@pytest.mark.parametrize(
    ("written", "line"),
    [
        ("/dev/ttyUSB0", modbus.ModbusPort("/dev/ttyUSB0", modbus.BAUDS, "rtu")),
        ("/dev/ttyUSB0:19200", modbus.ModbusPort("/dev/ttyUSB0", [19200], "rtu")),
        ("tcp://10.0.0.1:502", modbus.ModbusPort("tcp://10.0.0.1:502", modbus.BAUDS[:1], "tcp")),
        ("tcp://10.0.0.1:4001", modbus.ModbusPort("tcp://10.0.0.1:4001", modbus.BAUDS[:1], "rtu")),
    ],
)
def test_a_line_as_it_is_written(written: str, line: modbus.ModbusPort) -> None:
    assert modbus.ModbusPort.of(written) == line


@contextmanager
def a_gateway(answers: Callable[[int, bytes], bytes]) -> Iterator[int]:
    """Modbus TCP in front of a line; `answers(unit, request)` is the PDU it answers. Yields the port."""

    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            while len(head := self.rfile.read(7)) == 7:
                pdu = answers(head[6], self.rfile.read(int.from_bytes(head[4:6]) - 1))
                self.wfile.write(head[:4] + (len(pdu) + 1).to_bytes(2) + head[6:7] + pdu)

    class Server(socketserver.ThreadingTCPServer):
        daemon_threads = True

    with Server(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield server.server_address[1]
        finally:
            server.shutdown()
            thread.join(10)


def at_rest(request: bytes) -> bytes:
    """Everything that was asked for, and all of it open."""
    size = (int.from_bytes(request[3:5]) + 7) // 8
    return bytes([request[0], size]) + bytes(size)


@pytest.mark.parametrize("code", [0x0A, 0x0B, 0x02, 0x04, 0x06])
def test_a_gateway_that_finds_nobody_is_no_unit(monkeypatch: pytest.MonkeyPatch, code: int) -> None:
    monkeypatch.setattr(modbus.ModbusPort, "of", lambda written: modbus.ModbusPort(written, (9600,), "tcp"))
    with a_gateway(lambda unit, asked: at_rest(asked) if unit == 7 else bytes([asked[0] | 0x80, code])) as port:
        printed = discover("--line", f"tcp://127.0.0.1:{port}")
    assert "1 units" in printed
    assert "unit 7: " in printed


def test_a_module_that_answers_to_every_address_is_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(modbus.ModbusPort, "of", lambda written: modbus.ModbusPort(written, (9600,), "tcp"))
    with a_gateway(lambda _, asked: at_rest(asked)) as port:
        printed = discover("--line", f"tcp://127.0.0.1:{port}")
    assert "1 units" in printed
    assert "unit 255: " in printed
