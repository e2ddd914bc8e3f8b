"""An RTSP server of looped clips, over interleaved TCP, as most recorders request it (RFC 2326).

One timer serves all mounts. A client begins at a keyframe, and a slow client skips to the next one. With `users` it
requires Digest authentication (RFC 7616 without qop, as cameras do).
"""

from __future__ import annotations

import asyncio
import hashlib
import re
import secrets
from collections import deque
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from urllib.parse import urlsplit

from gateway.simulator.rtp import CLOCK, PacketizedPicture, RtpClip, pack_interleaved

MAX_REQUEST = 8192
MAX_UNSENT_BYTES = 2_000_000
"""Bytes queued for a slow client before it skips to the next keyframe."""
MAX_QUEUED_CLIPS = 8
METHODS = "OPTIONS, DESCRIBE, SETUP, PLAY, GET_PARAMETER, TEARDOWN"
REALM = "anju-simulator"


class Mount:
    """One camera: a still clip that loops, and clips that are played once on request."""

    def __init__(self, still: RtpClip) -> None:
        self.still = still
        self.viewers: set[RtspConnection] = set()
        self.has_viewer = asyncio.Event()
        """Set once a client has begun to play."""
        self._queue: deque[RtpClip] = deque(maxlen=MAX_QUEUED_CLIPS)
        self._clip = still
        self._at = 0
        self._sequence = secrets.randbelow(1 << 16)
        self._timestamp = secrets.randbelow(1 << 32)
        self._ssrc = secrets.randbelow(1 << 32)

    def play(self, clip: RtpClip) -> None:
        """Play `clip` once, from the next keyframe of the still clip on."""
        self._queue.append(clip)

    def tick(self) -> None:
        """Send the next access unit to every client."""
        picture = self._next()
        if self.viewers:
            packets = pack_interleaved(picture, self._sequence, self._timestamp, self._ssrc)
            self._sequence = self._sequence + len(picture.payloads) & 0xFFFF
            for viewer in self.viewers:
                viewer.send(packets, is_key=picture.is_key)
        self._timestamp = self._timestamp + CLOCK // self._clip.fps & 0xFFFFFFFF

    def _next(self) -> PacketizedPicture:
        if self._at == len(self._clip.pictures) or self._can_switch():
            self._at = 0
            self._clip = self._queue.popleft() if self._queue else self.still
        picture = self._clip.pictures[self._at]
        self._at += 1
        return picture

    def _can_switch(self) -> bool:
        # Only between two keyframes of the still clip; an event clip is played to its end.
        return bool(self._queue) and self._clip is self.still and self.still.pictures[self._at].is_key


