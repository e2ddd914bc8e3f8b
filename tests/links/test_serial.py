"""The serial link on real pty pairs."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import termios
import time
from collections.abc import Callable

import pytest
from pydantic import ValidationError

from gateway.errors import LinkLost
from gateway.links.serial import SerialLink, SerialSettings
from tests.support.pty_pair import PtyPair


@pytest.fixture
def link(serial_line: PtyPair) -> SerialLink:
    return SerialLink(SerialSettings(port=serial_line.path))


async def test_bytes_pass_both_ways(serial_line: PtyPair, link: SerialLink) -> None:
    async with link.open() as line:
        serial_line.write(b"\x00\xff\r\n\x03\x11\x13")
        assert await line.read() == b"\x00\xff\r\n\x03\x11\x13"
        await line.write(b"\x04\x1a\n\r")
        assert serial_line.read() == b"\x04\x1a\n\r"


ASKED = """
import asyncio, sys
from gateway.links.serial import SerialLink, SerialSettings

class Prompt(SerialSettings):
    LOW_LATENCY = sys.argv[2] == "prompt"

sys.addaudithook(lambda event, told: print(told[1]) if event == "fcntl.ioctl" else None)

async def main():
    async with SerialLink(Prompt(port=sys.argv[1])).open():
        pass

