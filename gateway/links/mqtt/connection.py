"""One device's connection: decodes bytes to packets for the client handler, and encodes what it sends.

Whatever a client sends, it ends this connection at most. Nothing here waits: what takes time is a delivery, and
settling the delivery sends the acknowledgement.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from gateway.errors import LinkLost
from gateway.links.mqtt.client_handler import ClientHandler
from gateway.links.mqtt.codec import MqttDecoder, encode
from gateway.links.mqtt.flow_control import ReadFlowControl
from gateway.links.mqtt.interfaces import ServerInterface
from gateway.links.mqtt.negotiation import reason_string
from gateway.links.mqtt.outbox import OutgoingMessage
from gateway.links.mqtt.packets import LEVEL_5, Connack, ConnectCode, Disconnect, Packet, Puback, Publish
from gateway.links.mqtt.reasons import Reason
from gateway.links.mqtt.session import ClientSession
from gateway.links.mqtt.timers import NamedTimers
from gateway.links.mqtt.wire import MalformedPacket, UnacceptableLevel
from gateway.model import Words


class MqttConnection(asyncio.Protocol):
    """The asyncio protocol of one accepted connection."""

    def __init__(self, server: ServerInterface) -> None:
        self._server = server
        self._loop = asyncio.get_running_loop()
        self._timers = NamedTimers(self._loop)
        # Until it has signed in, a client may send a small packet only: anyone can connect and make us buffer.
        self._decoder = MqttDecoder(server.limits.first_packet)
        self._client = ClientHandler(server, self)
        self._acknowledgements: list[Puback] = []
        self._flush_planned = False
        self._keep_alive = 0.0
        self.last_packet = 0.0
        """When a packet last came, in the loop's seconds."""
        self.address = ""
        self.ended: str | None = None

    @property
    def session(self) -> ClientSession | None:
        """None before the client has signed in."""
        return self._client.session

    # called by asyncio

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """See asyncio.Protocol."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._flow = ReadFlowControl(transport)
        self.address = str((transport.get_extra_info("peername") or ("?",))[0])
        self._server.connection_made(self)
        self._timers.start(self._server.limits.connect_timeout, "connect", lambda: self.end("no CONNECT in time"))

    def data_received(self, data: bytes) -> None:
        """See asyncio.Protocol."""
        if self.ended is None:  # what comes while the connection closes is dropped
            self._decoder.feed(data)
            self._handle_packets()

    def pause_writing(self) -> None:
        """The client does not read what it is sent: stop reading it too, and give up after a while."""
        self._flow.pause("writing")
        self._timers.start(self._server.limits.write_timeout, "write", self._transport.abort)

    def resume_writing(self) -> None:
        """See asyncio.Protocol."""
        self._timers.cancel("write")
        self._plan_flush()
        self._release("writing")

    def connection_lost(self, exc: Exception | None) -> None:
        """See asyncio.Protocol."""
        self.end(f"connection lost: {exc or 'closed by the client'}")
        self._timers.cancel_all()

    # called by the server (see session.ClientLink)

    def publish(self, message: OutgoingMessage, qos: int) -> None:
        """Send the client a message. Raises LinkLost if it does not read, or takes nothing so large."""
        assert self.session is not None
        if self.ended is not None:
            raise LinkLost(Words("设备已断开", f"client {self.session.client} has gone: {self.ended}"))
        if qos == 1:
            self.session.outbox.queue(message)
            self._plan_flush()
        elif self._flow.is_paused_for("writing"):
            # QoS 0 is not queued: a client that does not read would fill the transport's buffer.
            en = f"client {self.session.client} does not read what it is sent"
            raise LinkLost(Words("设备不接收数据，请检查网络", en))
        else:
            self.session.outbox.check_size(message)
            props = message.expiry(self._loop.time())
            self.send(Publish(message.topic, message.payload, retain=message.retain, properties=props))

    def end(self, why: str, *, is_fault: bool = True, reason: Reason | None = None) -> None:
        """Close the connection; the client's will is due unless the end is no fault of the device."""
        if self.ended is not None:
            return
        self._flush()  # what was committed is acknowledged even now, or the device would send it again
        self.ended = why
        # Only MQTT 5 has a DISCONNECT from the server.
        if reason is not None and self.session is not None and self._decoder.level == LEVEL_5:
            self.send(Disconnect(reason, self._client.reason_properties(why)))
        self._timers.cancel_all()
        self._transport.close()
        # `close` waits until everything is sent, which may be never.
        self._timers.start(self._server.limits.close_timeout, "close", self._transport.abort)
        self._server.connection_ended(self, self._client.will if is_fault else None)

    # called by the client handler (see interfaces.ClientConnection)

    def send(self, packet: Packet) -> None:
        """Send a packet now; ends the connection if it is larger than the client takes."""
        data = encode(packet, self._decoder.level)
        if self.session is not None and len(data) > self.session.outbox.max_packet:
            why = f"{type(packet).__name__.upper()} of {len(data)} bytes is more than the client takes"
            self.end(why, reason=Reason.PACKET_TOO_LARGE)
        else:
            self._transport.write(data)

    def refuse(self, packet: Packet, why: str, delay: float) -> None:
        """Send `packet` after `delay` seconds and end; until then the connection is not read."""

        def refused() -> None:
            if self.ended is None:
                self.send(packet)
                self.end(why)

        if not delay:
            refused()
            return
        self._flow.pause("refused")
        self._timers.start(delay, "connect", refused)  # replaces the timeout of its CONNECT

    def acknowledge(self, due: Sequence[Puback]) -> None:
        """Send these acknowledgements with the next flush."""
        self._acknowledgements += due
        self._plan_flush()

    def signed_in(self, session: ClientSession, keep_alive: int) -> None:
        """The CONNECT was accepted; `keep_alive` in seconds, 0 for none."""
        self._timers.cancel("connect")
        self._decoder.limit = self._server.limits.largest_packet
        self._keep_alive = keep_alive * 1.5
        if self._keep_alive:
            self._timers.start(self._keep_alive, "keep alive", self._check_keep_alive)
        session.outbox.resend_unacknowledged()
        self._plan_flush()

    def check_limits(self) -> None:
        """One more message is in flight: stop reading if there are too many."""
        budget = self._server.budget
        if self._client.inbound.is_full:
            self._flow.pause("in flight")
        if budget.is_spent and not self._flow.is_paused_for("budget"):
            # Once only: the budget would call back for each time.
            self._flow.pause("budget")
            budget.wait(lambda: self._release("budget"))

    def message_settled(self) -> None:
        """One message less is in flight: read on if that was the reason not to."""
        if self._client.inbound.is_half_free:
            self._release("in flight")

    # inside

    def _handle_packets(self) -> None:
        try:
            # One read may bring many packets: after each, the connection may have ended or be full.
            while self.ended is None and not self._flow.is_paused:
                packet = self._decoder.take()
                if packet is None:
                    return
                self.last_packet = self._loop.time()
                self._client.receive(packet)
        except UnacceptableLevel as error:
            self.send(Connack(ConnectCode.UNACCEPTABLE_LEVEL, reason=Reason.UNACCEPTABLE_LEVEL))
            self._malformed(error)
        except MalformedPacket as error:
            self._malformed(error)

    def _malformed(self, error: MalformedPacket) -> None:
        self._server.malformed(self.session.account if self.session else None, self.address, error)
        # Without a session it was the CONNECT: nothing is read after one before it is answered.
        if self.session is None and self._decoder.level == LEVEL_5:
            self.send(Connack(ConnectCode.NOT_AUTHORIZED, reason=error.reason, properties=reason_string(str(error))))
        self.end(str(error), reason=error.reason)

    def _release(self, reason: str) -> None:
        """One reason not to read is gone. With the last one, handle what was received before, then read on."""
        if self._flow.release(reason) and self.ended is None:
            # While nothing was read the client could not be heard: its keep-alive starts again.
            self.last_packet = self._loop.time()
            self._handle_packets()
            self._flow.resume()

    def _plan_flush(self) -> None:
        if not self._flush_planned:
            self._flush_planned = True
            self._loop.call_soon(self._flush)

    def _flush(self) -> None:
        """Send all acknowledgements and messages that came up in this turn of the loop, in one write."""
        self._flush_planned = False
        if self.ended is not None or self.session is None:
            return
        out = b"".join(encode(puback, self._decoder.level) for puback in self._acknowledgements)
        self._server.counters.acknowledged += len(self._acknowledgements)
        self._acknowledgements.clear()
        if not self._flow.is_paused_for("writing"):
            out += self.session.outbox.take_sendable(self._loop.time())
        if out:
            self._transport.write(out)

    def _check_keep_alive(self) -> None:
        """End after one and a half times the client's keep-alive [MQTT-3.1.2-24]."""
        now = self._loop.time()
        if self._flow.is_paused:  # it is we who do not read: the client's packets may wait in the kernel
            self.last_packet = now
        quiet = now - self.last_packet
        if quiet >= self._keep_alive:
            why = f"nothing heard for {quiet:.1f} s, keep-alive is {self._keep_alive / 1.5:.0f} s"
            self.end(why, reason=Reason.KEEP_ALIVE)
        else:
            self._timers.start(self._keep_alive - quiet, "keep alive", self._check_keep_alive)
