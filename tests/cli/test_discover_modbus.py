"""`anju discover` on a line of modules that others wrote."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from click.testing import CliRunner

from gateway.cli import main
from gateway.cli.discover import modbus
from gateway.settings import load
from gateway.simulator.modbus import Modules


@contextmanager
def some_modules(*addresses: int) -> Iterator[int]:
    """Behind a converter, in a loop of their own; yields the port."""
    ready: list[int] = []
    loop, stop, is_ready = asyncio.new_event_loop(), asyncio.Event(), threading.Event()

    async def serve() -> None:
        async with Modules(addresses).on_tcp(rtu=True) as port:
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
    assert "--line PORT, the line to ask" in told


def test_a_port_that_is_not_there_is_told() -> None:
    result = CliRunner().invoke(main, ["discover", "--only", "modbus", "--line", "/dev/ttyNONE:9600"])
    assert result.exit_code == 1
    assert "/dev/ttyNONE does not exist" in result.output


@pytest.mark.parametrize(
    ("written", "line"),
    [
        ("/dev/ttyUSB0", modbus.Line("/dev/ttyUSB0", modbus.BAUDS, "rtu")),
        ("/dev/ttyUSB0:19200", modbus.Line("/dev/ttyUSB0", [19200], "rtu")),
        ("tcp://10.0.0.1:502", modbus.Line("tcp://10.0.0.1:502", modbus.BAUDS[:1], "tcp")),
        ("tcp://10.0.0.1:4001", modbus.Line("tcp://10.0.0.1:4001", modbus.BAUDS[:1], "rtu")),
    ],
)
def test_a_line_as_it_is_written(written: str, line: modbus.Line) -> None:
    assert modbus.Line.of(written) == line
