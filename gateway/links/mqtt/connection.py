"""One device's connection: bytes to packets, and a dialogue's answers back to bytes.

Whatever comes, it ends this connection at most. Nothing here waits: what takes time is a delivery,
and settling it sends the acknowledgement.
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
    def __init__(self, server: ServerInterface) -> None:
        self._server = server
        self._loop = asyncio.get_running_loop()
        self._timers = NamedTimers(self._loop)
        self._decoder = MqttDecoder(server.limits.first_packet)
        self._client = ClientHandler(server, self)
        self._acknowledgements: list[Puback] = []
        self._flush_planned = False
        self._keep_alive = 0.0
        self.last_packet = 0.0
        """When it was last heard, in the loop's seconds."""
        self.address = ""
        self.ended: str | None = None

    @property
    def session(self) -> ClientSession | None:
        return self._client.session

    # asyncio's side

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._flow = ReadFlowControl(transport)
        self.address = str((transport.get_extra_info("peername") or ("?",))[0])
        self._server.arrived(self)
        self._timers.after(self._server.limits.connect_within, "connect", lambda: self.end("no CONNECT in time"))

    def data_received(self, data: bytes) -> None:
        if self.ended is None:
            self._decoder.feed(data)
            self._advance()

    def pause_writing(self) -> None:
        """The client does not read: then we don't either, and not for ever."""
        self._flow.stop("writing")
        self._timers.after(self._server.limits.deaf_for, "deaf", self._transport.abort)

    def resume_writing(self) -> None:
        self._timers.cancel("deaf")
        self._plan_flush()
        self._go_on("writing")

    def connection_lost(self, exc: Exception | None) -> None:
        self.end(f"connection lost: {exc or 'closed by the client'}")
        self._timers.cancel_all()

    # what the server asks

    def post(self, message: OutgoingMessage, qos: int) -> None:
        """Say something to the client; raises LinkLost if it does not listen, or takes nothing so large."""
        assert self.session is not None
        if self.ended is not None:
            raise LinkLost(Words("设备已断开", f"client {self.session.client} has gone: {self.ended}"))
        if qos == 1:
            self.session.outbox.post(message)
            self._plan_flush()
        elif self._flow.is_stopped_for("writing"):
            en = f"client {self.session.client} does not read what it is sent"
            raise LinkLost(Words("设备不接收数据，请检查网络", en))
        else:
            self.session.outbox.check(message)
            said = message.expiry(self._loop.time())
            self.say(Publish(message.topic, message.payload, retain=message.retain, properties=said))

    def end(self, why: str, *, is_fault: bool = True, reason: Reason | None = None) -> None:
        """Close it; its will comes due unless the ending is no fault of the device."""
        if self.ended is not None:
            return
        self._flush()
        self.ended = why
        if reason is not None and self.session is not None and self._decoder.level == LEVEL_5:
            self.say(Disconnect(reason, self._client.explained(why)))
        self._timers.cancel_all()
        self._transport.close()
        self._timers.after(self._server.limits.close_within, "close", self._transport.abort)
        self._server.left(self, self._client.will if is_fault else None)

    # what the client handler asks (see interfaces.ClientConnection)

    def say(self, packet: Packet) -> None:
        data = encode(packet, self._decoder.level)
        if self.session is not None and len(data) > self.session.outbox.largest:
            why = f"{type(packet).__name__.upper()} of {len(data)} bytes is more than the client takes"
            self.end(why, reason=Reason.PACKET_TOO_LARGE)
        else:
            self._transport.write(data)

    def refuse(self, packet: Packet, why: str, wait: float) -> None:
        """A wrong password waits for its answer, and says nothing else meanwhile."""

        def refused() -> None:
            if self.ended is None:
                self.say(packet)
                self.end(why)

        if not wait:
            refused()
            return
        self._flow.stop("refused")
        self._timers.after(wait, "connect", refused)  # in place of the time it had for its CONNECT

    def acknowledge(self, due: Sequence[Puback]) -> None:
        self._acknowledgements += due
        self._plan_flush()

    def admitted(self, session: ClientSession, keep_alive: int) -> None:
        self._timers.cancel("connect")
        self._decoder.limit = self._server.limits.largest_packet
        self._keep_alive = keep_alive * 1.5
        if self._keep_alive:
            self._timers.after(self._keep_alive, "keep alive", self._watch)
        session.outbox.again()
        self._plan_flush()

    def mind_the_bounds(self) -> None:
        budget = self._server.budget
        if self._client.inbound.is_full:
            self._flow.stop("in flight")
        if budget.is_spent and not self._flow.is_stopped_for("budget"):
            self._flow.stop("budget")
            budget.wait(lambda: self._go_on("budget"))

    def make_room(self) -> None:
        if self._client.inbound.has_room:
            self._go_on("in flight")

    # inside

    def _advance(self) -> None:
        try:
            while self.ended is None and not self._flow.is_stopped:
                packet = self._decoder.take()
                if packet is None:
                    return
                self.last_packet = self._loop.time()
                self._client.receive(packet)
        except UnacceptableLevel as error:
            self.say(Connack(ConnectCode.UNACCEPTABLE_LEVEL, reason=Reason.UNACCEPTABLE_LEVEL))
            self._unreadable(error)
        except MalformedPacket as error:
            self._unreadable(error)

    def _unreadable(self, error: MalformedPacket) -> None:
        self._server.unreadable(self.session.account if self.session else None, self.address, error)
        if self.session is None and self._decoder.level == LEVEL_5:  # a CONNECT: what follows one is not read before
            self.say(Connack(ConnectCode.NOT_AUTHORIZED, reason=error.reason, properties=reason_string(str(error))))
        self.end(str(error), reason=error.reason)

    def _go_on(self, reason: str) -> None:
        """One reason not to read is gone; with the last one, first what came before, then the socket."""
        if self._flow.release(reason) and self.ended is None:
            self.last_packet = self._loop.time()
            self._advance()
            self._flow.resume()

    def _plan_flush(self) -> None:
        if not self._flush_planned:
            self._flush_planned = True
            self._loop.call_soon(self._flush)

    def _flush(self) -> None:
        """Everything that came due in this turn of the loop, in one write."""
        self._flush_planned = False
        if self.ended is not None or self.session is None:
            return
        out = b"".join(encode(puback, self._decoder.level) for puback in self._acknowledgements)
        self._server.counters.acknowledged += len(self._acknowledgements)
        self._acknowledgements.clear()
        if not self._flow.is_stopped_for("writing"):
            out += self.session.outbox.send(self._loop.time())
        if out:
            self._transport.write(out)

    def _watch(self) -> None:
        """Keep-alive: one and a half times what the client named [MQTT-3.1.2-24], while it is we who read."""
        now = self._loop.time()
        if self._flow.is_stopped:
            self.last_packet = now
        quiet = now - self.last_packet
        if quiet >= self._keep_alive:
            why = f"nothing heard for {quiet:.1f} s, keep-alive is {self._keep_alive / 1.5:.0f} s"
            self.end(why, reason=Reason.KEEP_ALIVE)
        else:
            self._timers.after(self._keep_alive - quiet, "keep alive", self._watch)
