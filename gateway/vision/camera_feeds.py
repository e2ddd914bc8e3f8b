"""Where a camera's units come from: live RTSP out of the one sweeper, everything else out of a thread over FFmpeg."""

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
from gateway.vision.sighting import StreamConfig, Transport
from gateway.vision.stream.packet import CodecParameters, Packet
from gateway.vision.stream.passthrough import PassthroughUnits
from gateway.vision.stream.polling.rtsp_client import RtspClient
from gateway.vision.stream.polling.stall_detection import FrameCadence
from gateway.vision.stream.polling.stream_poller import StreamPoller
from gateway.vision.stream.pyav_source import PyAvSource
from gateway.vision.stream.pyav_units import PyAvUnits
from gateway.vision.stream.rtp.access_unit import AccessUnit
from gateway.vision.stream.rtsp.session import LowerTransport

_LIVE = ("rtsp://", "rtsps://")
_TRANSPORTS: dict[Transport, tuple[LowerTransport, ...]] = {"auto": ("tcp", "udp"), "tcp": ("tcp",), "udp": ("udp",)}


class CameraFeed(Protocol):
    """Tells an Eye all there is, and in the end that it is lost."""

    def start(self) -> None: ...

    def stop(self) -> None:
        """Returns at once; a unit may still be under way."""
        ...


def make_feed(watch: StreamConfig, eye: CameraSession, poller: StreamPoller, cadence: FrameCadence) -> CameraFeed:
    """`rhythm` is what is known of this camera's. Raises LinkLost when the address can't be read."""
    if watch.source.lower().startswith(_LIVE):
        transports = _TRANSPORTS[watch.transport]
        reception = RtspClient(watch.source, eye, transports=transports, is_urgent=eye.is_urgent, cadence=cadence)
        return RtspFeed(poller, reception)
    return PyAvFeed(watch.source, eye, cadence)


class RtspFeed:
    def __init__(self, poller: StreamPoller, reception: RtspClient) -> None:
        self._poller = poller
        self._reception = reception

    def start(self) -> None:
        self._poller.watch(self._reception)

    def stop(self) -> None:
        self._poller.unwatch(self._reception)


class PyAvFeed(Thread):
    """A file loops, at the speed of life."""

    def __init__(self, source: str, eye: CameraSession, cadence: FrameCadence) -> None:
        super().__init__(name="feed", daemon=True)
        self._source = source
        self._cadence = cadence
        self._eye = eye
        self._stopped = Event()

    def stop(self) -> None:
        self._stopped.set()

    def run(self) -> None:
        why = LinkLost(Words("视频已结束", "the stream ended"))
        try:
            self._run()
        except LinkLost as error:
            self._cadence.extend_first_timeout(has_one=self._cadence.known > 0)
            why = error
        except Exception:  # noqa: BLE001  a supervisor of one camera: what FFmpeg makes of it costs no other
            traceback.print_exc()
            why = LinkLost(Words("视频程序出错，请通知安装员", "the camera's thread failed; the log says how"))
        self._eye.lost(why)

    def _run(self) -> None:
        is_file = "://" not in self._source or self._source.startswith("file://")
        silence = max(FrameCadence.FIRST, self._cadence.limit)
        with closing(
            PyAvSource(self._source, loop=is_file, paced=is_file, stop=self._stopped, silence=silence)
        ) as source:
            made = self._units(source.coding)
            last = None
            for packet in source.packets():
                if self._stopped.is_set():
                    return
                now = time.monotonic()
                if last is not None:
                    self._cadence.gap(now - last)
                last = now
                self._eye.unit(made(packet))

    def _units(self, coding: CodecParameters) -> Callable[[Packet], AccessUnit]:
        try:
            return PyAvUnits(coding).unit
        except BadInput as error:
            self._eye.disable_viewing(str(error))
            return PassthroughUnits(coding).unit
