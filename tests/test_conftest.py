"""The fixtures themselves, against the real parts."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.broker import Mosquitto
from tests.support.parts import present
from tests.support.pty_pair import PtyPair


def test_a_part_is_an_executable_a_module_or_a_typelib() -> None:
    assert present("sh")
    assert present("python:aiohttp")
    assert not present("no-such-program")
    assert not present("python:no_such_module")
    assert not present("typelib:NoSuchThing-1.0")
    with pytest.raises(ValueError, match="write an executable's name"):
        present("deb:mosquitto")


def test_a_serial_line_carries_every_byte_both_ways(serial_line: PtyPair) -> None:
    every_byte = bytes(range(256))
    with Path(serial_line.path).open("r+b", buffering=0) as gateway_end:
        serial_line.write(every_byte)
        assert gateway_end.read(256) == every_byte
        gateway_end.write(every_byte)
        assert serial_line.read() == every_byte
        assert serial_line.read() == b""


@pytest.mark.needs("mosquitto", "mosquitto")
@pytest.mark.needs("mosquitto_pub", "mosquitto-clients")
def test_a_broker_keeps_a_retained_message_over_a_power_cut(make_broker: Callable[..., Mosquitto]) -> None:
    broker = make_broker({"door": "secret"})
    account = ["-h", broker.host, "-p", str(broker.port), "-u", "door", "-P", "secret", "-t", "anju/test"]
    subprocess.run(["mosquitto_pub", *account, "-q", "1", "-r", "-m", "kept"], check=True, timeout=10)
    subprocess.run(["sleep", "1.5"], check=True)  # its autosave is once a second
    broker.kill()
    broker.start()
    heard = subprocess.run(["mosquitto_sub", *account, "-C", "1", "-W", "5"], check=True, capture_output=True)
    assert heard.stdout == b"kept\n"
