"""Resolves a camera's host name without blocking."""

from __future__ import annotations

import socket
from collections.abc import Sequence
from threading import Thread
from typing import Any

from gateway.model import Words

_Address = tuple[socket.AddressFamily, Any]


class DnsLookup:
    """A host's addresses: IP addresses at once, a name by a thread. `addresses` or `error` is set when it is done."""

    def __init__(self, host: str, port: int) -> None:
        self.addresses: Sequence[_Address] | None = None
        self.error: Words | None = None
        try:
            self._resolve(host, port, socket.AI_NUMERICHOST)
        except socket.gaierror:
            # getaddrinfo may block for many seconds when no name server answers.
            Thread(target=self._resolve_name, args=(host, port), name=f"lookup-{host}", daemon=True).start()
        except UnicodeError:  # not a valid name at all (192.168..64): no name server is asked
            self.error = _unknown(host, "it is no name")

    def _resolve(self, host: str, port: int, flags: int = 0) -> None:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=flags)
        self.addresses = [(family, address) for family, _, _, _, address in found]

    def _resolve_name(self, host: str, port: int) -> None:
        try:
            self._resolve(host, port)
        except OSError as error:
            self.error = _unknown(host, str(error.strerror))


def _unknown(host: str, why: str) -> Words:
    return Words("找不到摄像机的地址，请通知安装员", f"the name {host} is not known: {why}")