class RtspConnection(asyncio.Protocol):
    """One client's connection."""

    def __init__(self, server: RtspServer) -> None:
        self._server = server
        self._buffer = bytearray()
        self._mount: Mount | None = None
        self._session = secrets.token_hex(8)
        self._nonce = secrets.token_hex(16)
        self._needs_key = True

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Register it with the server."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._server.connections.add(transport)

    def connection_lost(self, _error: Exception | None) -> None:
        """Remove it from server and mount."""
        self._server.connections.discard(self._transport)
        self._stop()

    def send(self, packets: bytes, *, is_key: bool) -> None:
        """Send one access unit's packets, or skip it if the client is too slow."""
        # Like a camera: drop for a slow client, never queue without bound.
        if self._transport.get_write_buffer_size() > MAX_UNSENT_BYTES:
            self._needs_key = True
        elif is_key or not self._needs_key:
            self._needs_key = False
            self._transport.write(packets)

    def data_received(self, data: bytes) -> None:
        """Handle the requests in the data."""
        self._buffer += data
        while self._buffer:
            if self._buffer[0] == ord("$"):  # the client's RTCP is ignored
                end = 4 + int.from_bytes(self._buffer[2:4])
                if len(self._buffer) < max(4, end):
                    return
            else:
                end = self._buffer.find(b"\r\n\r\n") + 4
                if end < 4:
                    if len(self._buffer) > MAX_REQUEST:
                        self._transport.abort()
                    return
                self._answer(self._buffer[: end - 4].decode("latin-1"))
            del self._buffer[:end]

    def _answer(self, request: str) -> None:
        head, *lines = request.split("\r\n")
        method, url = [*head.split(" "), "", ""][:2]
        headers = {name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        sequence = headers.get("cseq", "0")
        mount = self._server.mounts.get(urlsplit(url).path.strip("/").split("/")[0])
        if method == "OPTIONS":
            self._reply("200 OK", sequence, {"Public": METHODS})
        elif not self._is_authorized(method, headers.get("authorization", "")):
            challenge = f'Digest realm="{REALM}", nonce="{self._nonce}"'
            self._reply("401 Unauthorized", sequence, {"WWW-Authenticate": challenge})
        elif mount is None:
            self._reply("404 Not Found", sequence)
        else:
            self._serve(method, url, sequence, headers.get("transport", ""), mount)

    def _serve(self, method: str, url: str, sequence: str, transport: str, mount: Mount) -> None:
        session = {"Session": f"{self._session};timeout=60"}
        if method == "DESCRIBE":
            more = {"Content-Base": url.rstrip("/") + "/", "Content-Type": "application/sdp"}
            self._reply("200 OK", sequence, more, mount.still.sdp)
        elif method == "SETUP" and "TCP" not in transport:
            self._reply("461 Unsupported Transport", sequence)
        elif method == "SETUP":
            channels = {"Transport": "RTP/AVP/TCP;unicast;interleaved=0-1"}
            self._reply("200 OK", sequence, channels | session)
        elif method == "PLAY":
            self._reply("200 OK", sequence, session | {"Range": "npt=0-"})
            self._start(mount)
        elif method == "TEARDOWN":
            self._reply("200 OK", sequence, session)
            self._stop()
            self._transport.close()
        elif method == "GET_PARAMETER":
            self._reply("200 OK", sequence, session)
        else:
            self._reply("501 Not Implemented", sequence)

    def _start(self, mount: Mount) -> None:
        self._stop()
        self._needs_key = True
        self._mount = mount
        mount.viewers.add(self)
        mount.has_viewer.set()

    def _stop(self) -> None:
        if self._mount:
            self._mount.viewers.discard(self)
            self._mount = None

    def _reply(self, status: str, sequence: str, headers: Mapping[str, str] | None = None, body: bytes = b"") -> None:
        lines = [f"RTSP/1.0 {status}", f"CSeq: {sequence}"]
        lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
        if body:
            lines.append(f"Content-Length: {len(body)}")
        self._transport.write("\r\n".join([*lines, "", ""]).encode() + body)

    def _is_authorized(self, method: str, authorization: str) -> bool:
        if not self._server.users:
            return True
        fields = dict(re.findall(r'(\w+)="([^"]*)"', authorization))
        user = fields.get("username", "")
        if user not in self._server.users or fields.get("nonce") != self._nonce:
            return False
        user_hash = _md5(f"{user}:{REALM}:{self._server.users[user]}")
        request_hash = _md5(f"{method}:{fields.get('uri', '')}")
        expected = _md5(f"{user_hash}:{self._nonce}:{request_hash}")
        return secrets.compare_digest(expected.encode(), fields.get("response", "").encode())


def _md5(text: str) -> str:
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()


class RtspServer:
    """Serves mounts by name: `rtsp://host:port/NAME`."""

    def __init__(self, mounts: Mapping[str, Mount], users: Mapping[str, str] | None = None) -> None:
        self.mounts = mounts
        self.users = users or {}
        self.connections: set[asyncio.Transport] = set()

    @asynccontextmanager
    async def listen(self, port: int = 0, host: str = "127.0.0.1") -> AsyncIterator[int]:
        """Serve until the block is left; yields the port."""
        loop = asyncio.get_running_loop()
        server = await loop.create_server(lambda: RtspConnection(self), host, port)
        async with asyncio.TaskGroup() as tasks:
            ticking = tasks.create_task(self._tick())
            try:
                yield server.sockets[0].getsockname()[1]
            finally:
                ticking.cancel()
                server.close()
                for transport in list(self.connections):
                    transport.abort()

    async def _tick(self) -> None:
        loop = asyncio.get_running_loop()
        fps = {mount.still.fps for mount in self.mounts.values()} or {1}
        if len(fps) > 1:
            raise ValueError(
                f"all mounts run on one timer, so their clips need one rate, not {sorted(fps)} pictures a second"
            )
        due, step = loop.time(), 1 / fps.pop()
        while True:
            for mount in self.mounts.values():
                mount.tick()
            # After a long pause of the machine, catch up one second at most.
            due = max(due + step, loop.time() - 1)
            await asyncio.sleep(due - loop.time())
