"""QR readers on a real pty pair and behind a real TCP connection."""

from __future__ import annotations

import asyncio
import os

import pytest

from drivers.qr_reader import DRIVER, QrReaderSettings
from gateway.errors import LinkLost
from gateway.links.serial import SerialLink
from gateway.model import Device, DeviceType
from gateway.testing import running

CODE = "p1.kT3-xyz_0123456789"
DEVICE = Device("gate-qr", "qr_reader", DeviceType.READER, "东门二维码", "gate/east")


async def test_the_text_of_a_code_is_for_the_decision_only(serial_line) -> None:
    settings = QrReaderSettings(port=serial_line.path, prefix="QR")
    async with running(DRIVER, settings, SerialLink(settings), DEVICE) as run:
        await run.until(lambda: run.reports.heard_count)
        os.write(serial_line.fd, f"QR{CODE}\r\n".encode())
        await run.until(lambda: run.reports.signals)
        (signal,) = run.reports.signals
        assert (signal.device, signal.kind, signal.secret) == ("gate-qr", "code.read", CODE)
        assert CODE not in repr(signal)
        assert CODE not in repr(signal.data)


async def test_a_code_that_stays_is_reported_once_and_the_next_at_once(serial_line) -> None:
    settings = QrReaderSettings(port=serial_line.path)
    async with running(DRIVER, settings, SerialLink(settings), DEVICE) as run:
        await run.until(lambda: run.reports.heard_count)
        os.write(serial_line.fd, b"first\r\nfirst\r\nsecond\r\nfirst\r\n")
        await run.until(lambda: len(run.reports.signals) == 3)
        assert [signal.secret for signal in run.reports.signals] == ["first", "second", "first"]


async def test_what_can_not_be_read_is_kept_masked(serial_line) -> None:
    settings = QrReaderSettings(port=serial_line.path)
    async with running(DRIVER, settings, SerialLink(settings), DEVICE) as run:
        await run.until(lambda: run.reports.heard_count)
        os.write(serial_line.fd, b"\xe4p1.zZ9\r\n")
        await run.until(lambda: run.reports.quarantined)
        why, data = run.reports.quarantined[0]
        assert (why, data) == ("no printable ASCII text (masked)", b"AA0.AA0")
        assert run.reports.signals == []


async def test_a_reader_on_ip() -> None:
    shown: asyncio.Queue[bytes] = asyncio.Queue()

    async def reader(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(await shown.get())
        await writer.drain()
        writer.close()
        await writer.wait_closed()

    async with await asyncio.start_server(reader, "127.0.0.1", 0) as server:
        host, port = server.sockets[0].getsockname()
        settings = QrReaderSettings(port=f"tcp://{host}:{port}")
        async with running(DRIVER, settings, SerialLink(settings), DEVICE) as run:
            await run.until(lambda: run.reports.heard_count)
            shown.put_nowait(f"{CODE}\n".encode())
            with pytest.raises(LinkLost):  # the reader was switched off
                await run.until(lambda: False)
            assert run.reports.signals[0].secret == CODE
