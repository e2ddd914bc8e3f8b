"""What goes over one device's link, told as it goes, while its driver works on: nothing is lost by listening."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

from pydantic import BaseModel, SecretStr

from gateway.app.in_force import InForce
from gateway.errors import NotFound
from gateway.links.tape import Piece, Tape, line
from gateway.settings.configuration import DeviceEntry

MOST_WAITING = 10_000
"""Pieces whoever listens may be behind by; what comes then is left out, and counted."""
LONGEST_S = 86_400.0
Say = Callable[[dict[str, Any]], Awaitable[None]]


class Listener:
    """Knows the devices in force, and the tapes of those whose links carry bytes."""

    def __init__(self, in_force: InForce, tapes: Mapping[str, Tape]) -> None:
        self._in_force = in_force
        self._tapes = tapes

    async def capture(self, device: str, seconds: float, say: Say) -> None:
        """Say a head, then every piece for so many seconds, then how many were left out; raises NotFound."""
        entry = self._entry(device)
        tape = self._tapes.get(entry.device.id)
        if tape is None:
            raise NotFound(f"device {device} ({entry.device.kind}) has no line of bytes to listen to")
        at = datetime.now(UTC).isoformat(timespec="milliseconds")
        await say({"say": "head", "anju": "capture", "device": entry.device.id, "kind": entry.device.kind, "began": at})
        left_out = await _listen(tape, secrets_of(entry.settings), min(seconds, LONGEST_S), say)
        await say({"say": "end", "left_out": left_out})

    def _entry(self, device: str) -> DeviceEntry:
        """The device that the line belongs to: of a part it is the panel's."""
        configuration = self._in_force.configuration
        for entry in configuration.devices if configuration else ():
            if device == entry.device.id or any(device == part.id for part in entry.parts):
                return entry
        raise NotFound(f"no device {device}")


async def _listen(tape: Tape, secrets: Sequence[bytes], seconds: float, say: Say) -> int:
    loop = asyncio.get_running_loop()
    began, left_out = loop.time(), 0
    waiting: asyncio.Queue[dict[str, Any]] = asyncio.Queue(MOST_WAITING)

    def heard(piece: Piece) -> None:
        nonlocal left_out
        try:
            waiting.put_nowait(line(piece, loop.time() - began, secrets))
        except asyncio.QueueFull:
            left_out += 1

    with tape.listen(heard), suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            while True:
                await say({"say": "piece", **await waiting.get()})
    return left_out


def secrets_of(settings: BaseModel) -> list[bytes]:
    """Every secret in the device's settings, however deep."""
    found: list[bytes] = []

    def look(value: Any) -> None:
        if isinstance(value, SecretStr):
            found.append(value.get_secret_value().encode())
        elif isinstance(value, BaseModel):
            look(dict(value))
        elif isinstance(value, dict):
            look(list(value.values()))
        elif isinstance(value, list | tuple):
            for each in value:
                look(each)

    look(settings)
    return sorted((secret for secret in found if secret), key=len, reverse=True)
