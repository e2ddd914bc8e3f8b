"""From a camera's name to its addresses, without waiting."""

from __future__ import annotations

import socket
from collections.abc import Sequence
from threading import Thread
from typing import Any

from gateway.model import Words

_Address = tuple[socket.AddressFamily, Any]


class DnsLookup:
    """A name's addresses. Numbers are known at once; a name is asked for in a thread of its own."""

    def __init__(self, host: str, port: int) -> None:
        self.addresses: Sequence[_Address] | None = None
        self.fault: Words | None = None
        try:
            self._ask(host, port, socket.AI_NUMERICHOST)
        except socket.gaierror:
            Thread(target=self._ask_quietly, args=(host, port), name=f"lookup-{host}", daemon=True).start()
        except UnicodeError:  # no name at all (192.168..64): refused before anybody is asked
            self.fault = _unknown(host, "it is no name")

    def _ask(self, host: str, port: int, flags: int = 0) -> None:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=flags)
        self.addresses = [(family, address) for family, _, _, _, address in found]

    def _ask_quietly(self, host: str, port: int) -> None:
        try:
            self._ask(host, port)
        except OSError as error:
            self.fault = _unknown(host, str(error.strerror))


def _unknown(host: str, why: str) -> Words:
    return Words("找不到摄像机的地址，请通知安装员", f"the name {host} is not known: {why}")
