"""A serial port of this machine. pyserial opens and configures it; then its descriptor is used directly."""

from __future__ import annotations

import errno
import os
import termios
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import serial

from gateway.errors import LinkLost
from gateway.links.serial.line import SerialDescriptor
from gateway.links.serial.settings import SerialSettings
from gateway.model import Words

_PARITY = {"none": serial.PARITY_NONE, "even": serial.PARITY_EVEN, "odd": serial.PARITY_ODD}
_TAKEN = Words(
    "串口被占用，请通知安装员", "is already in use: one port serves one device, and no other program may hold it"
)
_FIXES = {
    errno.ENOENT: Words(
        "找不到串口，请检查转换器是否插好",
        "does not exist: is the adapter plugged in? `ls /dev/serial/by-id` lists what is",
    ),
    errno.EACCES: Words(
        "串口没有权限打开，请通知安装员", "may not be opened: add the daemon's user to the group `dialout`"
    ),
    errno.EAGAIN: _TAKEN,
    errno.EBUSY: _TAKEN,
}


@asynccontextmanager
async def opened(settings: SerialSettings) -> AsyncIterator[SerialDescriptor]:
    """The port, open exclusively; raises LinkLost that says what is wrong with it."""
    port = _open(settings)
    try:
        yield SerialDescriptor(
            port.fileno(),
            f"serial port {settings.port}",
            Words("请检查转换器是否插好", "is the adapter still plugged in?"),
        )
    finally:
        with suppress(OSError, termios.error):
            port.reset_output_buffer()  # else close() waits for bytes that a dead line never sends
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
            exclusive=True,  # another program on the port would take some of the bytes
        )
    except (OSError, ValueError, termios.error) as error:
        why = _explain(error)
        raise LinkLost(Words(why.zh, f"serial port {settings.port} {why}")) from error
    os.set_blocking(port.fileno(), False)
    if settings.LOW_LATENCY:
        with suppress(ValueError):  # not every adapter has this setting
            port.set_low_latency_mode(True)
    attributes = termios.tcgetattr(port.fileno())
    attributes[6][termios.VMIN] = 1  # with pyserial's 0, a read without data looks like the end of the file
    termios.tcsetattr(port.fileno(), termios.TCSANOW, attributes)
    return port


def _explain(error: Exception) -> Words:
    number = error.errno if isinstance(error, OSError) else error.args[0] if error.args else None
    explained = _FIXES.get(number) if isinstance(number, int) else None
    return explained or Words("串口打不开，请通知安装员", f"can't be opened: {error}")
