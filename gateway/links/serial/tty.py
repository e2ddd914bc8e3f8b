"""A serial port of this machine: opened and configured by pyserial, then its descriptor is ours."""

from __future__ import annotations

import errno
import os
import termios
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import serial

from gateway.errors import LinkLost
from gateway.links.serial.line import End
from gateway.links.serial.settings import SerialSettings

_PARITY = {"none": serial.PARITY_NONE, "even": serial.PARITY_EVEN, "odd": serial.PARITY_ODD}
_TAKEN = "is already in use: one port serves one device, and no other program may hold it"
_MENDS = {
    errno.ENOENT: "does not exist: is the adapter plugged in? `ls /dev/serial/by-id` lists what is",
    errno.EACCES: "may not be opened: add the daemon's user to the group `dialout`",
    errno.EAGAIN: _TAKEN,
    errno.EBUSY: _TAKEN,
}


@asynccontextmanager
async def opened(settings: SerialSettings) -> AsyncIterator[End]:
    """The port, locked; raises LinkLost that says what is wrong with it."""
    port = _open(settings)
    try:
        yield End(port.fileno(), f"serial port {settings.port}", "is the adapter still plugged in?")
    finally:
        with suppress(OSError, termios.error):
            port.reset_output_buffer()  # else close() waits until a dead line has drained
        port.close()


def _open(settings: SerialSettings) -> serial.Serial:
    try:
        port = serial.Serial(
            settings.port,
            settings.baud,
            bytesize=settings.data_bits,
            parity=_PARITY[settings.parity],
            stopbits=settings.stop_bits,
            timeout=0,
            exclusive=True,
        )
    except (OSError, ValueError, termios.error) as error:
        raise LinkLost(f"serial port {settings.port} {_explain(error)}") from error
    os.set_blocking(port.fileno(), False)
    attributes = termios.tcgetattr(port.fileno())
    attributes[6][termios.VMIN] = 1  # pyserial's 0 makes "nothing yet" look like end of file
    termios.tcsetattr(port.fileno(), termios.TCSANOW, attributes)
    return port


def _explain(error: Exception) -> str:
    number = error.errno if isinstance(error, OSError) else error.args[0] if error.args else None
    return _MENDS.get(number, f"can't be opened: {error}") if isinstance(number, int) else f"can't be opened: {error}"
