"""Streams the bytes of one device's link to `anju capture`, while its driver goes on working."""

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
from gateway.links.capture import Capture, CapturedBytes, line

MAX_PENDING, MAX_PENDING_BYTES = 10_000, 8 * 1024 * 1024
"""Chunks and bytes that may wait for a slow client; further ones are left out and counted."""
MAX_SECONDS = 86_400.0
RELOAD_CHECK_S = 0.5
"""How often to check whether a reload gave the device another link, or none."""
SEND_TIMEOUT_S = 5.0
"""How long the client may take to accept the last message."""
MIN_KEY_BYTES = 8
"""A shorter run of hexadecimal digits is more likely a word than a key."""
SendMessage = Callable[[dict[str, Any]], Awaitable[None]]


class CaptureService:
    """`captures`: by device id, the capture of each link that carries bytes."""

    def __init__(self, current: CurrentConfig, captures: Mapping[str, Capture]) -> None:
        self._current = current
        self._captures = captures

    async def capture(self, device: str, seconds: float, send: SendMessage) -> None:
        """Send a head, every chunk for so many seconds, then an end with the number left out. Raises NotFound."""
        entry = self._entry(device)
        if entry.device.id not in self._captures:
            raise NotFound(f"device {device} ({entry.device.kind}) has no byte stream to capture")
        if not 0 < seconds <= MAX_SECONDS:
            raise NotFound(f"{seconds} seconds: give more than 0, and {MAX_SECONDS:.0f} at most")
        at = datetime.now(UTC).isoformat(timespec="milliseconds")
        await send(
            {"say": "head", "anju": "capture", "device": entry.device.id, "kind": entry.device.kind, "began": at}
        )
        backlog = _Backlog()
        end: dict[str, Any] = {"say": "end"}
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._follow(entry.device.id, backlog, send)
                end["why"] = f"the configuration has no device {entry.device.id} any more"
        async with asyncio.timeout(SEND_TIMEOUT_S):
            await send({**end, "left_out": backlog.left_out})

    async def _follow(self, device: str, backlog: _Backlog, send: SendMessage) -> None:
        """Capture the device's link, and the next one when a reload replaces it, until the device has none."""
        while (capture := self._captures.get(device)) is not None:
            secrets = secrets_of(self._entry(device).settings)
            with capture.listen(backlog.add):
                while self._captures.get(device) is capture:  # until a reload replaces the link
                    for at, chunk in await backlog.next():
                        await send({"say": "piece", **line(chunk, at, secrets)})

    def _entry(self, device: str) -> DeviceEntry:
        """The device that has the link: for a part, its panel. Raises NotFound."""
        configuration = self._current.configuration
        for entry in configuration.devices if configuration else ():
            if device == entry.device.id or any(device == part.id for part in entry.parts):
                return entry
        raise NotFound(f"no device {device}")


class _Backlog:
    """Chunks not sent yet, each with its seconds since the beginning."""

    def __init__(self) -> None:
        self.left_out = 0
        self._loop = asyncio.get_running_loop()
        self._began = self._loop.time()
        self._chunks: deque[tuple[float, CapturedBytes]] = deque()
        self._bytes = 0
        self._not_empty = asyncio.Event()

    def add(self, chunk: CapturedBytes) -> None:
        """Queue a chunk, or count it as left out when the queue is full."""
        if len(self._chunks) >= MAX_PENDING or self._bytes + len(chunk.data) > MAX_PENDING_BYTES:
            self.left_out += 1
            return
        self._bytes += len(chunk.data)
        self._chunks.append((self._loop.time() - self._began, chunk))
        self._not_empty.set()

    async def next(self) -> Iterator[tuple[float, CapturedBytes]]:
        """Wait for chunks and take them; none after RELOAD_CHECK_S without any."""
        with suppress(TimeoutError):
            async with asyncio.timeout(RELOAD_CHECK_S):
                await self._not_empty.wait()
        self._not_empty.clear()
        return self._take_all()

    def _take_all(self) -> Iterator[tuple[float, CapturedBytes]]:
        while self._chunks:
            at, chunk = self._chunks.popleft()
            self._bytes -= len(chunk.data)
            yield at, chunk


def secrets_of(settings: BaseModel) -> list[bytes]:
    """All secrets in the device's settings, however deep, in each encoding that a link may carry; longest first."""
    found: set[bytes] = set()

    def collect(value: Any) -> None:
        if isinstance(value, SecretStr):
            found.update(_encodings(value.get_secret_value()))
        elif isinstance(value, BaseModel):
            collect(dict(value))
        elif isinstance(value, dict):
            collect(list(value.values()))
        elif isinstance(value, list | tuple):
            for each in value:
                collect(each)

    collect(settings)
    # Longest first: a secret that contains another must be hidden as a whole.
    return sorted((secret for secret in found if secret), key=lambda secret: (-len(secret), secret))


def _encodings(secret: str) -> Iterator[bytes]:
    """Plain, in JSON, in a URL or form, and the bytes that its hexadecimal digits denote."""
    yield secret.encode()
    yield json.dumps(secret)[1:-1].encode()
    yield quote(secret, safe="").encode()
    with suppress(ValueError):
        key = bytes.fromhex(secret)
        if len(key) >= MIN_KEY_BYTES:
            yield key
