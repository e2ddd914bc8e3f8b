"""One camera's live stream, from its address to access units. Driven by whoever sweeps; never waits."""

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
from gateway.vision.stream.rtsp.message import RtspMessage, RtspParser, encode_interleaved
from gateway.vision.stream.rtsp.session import LowerTransport, Redirected, RtspSession, RtspState, StreamReady
from gateway.vision.stream.rtsp.transport import InterleavedTransport, RtpTransport, UdpTransport
from gateway.vision.stream.rtsp.url import RtspUrl

SETUP_TIMEOUT = 10.0
"""Seconds from the first try to connect to the first packet's permission."""
REPORT_INTERVAL = 10.0
"""Seconds between receiver reports; RFC 3550, 6.2 asks for no less than 5."""
MAX_REDIRECTS = 5
_NEW, _PLAYING = RtspState.NEW, RtspState.PLAYING


class RtspClient:
    """`step` raises when the stream is over: LinkLost, BadInput, OSError. `fault` puts whatever it was into words."""

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
        """`hasty`: whether somebody waits for every packet now. Raises LinkLost when the address can't be read.

        `rhythm`: what is known of this address from earlier connections.
        """
        self.listener = listener
        self.is_urgent = is_urgent
        self._transports = transports
        self._make_tls = tls
        self._cadence = cadence or FrameCadence()
        self._moves = 0
        self._due = self._report_due = self._upkeep_due = 0.0
        self._ports: UdpPortPair | None = None
        self._line: TcpConnection | None = None
        self._begin(RtspUrl.of(address))

    @property
    def interest(self) -> Sequence[tuple[socket.socket, int]]:
        """Whose readiness it wants to be stepped for. None for a stream that flows over TCP: the timer is enough."""
        playing = self._session.state is _PLAYING
        if self._ports is not None and playing:
            return self._ports.interest
        if self._line is None or playing:
            return ()
        return self._line.interest

    def step(self, now: float) -> None:
        """Do all that can be done now (monotonic seconds)."""
        if self._line is None:
            self._due = now + SETUP_TIMEOUT
            tls = self._make_tls() if self._target.scheme == "rtsps" else None
            self._line = TcpConnection(self._target.host, self._target.port, tls)
        line = self._line
        if line.is_open or line.advance():
            if self._session.state is _NEW:
                self._session.begin()
            self._read(line, now)
            if now >= self._upkeep_due or line.unsent:
                self._keep_up(line, now)
        self._judge(now)

    def close(self) -> None:
        """Say goodbye where that can be done at once."""
        if self._line is not None and self._line.is_open:
            self._session.end()
            with suppress(LinkLost):  # it is being left anyway
                self._line.write(self._session.take_outgoing())
        self._drop()

    def fault(self, error: Exception) -> LinkLost:
        if isinstance(error, BadInput):
            why = Words("摄像机发来的数据无法识别，请通知安装员", f"sent what can't be read: {error.why}")
        elif isinstance(error, (LinkLost, OSError)):
            why = Words.of(why_of(error))
        else:
            why = Words(INTERNAL_ERROR.zh, f"failed: {INTERNAL_ERROR.en}")
        kind, hide = LoginRefused if isinstance(error, LoginRefused) else LinkLost, self._target.hide
        return kind(Words(hide(why.zh), hide(f"stream {self._target.shown} {why}")))

    def _begin(self, target: RtspUrl) -> None:
        self._target = target
        self._session = RtspSession(target, self._transports)
        self._reader = RtspParser()
        self._way: RtpTransport | None = None
        self._reorder = ReorderBuffer()
        self.receiver: RtpReceiver | None = None
        self._progress: StallDetector | None = None
        self._packets = False
        """Whether any came since the last picture."""
        self._upkeep_due = 0.0

    def _drop(self) -> None:
        for thing in (self._line, self._ports):
            if thing is not None:
                thing.close()
        self._line = self._ports = None

    def _read(self, line: TcpConnection, now: float) -> None:
        data = line.read()
        if data or self._ports is None:
            channel = self._way.channel if isinstance(self._way, InterleavedTransport) else -1
            self._take(self._sorted(self._reader.feed(data), channel, now) if data else (), now)
        if self._ports is not None:
            packets, control = self._ports.read()
            for report in control:
                self._control(report, now)
            if self.receiver is not None:
                self._reorder.set_source(self.receiver.source)
            ordered = [one for packet in packets for one in self._reorder.push(packet, now)]
            self._take(ordered + self._reorder.take_overdue(now), now)

    def _sorted(self, items: Iterable[tuple[int, bytes] | RtspMessage], channel: int, now: float) -> list[bytes]:
        """The picture's packets; what else there is, is dealt with."""
        packets: list[bytes] = []
        for item in items:
            if isinstance(item, RtspMessage):
                self._session.receive(item, now)
                self._upkeep_due = now
            elif item[0] == channel or (not packets and self._is_ours(*item)):
                packets.append(item[1])
                channel = item[0]
            elif item[0] == channel + 1:
                self._control(item[1], now)
        return packets

    def _is_ours(self, channel: int, packet: bytes) -> bool:
        """Some cameras send on the channel that was asked for and name another, or the other way round.

        So while nothing came on the one they named, our kind of packet is taken from whichever brings it.
        """
        receiver = self.receiver
        if not isinstance(self._way, InterleavedTransport) or receiver is None or receiver.received or channel & 1:
            return False
        if not receiver.matches(packet):
            return False
        self._way = InterleavedTransport(channel)
        return True

    def _take(self, packets: Sequence[bytes], now: float) -> None:
        if self.receiver is None or self._progress is None:
            return
        units = self.receiver.feed(packets, now) if packets else self.receiver.pause(now)
        if units:
            self._progress.came(units, now)
        self._packets = not units and (bool(packets) or self._packets)
        for unit in units:
            self.listener.unit(unit)

    def _control(self, data: bytes, now: float) -> None:
        if self.receiver is not None:
            self.receiver.control(data, now)

    def _keep_up(self, line: TcpConnection, now: float) -> None:
        """Events, keep-alives, reports. While a stream flows and says nothing else, only when one of them is due."""
        for event in self._session.events():
            if isinstance(event, Redirected):
                self._move(event.target)
                return
            self._ready(event, now)
        if self._session.state is RtspState.NEEDS_PORTS:
            self._ports = UdpPortPair(line.own, line.peer)
            self._session.use_ports(self._ports.port)
        self._session.tick(now)
        if self.receiver is not None and now >= self._report_due:
            self._report_due = now + REPORT_INTERVAL
            self._report(self.receiver.report(now), line)
        line.write(self._session.take_outgoing())
        flows = self.receiver is not None and self._session.state is _PLAYING
        self._upkeep_due = min(self._report_due, self._session.keep_alive_due) if flows else now

    def _ready(self, event: StreamReady, now: float) -> None:
        self.receiver = RtpReceiver(event.media, own_source=secrets.randbits(32))
        self._progress = StallDetector(self._cadence, now)
        self._way = event.way
        if isinstance(event.way, InterleavedTransport):
            self._reader.last_channel = max(self._reader.last_channel, event.way.control)
        self._report_due = now
        if isinstance(event.way, UdpTransport) and self._ports is not None:
            self._ports.open_firewall(event.way.server)
        self.listener.began(event.media)

    def _report(self, report: bytes, line: TcpConnection) -> None:
        if isinstance(self._way, InterleavedTransport):
            line.write(encode_interleaved(self._way.control, report))
        elif self._ports is not None:
            self._ports.send_rtcp(report)

    def _move(self, target: RtspUrl) -> None:
        self._moves += 1
        if self._moves > MAX_REDIRECTS:
            en = f"sends us from one address to another, {self._moves} times by now"
            raise LinkLost(Words("摄像机的视频地址反复跳转，请通知安装员", en))
        self._drop()
        self._begin(target)

    def _judge(self, now: float) -> None:
        if self.receiver is not None and self.receiver.ended:
            raise LinkLost(Words("摄像机结束了视频", "ended the stream"))
        if self.receiver is None and now > self._due:
            raise LinkLost(Words("摄像机无应答，请检查供电和网线", f"gave no answer for {SETUP_TIMEOUT:.0f} s"))
        if self.receiver is not None and self._progress is not None:
            strangers = self.receiver.foreign_packets
            if fault := self._progress.fault(now, packets=self._packets, strangers=strangers):
                raise LinkLost(fault)
