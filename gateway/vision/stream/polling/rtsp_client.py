"""One camera's live stream, from its URL to access units. Driven by the stream poller; never blocks."""

from __future__ import annotations

import secrets
import socket
import ssl
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress

from gateway.errors import BadInput, LinkLost, LoginRefused, why_of
from gateway.model import Words
from gateway.vision.stream.polling.listener import INTERNAL_ERROR, UnitListener
from gateway.vision.stream.polling.stall_detection import FrameCadence, StallDetector
from gateway.vision.stream.polling.tcp_connection import TcpConnection, camera_tls
from gateway.vision.stream.polling.udp_ports import UdpPortPair
from gateway.vision.stream.rtp.receiver import RtpReceiver
from gateway.vision.stream.rtp.reorder import ReorderBuffer
from gateway.vision.stream.rtsp.events import Redirected, RtspState, StreamReady
from gateway.vision.stream.rtsp.message import RtspMessage, RtspParser, encode_interleaved
from gateway.vision.stream.rtsp.session import RtspSession
from gateway.vision.stream.rtsp.transport import InterleavedTransport, LowerTransport, RtpTransport, UdpTransport
from gateway.vision.stream.rtsp.url import RtspUrl

SETUP_TIMEOUT = 10.0
"""Seconds from the first attempt to connect to the response to SETUP."""
REPORT_INTERVAL = 10.0
"""Seconds between receiver reports; RFC 3550, 6.2 asks for no less than 5."""
MAX_REDIRECTS = 5
_NEW, _PLAYING = RtspState.NEW, RtspState.PLAYING


