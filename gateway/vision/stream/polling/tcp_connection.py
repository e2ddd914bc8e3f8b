"""One non-blocking connection to a camera, plain or TLS."""

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
"""Bytes read from one camera in one poll, so that a flood starves no other. 32 Mbit/s at four polls a second."""
MAX_UNSENT = 64 << 10
"""Bytes that a camera leaves unread before the connection counts as broken."""
RECEIVE_BUFFER = 1 << 20
"""Bytes that the kernel keeps between two polls: a keyframe and more."""

_IN_PROGRESS = {errno.EINPROGRESS, errno.EALREADY}
_CONNECTED = {0, errno.EISCONN}
READ, WRITE = selectors.EVENT_READ, selectors.EVENT_WRITE


def camera_tls() -> ssl.SSLContext:
    """Encrypts without verifying: cameras sign their own certificates. Keeps eavesdroppers out, not impostors."""
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


class TcpConnection:
    """Call `advance` until it is open, then `read` and `write`. All raise LinkLost."""

    def __init__(self, host: str, port: int, tls: ssl.SSLContext | None) -> None:
        self._host = host
        self._tls = tls
        self._lookup = DnsLookup(host, port)
        self._address_number = 0
        self._socket: socket.socket | None = None
        self._connected = False
        self._wants = READ
        self._unsent = bytearray()
        self.is_open = False

    @property
    def interests(self) -> Sequence[tuple[socket.socket, int]]:
        """The socket and the readiness that it waits for."""
        if self._socket is None:
            return ()
        if not self._connected:
            return ((self._socket, WRITE),)
        return ((self._socket, self._wants | (WRITE if self._unsent else 0)),)

    @property
    def has_unsent(self) -> bool:
        """Whether data wait to be sent."""
        return bool(self._unsent)

    @property
    def peer_address(self) -> str:
        """The camera's IP address."""
        assert self._socket is not None
        return str(self._socket.getpeername()[0])

    @property
    def local_address(self) -> str:
        """Our IP address on this connection."""
        assert self._socket is not None
        return str(self._socket.getsockname()[0])

    def advance(self) -> bool:
        """Resolve the name, connect, do the TLS handshake, as far as possible without waiting; whether it is open."""
        if self.is_open:
            return True
        if self._socket is None and not self._create_socket():
            return False
        assert self._socket is not None
        if not self._connected and not self._connect():
            return False
        self.is_open = self._handshake()
        return self.is_open

    def read(self) -> bytes:
        """Data that have come, at most about MAX_READ; empty when none have. Drains TLS's own buffer too."""
        assert self._socket is not None
        chunks: list[bytes] = []
        left = MAX_READ
        try:
            while left > 0:
                chunk = self._socket.recv(CHUNK)
                if not chunk:
                    if chunks:
                        break  # return the data first; the next read gives the end again
                    raise LinkLost(Words("摄像机断开了连接", "closed the connection"))
                chunks.append(chunk)
                left -= len(chunk)
                # A short read means that the kernel has no more. Not so with TLS, which reads one record at a time.
                if len(chunk) < CHUNK and self._tls is None:
                    break
        except (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError):
            pass
        except OSError as error:
            raise _broken(error) from None
        return chunks[0] if len(chunks) == 1 else b"".join(chunks)

    def write(self, data: bytes = b"") -> None:
        """Send what can be sent now, the rest with the next call."""
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
            raise LinkLost(Words("摄像机不接收数据，请检查网络", "does not read what is sent to it"))

    def close(self) -> None:
        """May be called again."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def _create_socket(self) -> bool:
        if self._lookup.error:
            raise LinkLost(self._lookup.error)
        if self._lookup.addresses is None:
            return False
        family, _ = self._lookup.addresses[self._address_number]
        self._socket = socket.socket(family, socket.SOCK_STREAM)
        self._socket.setblocking(False)
        # Before connecting: the size of the TCP window is negotiated then.
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BUFFER)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return True

    def _connect(self) -> bool:
        """Start to connect or, called again, get the result: the socket keeps that state itself."""
        assert self._socket is not None
        assert self._lookup.addresses is not None
        _, address = self._lookup.addresses[self._address_number]
        code = self._socket.connect_ex(address)
        if code in _IN_PROGRESS:
            return False
        if code not in _CONNECTED:
            return self._try_next(code)
        self._connected = True
        if self._tls is not None:
            # The handshake is done step by step in `_handshake`, because it takes several round trips.
            self._socket = self._tls.wrap_socket(
                self._socket, server_hostname=self._host, do_handshake_on_connect=False
            )
        return True

    def _try_next(self, code: int) -> bool:
        """Try the host's next address, or raise LinkLost with the error of the last one."""
        assert self._lookup.addresses is not None
        self._address_number += 1
        if self._address_number >= len(self._lookup.addresses):
            error = OSError(code, os.strerror(code))
            raise LinkLost(Words(f"{trouble_of(error)}，请检查摄像机供电和网线", f"can't be reached: {error.strerror}"))
        self.close()
        return False

    def _handshake(self) -> bool:
        if not isinstance(self._socket, ssl.SSLSocket):
            return True
        try:
            self._socket.do_handshake()
        except ssl.SSLWantReadError:
            self._wants = READ
            return False
        except ssl.SSLWantWriteError:
            self._wants = WRITE  # a handshake may wait for either direction
            return False
        except OSError as error:
            raise LinkLost(Words("加密连接失败，请通知安装员", f"fails TLS handshake: {_describe(error)}")) from None
        self._wants = READ
        return True


def _broken(error: OSError) -> LinkLost:
    return LinkLost(Words(f"视频中断：{trouble_of(error)}", f"broke off: {_describe(error)}"))


def _describe(error: OSError) -> str:
    return error.strerror or type(error).__name__
