"""What goes over one device's link, told as it goes, while its driver works on: nothing is lost by listening."""

from __future__ import annotations

import asyncio
import json
from collections import deque
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

from pydantic import BaseModel, SecretStr

from gateway.app.current_config import CurrentConfig
from gateway.config.configuration import DeviceEntry
from gateway.errors import NotFound
from gateway.links.capture import Capture, CapturedChunk, as_line

MOST_WAITING, MOST_BYTES = 10_000, 8 * 1024 * 1024
"""What whoever listens may be behind by, in pieces and bytes; what comes then is left out, and counted."""
LONGEST_S = 86_400.0
LOOK_S = 0.5
"""How soon it is seen that a reload gave the device another line, or none."""
PATIENCE_S = 5.0
"""How long whoever listens may take for the last word."""
SHORTEST_KEY = 8
"""Bytes; a shorter run of hexadecimal digits is as good a word as a key."""
Say = Callable[[dict[str, Any]], Awaitable[None]]


class Listener:
    """Knows the devices in force, and the tapes of those whose links carry bytes."""

    def __init__(self, in_force: CurrentConfig, tapes: Mapping[str, Capture]) -> None:
        self._in_force = in_force
        self._tapes = tapes

    async def capture(self, device: str, seconds: float, say: Say) -> None:
        """Say a head, then every piece for so many seconds, then how many were left out; raises NotFound."""
        entry = self._entry(device)
        if entry.device.id not in self._tapes:
            raise NotFound(f"device {device} ({entry.device.kind}) has no line of bytes to listen to")
        if not 0 < seconds <= LONGEST_S:
            raise NotFound(f"{seconds} seconds: give more than 0, and {LONGEST_S:.0f} at most")
        at = datetime.now(UTC).isoformat(timespec="milliseconds")
        await say({"say": "head", "anju": "capture", "device": entry.device.id, "kind": entry.device.kind, "began": at})
        backlog = _Backlog()
        end: dict[str, Any] = {"say": "end"}
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._follow(entry.device.id, backlog, say)
                end["why"] = f"the configuration has no device {entry.device.id} any more"
        async with asyncio.timeout(PATIENCE_S):
            await say({**end, "left_out": backlog.left_out})

    async def _follow(self, device: str, backlog: _Backlog, say: Say) -> None:
        """Listen to the device's line, and to the next when a reload gives it another, until it has none."""
        while (tape := self._tapes.get(device)) is not None:
            secrets = secrets_of(self._entry(device).settings)
            with tape.listen(backlog.heard):
                while self._tapes.get(device) is tape:
                    for at, piece in await backlog.next():
                        await say({"say": "piece", **as_line(piece, at, secrets)})

    def _entry(self, device: str) -> DeviceEntry:
        """The device that the line belongs to: of a part it is the panel's."""
        configuration = self._in_force.configuration
        for entry in configuration.devices if configuration else ():
            if device == entry.device.id or any(device == part.id for part in entry.parts):
                return entry
        raise NotFound(f"no device {device}")


class _Backlog:
    """Pieces that were heard and not told yet, each with its seconds since the beginning."""

    def __init__(self) -> None:
        self.left_out = 0
        self._loop = asyncio.get_running_loop()
        self._began = self._loop.time()
        self._pieces: deque[tuple[float, CapturedChunk]] = deque()
        self._bytes = 0
        self._some = asyncio.Event()

    def heard(self, piece: CapturedChunk) -> None:
        if len(self._pieces) >= MOST_WAITING or self._bytes + len(piece.data) > MOST_BYTES:
            self.left_out += 1
            return
        self._bytes += len(piece.data)
        self._pieces.append((self._loop.time() - self._began, piece))
        self._some.set()

    async def next(self) -> Iterator[tuple[float, CapturedChunk]]:
        """Those there are, once there are some, or none after a while."""
        with suppress(TimeoutError):
            async with asyncio.timeout(LOOK_S):
                await self._some.wait()
        self._some.clear()
        return self._taken()

    def _taken(self) -> Iterator[tuple[float, CapturedChunk]]:
        while self._pieces:
            at, piece = self._pieces.popleft()
            self._bytes -= len(piece.data)
            yield at, piece


def secrets_of(settings: BaseModel) -> list[bytes]:
    """Every secret in the device's settings, however deep, in each way in which a line may carry it."""
    found: set[bytes] = set()

    def look(value: Any) -> None:
        if isinstance(value, SecretStr):
            found.update(_spellings(value.get_secret_value()))
        elif isinstance(value, BaseModel):
            look(dict(value))
        elif isinstance(value, dict):
            look(list(value.values()))
        elif isinstance(value, list | tuple):
            for each in value:
                look(each)

    look(settings)
    return sorted((secret for secret in found if secret), key=lambda secret: (-len(secret), secret))


def _spellings(secret: str) -> Iterator[bytes]:
    """As it is, in JSON, in a URL or a form, and the bytes that hexadecimal digits stand for."""
    yield secret.encode()
    yield json.dumps(secret)[1:-1].encode()
    yield quote(secret, safe="").encode()
    with suppress(ValueError):
        key = bytes.fromhex(secret)
        if len(key) >= SHORTEST_KEY:
            yield key