asyncio.run(main())
"""


@pytest.mark.parametrize("kind", ["prompt", "patient"])
def test_only_a_line_of_questions_and_answers_has_its_adapter_hand_over_at_once(
    serial_line: PtyPair, kind: str
) -> None:
    """A pty has no such switch: the line is open all the same."""
    done = subprocess.run(
        [sys.executable, "-c", ASKED, serial_line.path, kind], check=True, capture_output=True, text=True
    )
    assert (str(termios.TIOCGSERIAL) in done.stdout.split()) is (kind == "prompt")


async def test_silence_after_bytes_is_told_once(serial_line: PtyPair, link: SerialLink) -> None:
    async with link.open() as line:
        serial_line.write(b"half")
        assert await line.read() == b"half"
        started = time.monotonic()
        assert await line.read() == b""
        assert time.monotonic() - started >= link.settings.gap * 0.9
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(line.read(), link.settings.gap * 3)


async def stopped(monkeypatch: pytest.MonkeyPatch, seconds: float, then: Callable[[], None]) -> None:
    """As a process that is not let run for so long, while the device goes on."""
    loop = asyncio.get_running_loop()
    await asyncio.sleep(0.01)
    now = loop.time
    monkeypatch.setattr(loop, "time", lambda: now() + seconds)
    then()


async def test_a_frame_is_whole_although_we_were_stopped_in_its_middle(
    serial_line: PtyPair, link: SerialLink, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with link.open() as line:
        serial_line.write(b"00072")
        assert await line.read() == b"00072"
        rest = asyncio.ensure_future(line.read())
        await stopped(monkeypatch, 60, lambda: serial_line.write(b"33920\r\n"))
        assert await rest == b"33920\r\n"


async def test_an_answer_that_came_in_time_counts_although_we_were_stopped(
    serial_line: PtyPair, link: SerialLink, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with link.open() as line:
        until = asyncio.get_running_loop().time() + 30
        answer = asyncio.ensure_future(line.read_until(until))
        await stopped(monkeypatch, 60, lambda: serial_line.write(b"answer"))
        assert await answer == b"answer"
        serial_line.write(b"babble")
        assert await line.read_until(until) is None


async def test_nothing_until_then_is_none(serial_line: PtyPair, link: SerialLink) -> None:
    async with link.open() as line:
        assert await line.read_until(asyncio.get_running_loop().time() + 0.01) is None
        serial_line.write(b"later")
        assert await line.read() == b"later"


async def test_cancelled_reading_loses_nothing(serial_line: PtyPair, link: SerialLink) -> None:
    async with link.open() as line:
        for _ in range(5):
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(line.read(), 0.005)
        serial_line.write(b"kept")
        assert await line.read() == b"kept"


async def test_device_gone_while_reading(serial_line: PtyPair, link: SerialLink) -> None:
    async with link.open() as line:
        reading = asyncio.ensure_future(line.read())
        await asyncio.sleep(0.01)
        os.close(serial_line.fd)
        with pytest.raises(LinkLost, match="is gone"):
            await reading


async def test_device_gone_while_writing(serial_line: PtyPair, link: SerialLink) -> None:
    async with link.open() as line:
        os.close(serial_line.fd)
        with pytest.raises(LinkLost, match="is gone"):
            await line.write(b"hello?")


async def test_closing_wakes_a_reader(link: SerialLink) -> None:
    async with link.open() as line:
        reading = asyncio.ensure_future(line.read())
        await asyncio.sleep(0.01)
    with pytest.raises(LinkLost, match="closed"):
        await asyncio.wait_for(reading, 1)


async def test_absent_port_names_the_mend() -> None:
    with pytest.raises(LinkLost, match=r"/dev/ttyNOPE does not exist: is the adapter plugged in"):
        async with SerialLink(SerialSettings(port="/dev/ttyNOPE")).open():
            pass


async def test_what_is_no_tty(tmp_path) -> None:
    file = tmp_path / "file"
    file.touch()
    with pytest.raises(LinkLost, match="can't be opened"):
        async with SerialLink(SerialSettings(port=str(file))).open():
            pass


async def test_one_port_serves_one_device(link: SerialLink, serial_line: PtyPair) -> None:
    async with link.open():
        with pytest.raises(LinkLost, match="already in use: one port serves one device"):
            async with SerialLink(SerialSettings(port=serial_line.path)).open():
                pass
    async with SerialLink(SerialSettings(port=serial_line.path)).open():
        pass  # it is free again


async def test_back_pressure_keeps_every_byte_in_order(serial_line: PtyPair, link: SerialLink) -> None:
    sent = bytes(range(256)) * 400
    got = bytearray()
    async with link.open() as line:
        writing = asyncio.ensure_future(line.write(sent))
        await asyncio.sleep(0.05)
        assert not writing.done(), "100 kB can't fit a tty's buffer: the writer has to wait"
        while len(got) < len(sent):
            got += serial_line.read()
            await asyncio.sleep(0)
        await writing
    assert bytes(got) == sent


async def test_a_line_that_takes_nothing_is_lost(link: SerialLink, monkeypatch) -> None:
    monkeypatch.setattr("gateway.links.serial.line.WRITE_TIMEOUT_S", 0.05)
    async with link.open() as line:
        with pytest.raises(LinkLost, match="took nothing"):
            await line.write(bytes(100_000))


async def test_two_writers_never_mix(serial_line: PtyPair, link: SerialLink) -> None:
    got = bytearray()
    async with link.open() as line:
        writing = asyncio.gather(line.write(b"a" * 20_000), line.write(b"b" * 20_000))
        while len(got) < 40_000:
            got += serial_line.read()
            await asyncio.sleep(0)
        await writing
    assert bytes(got) == b"a" * 20_000 + b"b" * 20_000


async def test_unread_bytes_wait_in_the_kernel(serial_line: PtyPair, link: SerialLink) -> None:
    async with link.open() as line:
        serial_line.write(b"x" * 4000)
        await asyncio.sleep(0.02)
        got = b""
        while len(got) < 4000:
            got += await line.read()
    assert got == b"x" * 4000


async def test_heard_is_called_for_what_comes(serial_line: PtyPair, link: SerialLink) -> None:
    heard: list[bool] = []
    link.on_heard = lambda: heard.append(True)
    async with link.open() as line:
        serial_line.write(b"x")
        await line.read()
        await line.read()
    assert heard == [True]


@pytest.mark.parametrize(
    ("wrong", "where"),
    [
        ({}, "port"),
        ({"port": ""}, "port"),
        ({"port": "/dev/ttyS0", "baud": 0}, "baud"),
        ({"port": "/dev/ttyS0", "parity": "mark"}, "parity"),
        ({"port": "/dev/ttyS0", "stop_bits": 3}, "stop_bits"),
        ({"port": "/dev/ttyS0", "bauds": 9600}, "bauds"),
    ],
)
def test_settings_refuse_nonsense(wrong: dict, where: str) -> None:
    with pytest.raises(ValidationError) as refused:
        SerialSettings(**wrong)
    assert refused.value.errors()[0]["loc"] == (where,)


def test_gap_follows_the_line_speed() -> None:
    assert SerialSettings(port="/dev/x", baud=115200).gap == 0.05
    assert SerialSettings(port="/dev/x", baud=1200, parity="even").gap == pytest.approx(40 * 11 / 1200)
