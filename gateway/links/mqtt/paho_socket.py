"""Lets the event loop read and write paho's socket: no thread of paho's, no polling."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable
from typing import Any

from paho.mqtt.client import Client
from paho.mqtt.enums import MQTTErrorCode

MAX_PACKETS_PER_TURN = 64
"""Packets that TLS has decrypted already and that are read before other tasks run."""


class PahoSocket:
    """Made once paho has connected; `lost` is called with a reason when paho reads the end of the connection."""

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
        client.on_socket_unregister_write = lambda *_: self._stop_writing()
        self._loop.add_reader(self._socket, self._read)
        if client.want_write():
            self._want_write()

    def pause(self) -> None:
        """Stop reading, so that TCP holds the broker back."""
        if not self._is_paused and self._socket is not None:
            self._is_paused = True
            self._loop.remove_reader(self._socket)

    def resume(self) -> None:
        """Read again after `pause`."""
        if self._is_paused and self._socket is not None:
            self._is_paused = False
            self._loop.add_reader(self._socket, self._read)
            self._loop.call_soon(self._read)  # what TLS has decrypted makes no socket readable

    def close(self) -> None:
        """Remove the socket from the loop, then close it.

        In the other order the loop could watch the descriptor of another connection that got the same number.
        """
        if self._socket is not None:
            self._loop.remove_reader(self._socket)
            self._loop.remove_writer(self._socket)
            former, self._socket = self._socket, None
            former.close()

    def _want_write(self) -> None:
        if self._socket is not None:
            self._loop.add_writer(self._socket, self._client.loop_write)

    def _stop_writing(self) -> None:
        if self._socket is not None:
            self._loop.remove_writer(self._socket)

    def _read(self) -> None:
        """`loop_read` reads one packet. With TLS there may be more, decrypted already, without another socket event."""
        for _ in range(MAX_PACKETS_PER_TURN):
            if self._socket is None or self._is_paused:
                return
            if self._client.loop_read() != MQTTErrorCode.MQTT_ERR_SUCCESS:
                self._lost("connection lost")
                return
            if not isinstance(self._socket, ssl.SSLSocket) or not self._socket.pending():
                return
        self._loop.call_soon(self._read)
