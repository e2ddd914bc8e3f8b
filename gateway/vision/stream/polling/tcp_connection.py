"""One connection to a camera, plain or TLS, on which nothing ever waits."""

from __future__ import annotations

import errno
import os
import selectors
import socket
import ssl
from collections.abc import Sequence

from gateway.errors import LinkLost, trouble_of
from gateway.model import Words
from gateway.vision.stream.polling.dns_lookup import DnsLookup

CHUNK = 1 << 16
MAX_READ = 1 << 20
"""Bytes taken from one camera in one sweep, so that a flood starves no other. 32 Mbit/s at four sweeps a second."""
MAX_UNSENT = 64 << 10
RECEIVE_BUFFER = 1 << 20
"""What the kernel keeps between two sweeps: a keyframe and more."""

_UNDER_WAY = {errno.EINPROGRESS, errno.EALREADY}
_CONNECTED = {0, errno.EISCONN}
READ, WRITE = selectors.EVENT_READ, selectors.EVENT_WRITE


def camera_tls() -> ssl.SSLContext:
    """Cameras sign their own certificates, so this keeps listeners out, not impostors."""
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


class TcpConnection:
    """`advance` until it is open, then `read` and `write`. Raises LinkLost."""

    def __init__(self, host: str, port: int, tls: ssl.SSLContext | None) -> None:
        self._host = host
        self._tls = tls
        self._lookup = DnsLookup(host, port)
        self._tried = 0
        self._socket: socket.socket | None = None
        self._connected = False
        self._wants = READ
        self._unsent = bytearray()
        self.is_open = False

    @property
    def interest(self) -> Sequence[tuple[socket.socket, int]]:
        """What readiness brings it further."""
        if self._socket is None:
            return ()
        if not self._connected:
            return ((self._socket, WRITE),)
        return ((self._socket, self._wants | (WRITE if self._unsent else 0)),)

    @property
    def unsent(self) -> bool:
        """Whether something waits to be sent."""
        return bool(self._unsent)

    @property
    def peer(self) -> str:
        """The camera's address, as a number."""
        assert self._socket is not None
        return str(self._socket.getpeername()[0])

    @property
    def own(self) -> str:
        assert self._socket is not None
        return str(self._socket.getsockname()[0])

    def advance(self) -> bool:
        """Name, connection, handshake: as far as it goes without waiting. Whether it is open."""
        if self.is_open:
            return True
        if self._socket is None and not self._begin():
            return False
        assert self._socket is not None
        if not self._connected and not self._connect():
            return False
        self.is_open = self._shake()
        return self.is_open

    def read(self) -> bytes:
        """What has come, some of it at least; empty when nothing has. What TLS still holds is drained as well."""
        assert self._socket is not None
        chunks: list[bytes] = []
        left = MAX_READ
        try:
            while left > 0:
                chunk = self._socket.recv(CHUNK)
                if not chunk:
                    if chunks:
                        break  # what came before the end is read first; the end comes again
                    raise LinkLost(Words("摄像机断开了连接", "closed the connection"))
                chunks.append(chunk)
                left -= len(chunk)
                if len(chunk) < CHUNK and self._tls is None:
                    break
        except (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError):
            pass
        except OSError as error:
            raise _broken(error) from None
        return chunks[0] if len(chunks) == 1 else b"".join(chunks)

    def write(self, data: bytes = b"") -> None:
        """Sends what can be sent now, the rest with the next call."""
        if not data and not self._unsent:
            return
        assert self._socket is not None
        self._unsent += data
        try:
            del self._unsent[: self._socket.send(self._unsent)]
        except (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError):
            pass
        except OSError as error:
            raise _broken(error) from None
        if len(self._unsent) > MAX_UNSENT:
            raise LinkLost(Words("摄像机不接收数据，请检查网络", "reads nothing of what it is sent"))

    def close(self) -> None:
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def _begin(self) -> bool:
        if self._lookup.fault:
            raise LinkLost(self._lookup.fault)
        if self._lookup.addresses is None:
            return False
        family, _ = self._lookup.addresses[self._tried]
        self._socket = socket.socket(family, socket.SOCK_STREAM)
        self._socket.setblocking(False)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BUFFER)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return True

    def _connect(self) -> bool:
        """Called again it tells how it went: the socket is its own memory of that."""
        assert self._socket is not None
        assert self._lookup.addresses is not None
        _, address = self._lookup.addresses[self._tried]
        fault = self._socket.connect_ex(address)
        if fault in _UNDER_WAY:
            return False
        if fault not in _CONNECTED:
            return self._try_next(fault)
        self._connected = True
        if self._tls is not None:
            self._socket = self._tls.wrap_socket(
                self._socket, server_hostname=self._host, do_handshake_on_connect=False
            )
        return True

    def _try_next(self, fault: int) -> bool:
        assert self._lookup.addresses is not None
        self._tried += 1
        if self._tried >= len(self._lookup.addresses):
            error = OSError(fault, os.strerror(fault))
            raise LinkLost(Words(f"{trouble_of(error)}，请检查摄像机供电和网线", f"can't be reached: {error.strerror}"))
        self.close()
        return False

    def _shake(self) -> bool:
        if not isinstance(self._socket, ssl.SSLSocket):
            return True
        try:
            self._socket.do_handshake()
        except ssl.SSLWantReadError:
            self._wants = READ
            return False
        except ssl.SSLWantWriteError:
            self._wants = WRITE
            return False
        except OSError as error:
            raise LinkLost(Words("加密连接失败，请通知安装员", f"does not agree on TLS: {_words(error)}")) from None
        self._wants = READ
        return True


def _broken(error: OSError) -> LinkLost:
    return LinkLost(Words(f"视频中断：{trouble_of(error)}", f"broke off: {_words(error)}"))


def _words(error: OSError) -> str:
    return error.strerror or type(error).__name__
