"""Serial ports of this machine, by names that stay the same after replugging."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from pathlib import Path

from serial.tools.list_ports import comports

from gateway.cli.discover.results import DiscoveredDevice, DiscoveryOptions

BY_ID = Path("/dev/serial/by-id")


async def discover(_wish: DiscoveryOptions) -> Sequence[DiscoveredDevice]:
    """Sorted by name. What is connected to a port can't be detected: the installer must choose the kind."""
    return await asyncio.to_thread(_ports)


def _ports() -> list[DiscoveredDevice]:
    stable = _stable_names()
    found = []
    # ttyUSB numbers depend on the order of plugging in, so the stable name is used.
    for number, port in enumerate(sorted(comports()), 1):
        if port.subsystem == "platform":
            continue  # an on-board UART, which may not be wired to anything
        name = stable.get(port.device, port.device)
        maker = " ".join(filter(None, (port.manufacturer, port.product))) or f"serial port {port.name}"
        notes = ["kind: perimeter_panel, framed_serial, modbus_io, osdp_readers or serial_reader; baud as set there"]
        found.append(DiscoveredDevice(f"line-{number}", "perimeter_panel", maker, name, maker, notes, {"port": name}))
    return found


def _stable_names() -> Mapping[str, str]:
    """Device file → its name under /dev/serial/by-id."""
    try:
        return {str(link.resolve()): str(link) for link in BY_ID.iterdir()}
    except OSError:
        return {}
