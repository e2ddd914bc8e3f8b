"""A serial line behind a converter to Ethernet: ser2net as the converter, and sockets for what goes wrong."""

from __future__ import annotations

import asyncio
import errno
import socket

import pytest
from pydantic import ValidationError

from drivers import perimeter_panel
from gateway.errors import LinkLost
from gateway.links.serial import SerialLink, SerialSettings
from gateway.model import Device, DeviceType
from gateway.protocols.perimeter.settings import PanelSettings
from gateway.simulator import perimeter as twin
from gateway.testing import RecordedReports
from tests.support.converter import converter
from tests.support.listening import until

needs_ser2net = pytest.mark.needs("ser2net", "ser2net")


@pytest.fixture
def host():
    """A converter's listening socket, and the `port` of the YAML."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server, f"tcp://127.0.0.1:{server.getsockname()[1]}"


def link_to(port: str) -> SerialLink:
    return SerialLink(SerialSettings(port=port))


@needs_ser2net
async def test_bytes_pass_both_ways_as_they_are(tmp_path, serial_line) -> None:
    every = bytes(range(256))
    with converter(tmp_path, serial_line.path) as port:
        async with link_to(port).open() as line:
            await line.write(every)
            got = b""
            async with asyncio.timeout(5):
                while len(got) < 256:
                    got += serial_line.read()
                    await asyncio.sleep(0.01)
            assert got == every
            serial_line.write(every)
            got = b""
            while len(got) < 256:
                got += await line.read()
            assert got == every
            assert await line.read() == b"", "the silence after it"


@needs_ser2net
async def test_a_converter_serves_one_and_is_free_again_after(tmp_path, serial_line) -> None:
    with converter(tmp_path, serial_line.path) as port:
        async with link_to(port).open(), link_to(port).open() as second:
            assert await second.read() == b"Port already in use\r\n"
            with pytest.raises(LinkLost, match="check its power and cable, and that nobody else connects to it"):
                await second.read()
        async with asyncio.timeout(10):
            while True:
                async with link_to(port).open() as line:
                    await line.write(b"again")
                    await asyncio.sleep(0.2)
                    if serial_line.read() == b"again":
                        break


@needs_ser2net
async def test_a_converter_that_ends_is_a_lost_line(tmp_path, serial_line) -> None:
    with converter(tmp_path, serial_line.path) as port:
        lost = link_to(port).open()
        line = await lost.__aenter__()
    with pytest.raises(LinkLost, match=r"converter tcp://127.0.0.1:\d+ is gone"):
        await line.read()
    await lost.__aexit__(None, None, None)
    with pytest.raises(LinkLost, match="refuses: is it in TCP server mode, on this port"):
        async with link_to(port).open():
            pass


async def test_silence_after_bytes_is_told_later_than_on_a_wire(host) -> None:
    server, port = host
    link = link_to(port)
    async with link.open() as line:
        there, _ = server.accept()
        there.send(b"ha")
        assert await line.read() == b"ha"
        await asyncio.sleep(0.1)
        there.send(b"lf")
        assert await line.read() == b"lf"
        assert await line.read() == b""
        there.close()
    assert link.settings.gap == 0.2


async def test_the_kernel_asks_whether_a_silent_converter_lives(host) -> None:
    _, port = host
    async with link_to(port).open() as line:
        with socket.socket(fileno=line._fd) as ours:
            option = {
                name: ours.getsockopt(socket.IPPROTO_TCP, getattr(socket, name))
                for name in ("TCP_KEEPIDLE", "TCP_KEEPINTVL", "TCP_USER_TIMEOUT", "TCP_NODELAY")
            }
            assert ours.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)
            ours.detach()
    assert option == {"TCP_KEEPIDLE": 10, "TCP_KEEPINTVL": 5, "TCP_USER_TIMEOUT": 15_000, "TCP_NODELAY": 1}


async def test_one_that_takes_nothing_is_lost(host, monkeypatch) -> None:
    monkeypatch.setattr("gateway.links.serial.line.WRITE_TIMEOUT_S", 0.1)
    _, port = host
    async with link_to(port).open() as line:
        with pytest.raises(LinkLost, match=r"converter tcp://127.0.0.1:\d+ took nothing"):
            await line.write(bytes(50_000_000))


async def test_one_that_does_not_answer(monkeypatch) -> None:
    monkeypatch.setattr("gateway.links.serial.converter.CONNECT_TIMEOUT_S", 0.1)
    with socket.socket() as full:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        port = full.getsockname()[1]
        fill = [socket.socket() for _ in range(3)]
        for each in fill:
            each.setblocking(False)
            assert each.connect_ex(("127.0.0.1", port)) in {0, errno.EINPROGRESS}
        with pytest.raises(LinkLost, match="does not answer: check its power"):
            async with link_to(f"tcp://127.0.0.1:{port}").open():
                pass
        for each in fill:
            each.close()


async def test_a_name_nobody_knows() -> None:
    with pytest.raises(LinkLost, match=r"nobody knows 'converter.invalid': write its IP address"):
        async with link_to("tcp://converter.invalid:4001").open():
            pass


@pytest.mark.parametrize(
    ("port", "told"),
    [
        ("192.168.1.10:4001", "is no device file, write tcp://192.168.1.10:4001 for a converter"),
        ("tcp:192.168.1.10", "is no address, write tcp://192.168.1.10:4001, with two slashes"),
        ("tcp://192.168.1.10", "names no port, write one like tcp://192.168.1.10:4001, the port as set"),
        ("tcp://192.168.1.10:0", "names no port"),
        ("tcp://:4001", "names no host"),
        ("tcp://192.168.1.10:99999", "is no address (Port out of range 0-65535)"),
        ("tcp://192.168.1.10:4001/line1", "says more than host and port, write tcp://192.168.1.10:4001"),
        ("tcp://" + "x" * 70 + ":4001", "is no address"),
        ("telnet://192.168.1.10:23", "telnet:// is not supported, set the converter to TCP server mode, raw"),
        ("rfc2217://192.168.1.10:4001", "rfc2217:// is not supported"),
        ("COM3", "is a port's name under Windows, write one under /dev/serial/by-id"),
    ],
)
def test_what_is_no_port_is_explained(port: str, told: str) -> None:
    with pytest.raises(ValidationError) as refused:
        SerialSettings(port=port)
    assert told in str(refused.value)


def test_an_address_is_written_one_way() -> None:
    assert SerialSettings(port="tcp://Converter-3:4001/").port == "tcp://converter-3:4001"
    assert SerialSettings(port="tcp://[FE80::1]:4001").port == "tcp://[fe80::1]:4001"


@needs_ser2net
async def test_a_perimeter_host_behind_a_converter(tmp_path, monkeypatch) -> None:
    """The driver for a wire, over Ethernet: nothing of it knows."""
    monkeypatch.setattr(twin, "REPEAT_AFTER", 0.2)
    async with twin.run_perimeter_host() as (wall, path):
        with converter(tmp_path, str(path)) as port:
            settings, emit = PanelSettings(port=port, poll="200ms"), RecordedReports()
            device = Device("wall", "perimeter_panel", DeviceType.PANEL, "周界主机", "gate")
            serving = asyncio.ensure_future(perimeter_panel.DRIVER(device, settings, SerialLink(settings), emit).run())
            await until(lambda: emit.heard_count, serving)
            wall.report(twin.ALARM, 2)
            await until(lambda: wall.acknowledged, serving)
            assert ("wall", "zone.alarm") in emit.kinds()
            serving.cancel()
            await asyncio.wait([serving])
