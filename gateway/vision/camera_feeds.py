"""Where a camera's access units come from: RTSP from the stream poller, everything else from a thread over FFmpeg."""

from __future__ import annotations

import time
import traceback
from collections.abc import Callable
from contextlib import closing
from threading import Event, Thread
from typing import Protocol

from gateway.errors import BadInput, LinkLost
from gateway.model import Words
from gateway.vision.camera_session import CameraSession
from gateway.vision.stream.packet import CodecParameters, Packet
from gateway.vision.stream.passthrough import PassthroughUnits
from gateway.vision.stream.polling.rtsp_client import RtspClient
from gateway.vision.stream.polling.stall_detection import FrameCadence
from gateway.vision.stream.polling.stream_poller import StreamPoller
from gateway.vision.stream.pyav_source import PyAvSource
from gateway.vision.stream.pyav_units import PyAvUnits
from gateway.vision.stream.rtp.access_unit import AccessUnit
from gateway.vision.stream.rtsp.transport import LowerTransport
from gateway.vision.stream_config import StreamConfig, Transport

_RTSP = ("rtsp://", "rtsps://")
_TRANSPORTS: dict[Transport, tuple[LowerTransport, ...]] = {"auto": ("tcp", "udp"), "tcp": ("tcp",), "udp": ("udp",)}


class CameraFeed(Protocol):
    """Passes every access unit to a CameraSession, and at the end the reason of the loss."""

    def start(self) -> None:
        """Begin to receive."""
        ...

    def stop(self) -> None:
        """Returns at once; a unit may still be under way."""
        ...


def make_feed(config: StreamConfig, session: CameraSession, poller: StreamPoller, cadence: FrameCadence) -> CameraFeed:
    """`cadence` is what is known of this camera's pictures. Raises LinkLost when the address can't be read."""
    if config.source.lower().startswith(_RTSP):
        transports = _TRANSPORTS[config.transport]
        client = RtspClient(config.source, session, transports=transports, is_urgent=session.is_urgent, cadence=cadence)
        return RtspFeed(poller, client)
    return PyAvFeed(config.source, session, cadence)


class RtspFeed:
    """A live RTSP stream, received by the worker's one stream poller."""

    def __init__(self, poller: StreamPoller, client: RtspClient) -> None:
        self._poller = poller
        self._client = client

    def start(self) -> None:
        """Connect at the next poll."""
        self._poller.add(self._client)

    def stop(self) -> None:
        """Disconnect at the next poll."""
        self._poller.remove(self._client)


class PyAvFeed(Thread):
    """HTTP, V4L2 and files through FFmpeg, in a thread. A file is repeated, at its own speed."""

    def __init__(self, source: str, session: CameraSession, cadence: FrameCadence) -> None:
        super().__init__(name="feed", daemon=True)
        self._source = source
        self._cadence = cadence
        self._session = session
        self._stopped = Event()

    def stop(self) -> None:
        """Ask the thread to end after the packet under way."""
        self._stopped.set()

    def run(self) -> None:
        """Receive until stopped or lost, then report the loss."""
        why = LinkLost(Words("视频已结束", "the stream ended"))
        try:
            self._run()
        except LinkLost as error:
            self._cadence.extend_first_timeout(has_picture=self._cadence.gaps > 0)
            why = error
        except Exception:  # noqa: BLE001  a supervisor of one camera: what FFmpeg makes of it costs no other
            traceback.print_exc()
            why = LinkLost(Words("视频程序出错，请通知安装员", "the camera's thread failed; the log says how"))
        self._session.stream_lost(why)

    def _run(self) -> None:
        is_file = "://" not in self._source or self._source.startswith("file://")
        read_timeout = max(FrameCadence.FIRST_TIMEOUT, self._cadence.timeout)
        with closing(
            PyAvSource(self._source, loop=is_file, paced=is_file, stop=self._stopped, read_timeout=read_timeout)
        ) as source:
            to_unit = self._converter(source.coding)
            last = None
            for packet in source.packets():
                if self._stopped.is_set():
                    return
                now = time.monotonic()
                if last is not None:
                    self._cadence.record_gap(now - last)
                last = now
                self._session.unit_received(to_unit(packet))

    def _converter(self, coding: CodecParameters) -> Callable[[Packet], AccessUnit]:
        try:
            return PyAvUnits(coding).access_unit
        except BadInput as error:
            self._session.disable_viewing(str(error))
            return PassthroughUnits(coding).access_unit
