"""Cameras that a test scripts: a socket, a thread, and answers as the test wants them."""

from __future__ import annotations

import re
import socket
import ssl
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress

from tests.vision.stream.coded import encoded, packed

SDP = b"v=0\r\nm=video 0 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\na=control:track1\r\n"


def packets(count: int = 50) -> list[bytes]:
    """Interleaved, as they go over the connection."""
    return [b"$\0" + len(packet).to_bytes(2) + packet for packet in packed("h264", encoded("h264", count))]


class Camera:
    """Answers what every client asks, then sends `stream` (after PLAY), then stays silent."""

    def __init__(self, stream: Sequence[bytes] = (), answers: dict[str, str] | None = None) -> None:
        self.stream = stream
        self.answers = answers or {}
        self.asked: list[str] = []

    def __call__(self, line: socket.socket) -> None:
        data = b""
        while received := line.recv(4096):
            data += received
            while b"\r\n\r\n" in data:
                head, _, data = data.partition(b"\r\n\r\n")
                if request := re.search(rb"([A-Z_]+) \S+ RTSP/1\.0\r\n(?:.|\r\n)*?CSeq: (\d+)", head):
                    self._answer(line, request[1].decode(), request[2].decode())

    def _answer(self, line: socket.socket, method: str, number: str) -> None:
        self.asked.append(method)
        status = self.answers.get(method, "200 OK\r\nSession: 1\r\nTransport: RTP/AVP/TCP;interleaved=0-1")
        body = SDP if method == "DESCRIBE" and status.startswith("200") else b""
        line.sendall(f"RTSP/1.0 {status}\r\nCSeq: {number}\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body)
        if method == "PLAY":
            for piece in self.stream:
                line.sendall(piece)


@contextmanager
def camera(serve: Callable[[socket.socket], object], tls: ssl.SSLContext | None = None) -> Iterator[int]:
    """Its port; `serve` runs in a thread for each connection and may raise OSError when the test is over."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        open_lines: list[socket.socket] = []

        def talk(line: socket.socket) -> None:
            with suppress(OSError):
                if tls is None:
                    serve(line)
                else:
                    with tls.wrap_socket(line, server_side=True) as wrapped:
                        serve(wrapped)

        def accept() -> None:
            with suppress(OSError):
                while True:
                    line, _ = server.accept()
                    open_lines.append(line)
                    threading.Thread(target=talk, args=(line,), daemon=True).start()

        threading.Thread(target=accept, daemon=True).start()
        try:
            yield server.getsockname()[1]
        finally:
            server.shutdown(socket.SHUT_RDWR)
            for line in open_lines:
                with suppress(OSError):
                    line.shutdown(socket.SHUT_RDWR)
                line.close()
