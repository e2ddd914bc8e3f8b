"""paho's socket in the hands of the event loop: no thread of paho's, no polling."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable
from typing import Any

from paho.mqtt.client import Client
from paho.mqtt.enums import MQTTErrorCode

PACKETS_A_TURN = 64
"""Packets decrypted already that are read before the loop has its turn."""


class PahoSocket:
    """Made once paho has connected; `lost` is called when paho reads the end of the connection."""

    def __init__(self, client: Client, lost: Callable[[str], None]) -> None:
        self._loop = asyncio.get_running_loop()
        self._client = client
        self._lost = lost
        self._socket: Any = client.socket()
        self._is_paused = False
        if self._socket is None:
            lost("closed by the broker")
            return
        client.on_socket_close = lambda *_: self.close()
        client.on_socket_register_write = lambda *_: self._want_write()
        client.on_socket_unregister_write = lambda *_: self._wrote()
        self._loop.add_reader(self._socket, self._read)
        if client.want_write():
            self._want_write()

    def pause(self) -> None:
        """Read no more: TCP holds the broker back."""
        if not self._is_paused and self._socket is not None:
            self._is_paused = True
            self._loop.remove_reader(self._socket)

    def resume(self) -> None:
        if self._is_paused and self._socket is not None:
            self._is_paused = False
            self._loop.add_reader(self._socket, self._read)
            self._loop.call_soon(self._read)  # what TLS has decrypted makes no socket readable

    def close(self) -> None:
        """Out of the loop before it is closed, or the loop would watch a stranger's descriptor."""
        if self._socket is not None:
            self._loop.remove_reader(self._socket)
            self._loop.remove_writer(self._socket)
            former, self._socket = self._socket, None
            former.close()

    def _want_write(self) -> None:
        if self._socket is not None:
            self._loop.add_writer(self._socket, self._client.loop_write)

    def _wrote(self) -> None:
        if self._socket is not None:
            self._loop.remove_writer(self._socket)

    def _read(self) -> None:
        """`loop_read` takes one packet; only TLS can hold more that no socket event will tell of."""
        for _ in range(PACKETS_A_TURN):
            if self._socket is None or self._is_paused:
                return
            if self._client.loop_read() != MQTTErrorCode.MQTT_ERR_SUCCESS:
                self._lost("connection lost")
                return
            if not isinstance(self._socket, ssl.SSLSocket) or not self._socket.pending():
                return
        self._loop.call_soon(self._read)