class RtspClient:
    """`poll` raises when the stream is over: LinkLost, BadInput, OSError. `describe_error` turns that into words."""

    def __init__(
        self,
        address: str,
        listener: UnitListener,
        *,
        transports: Sequence[LowerTransport] = ("tcp", "udp"),
        tls: Callable[[], ssl.SSLContext] = camera_tls,
        is_urgent: Callable[[], bool] = lambda: False,
        cadence: FrameCadence | None = None,
    ) -> None:
        """`is_urgent`: whether somebody waits for every packet now. Raises LinkLost when the address can't be read.

        `cadence` is what earlier connections to this address have learned.
        """
        self.listener = listener
        self.is_urgent = is_urgent
        self._transports = transports
        self._make_tls = tls
        self._cadence = cadence or FrameCadence()
        self._redirects = 0
        self._setup_due = self._report_due = self._upkeep_due = 0.0
        self._ports: UdpPortPair | None = None
        self._connection: TcpConnection | None = None
        self._begin(RtspUrl.parse(address))

    @property
    def interests(self) -> Sequence[tuple[socket.socket, int]]:
        """Sockets whose readiness needs a poll at once. None for a stream that plays over TCP: the timer is enough."""
        playing = self._session.state is _PLAYING
        if self._ports is not None and playing:
            return self._ports.interests
        if self._connection is None or playing:
            return ()
        return self._connection.interests

    def poll(self, now: float) -> None:
        """Do all that can be done now (monotonic seconds)."""
        if self._connection is None:
            self._setup_due = now + SETUP_TIMEOUT
            tls = self._make_tls() if self._url.scheme == "rtsps" else None
            self._connection = TcpConnection(self._url.host, self._url.port, tls)
        connection = self._connection
        if connection.is_open or connection.advance():
            if self._session.state is _NEW:  # the connection has just opened
                self._session.start()
            self._read(connection, now)
            if now >= self._upkeep_due or connection.has_unsent:
                self._do_upkeep(connection, now)
        self._check_alive(now)

    def close(self) -> None:
        """Send TEARDOWN if that is possible at once, and disconnect."""
        if self._connection is not None and self._connection.is_open:
            self._session.close()
            with suppress(LinkLost):  # the connection is closed anyway
                self._connection.write(self._session.take_outgoing())
        self._disconnect()

    def describe_error(self, error: Exception) -> LinkLost:
        """The reason of a loss for users and logs, without credentials. LoginRefused stays LoginRefused."""
        if isinstance(error, BadInput):
            why = Words("摄像机发来的数据无法识别，请通知安装员", f"sent what can't be read: {error.why}")
        elif isinstance(error, (LinkLost, OSError)):
            why = Words.of(why_of(error))
        else:
            why = Words(INTERNAL_ERROR.zh, f"failed: {INTERNAL_ERROR.en}")
        kind, redact = LoginRefused if isinstance(error, LoginRefused) else LinkLost, self._url.redact
        return kind(Words(redact(why.zh), redact(f"stream {self._url.redacted} {why}")))

    def _begin(self, url: RtspUrl) -> None:
        """Reset all state, for the first connection or after a redirect."""
        self._url = url
        self._session = RtspSession(url, self._transports)
        self._parser = RtspParser()
        self._transport: RtpTransport | None = None
        self._reorder = ReorderBuffer()
        self.receiver: RtpReceiver | None = None
        self._stall_detector: StallDetector | None = None
        self._has_packets = False
        """Whether any came since the last picture."""
        self._upkeep_due = 0.0

    def _disconnect(self) -> None:
        for closable in (self._connection, self._ports):
            if closable is not None:
                closable.close()
        self._connection = self._ports = None

    def _read(self, connection: TcpConnection, now: float) -> None:
        data = connection.read()
        if data or self._ports is None:
            channel = self._transport.channel if isinstance(self._transport, InterleavedTransport) else -1
            self._receive(self._video_packets(self._parser.feed(data), channel, now) if data else (), now)
        if self._ports is not None:
            packets, control = self._ports.read()
            for report in control:
                self._receive_rtcp(report, now)
            if self.receiver is not None:
                self._reorder.set_source(self.receiver.source)
            ordered = [one for packet in packets for one in self._reorder.push(packet, now)]
            self._receive(ordered + self._reorder.take_overdue(now), now)

    def _video_packets(self, items: Iterable[tuple[int, bytes] | RtspMessage], channel: int, now: float) -> list[bytes]:
        """The video's packets, for `_receive`; RTSP messages and RTCP packets are handled here."""
        packets: list[bytes] = []
        for item in items:
            if isinstance(item, RtspMessage):
                self._session.receive(item, now)
                self._upkeep_due = now
            elif item[0] == channel or (not packets and self._is_video(*item)):
                packets.append(item[1])
                channel = item[0]
            elif item[0] == channel + 1:
                self._receive_rtcp(item[1], now)
        return packets

    def _is_video(self, channel: int, packet: bytes) -> bool:
        """Whether this channel carries the video though another one was agreed on.

        Some cameras send on the channel that was requested and announce another, or the other way round. So while
        nothing came on the announced one, matching packets are accepted from any even channel.
        """
        receiver = self.receiver
        if not isinstance(self._transport, InterleavedTransport) or receiver is None or receiver.received:
            return False
        if channel & 1 or not receiver.matches(packet):
            return False
        self._transport = InterleavedTransport(channel)
        return True

    def _receive(self, packets: Sequence[bytes], now: float) -> None:
        if self.receiver is None or self._stall_detector is None:
            return
        # `idle` completes a marked picture when nothing follows it.
        units = self.receiver.feed(packets, now) if packets else self.receiver.idle(now)
        if units:
            self._stall_detector.pictures_received(units, now)
        self._has_packets = not units and (bool(packets) or self._has_packets)
        for unit in units:
            self.listener.unit_received(unit)

    def _receive_rtcp(self, data: bytes, now: float) -> None:
        if self.receiver is not None:
            self.receiver.receive_rtcp(data, now)

    def _do_upkeep(self, connection: TcpConnection, now: float) -> None:
        """Session events, keep-alives and reports. Called rarely while a stream plays, to keep polls cheap."""
        for event in self._session.take_events():
            if isinstance(event, Redirected):
                self._redirect(event.url)
                return
            self._on_ready(event, now)
        if self._session.state is RtspState.NEEDS_PORTS:
            self._ports = UdpPortPair(connection.local_address, connection.peer_address)
            self._session.use_ports(self._ports.port)
        self._session.tick(now)
        if self.receiver is not None and now >= self._report_due:
            self._report_due = now + REPORT_INTERVAL
            self._send_report(self.receiver.report(now), connection)
        connection.write(self._session.take_outgoing())
        playing = self.receiver is not None and self._session.state is _PLAYING
        self._upkeep_due = min(self._report_due, self._session.keep_alive_due) if playing else now

    def _on_ready(self, event: StreamReady, now: float) -> None:
        self.receiver = RtpReceiver(event.media, own_source=secrets.randbits(32))
        self._stall_detector = StallDetector(self._cadence, now)
        self._transport = event.transport
        if isinstance(event.transport, InterleavedTransport):
            # From now on a `$` with a higher channel counts as garbage.
            self._parser.last_channel = max(self._parser.last_channel, event.transport.rtcp_channel)
        self._report_due = now
        if isinstance(event.transport, UdpTransport) and self._ports is not None:
            self._ports.open_firewall(event.transport.server)
        self.listener.stream_started(event.media)

    def _send_report(self, report: bytes, connection: TcpConnection) -> None:
        if isinstance(self._transport, InterleavedTransport):
            connection.write(encode_interleaved(self._transport.rtcp_channel, report))
        elif self._ports is not None:
            self._ports.send_rtcp(report)

    def _redirect(self, url: RtspUrl) -> None:
        self._redirects += 1
        if self._redirects > MAX_REDIRECTS:
            en = f"redirects from one address to another, {self._redirects} times by now"
            raise LinkLost(Words("摄像机的视频地址反复跳转，请通知安装员", en))
        self._disconnect()
        self._begin(url)

    def _check_alive(self, now: float) -> None:
        if self.receiver is not None and self.receiver.ended:
            raise LinkLost(Words("摄像机结束了视频", "ended the stream"))
        if self.receiver is None and now > self._setup_due:
            raise LinkLost(Words("摄像机无应答，请检查供电和网线", f"gave no answer for {SETUP_TIMEOUT:.0f} s"))
        if self.receiver is not None and self._stall_detector is not None:
            foreign = self.receiver.foreign_packets
            if why := self._stall_detector.check(now, packets=self._has_packets, foreign_packets=foreign):
                raise LinkLost(why)
