"""The Source that FFmpeg serves through PyAV: live RTSP over TCP, HTTP, and files (in a loop, if asked)."""

from __future__ import annotations

import time
from collections.abc import Iterator
from threading import Event

import av
from av.container import InputContainer
from av.error import FFmpegError, HTTPUnauthorizedError
from av.video.stream import VideoStream

from gateway.errors import LinkLost, LoginRefused
from gateway.masking import masked
from gateway.model import Words
from gateway.vision.stream.packet import CodecParameters, Packet

OPEN_TIMEOUT = 10.0
"""Seconds without an answer after which a stream counts as lost."""
READ_TIMEOUT = 30.0
"""Seconds without a packet after which it does: some cameras send a picture in twelve."""
_FRAME = 1 / 25
"""What a packet is taken to last in a stream that does not say."""
_RTSP = {"rtsp_transport": "tcp", "analyzeduration": "1000000", "max_delay": "500000"}


class PyAvSource:
    """`paced` hands out a file's packets at the speed of life, `loop` begins again at its end.

    Raises LinkLost, without credentials in its text, when the stream can't be opened.
    """

    def __init__(
        self,
        address: str,
        *,
        loop: bool = False,
        paced: bool = False,
        stop: Event | None = None,
        silence: float = READ_TIMEOUT,
    ) -> None:
        self._address = address
        self._silence = silence
        self._loop = loop
        self._paced = paced
        self._stop = stop or Event()
        self._container, self._stream = self._open()

    @property
    def coding(self) -> CodecParameters:
        context = self._stream.codec_context
        raw = (context.width, context.height, str(context.pix_fmt)) if context.name == "rawvideo" else None
        return CodecParameters(context.name, context.extradata, raw)

    def packets(self) -> Iterator[Packet]:
        began, offset = time.monotonic(), 0.0
        while True:
            last = offset
            for packet in self._once(offset):
                if self._paced:
                    self._stop.wait(max(0.0, began + packet.time - time.monotonic()))
                if self._stop.is_set():
                    return
                last = max(last, packet.time)
                yield packet
            if not self._loop or last == offset:
                return
            offset = last + _FRAME
            self._rewind()

    def close(self) -> None:
        self._container.close()

    def _once(self, offset: float) -> Iterator[Packet]:
        """From here to the end, with times that go on from `offset`."""
        start, previous, heard = None, offset - _FRAME, time.monotonic()
        unit = float(self._stream.time_base or 0)
        try:
            for packet in self._container.demux(self._stream):
                if packet.size == 0:
                    continue
                stamp = packet.pts if packet.pts is not None else packet.dts
                said = stamp * unit if stamp is not None else None
                start = said if start is None else start
                previous = offset + said - start if said is not None and start is not None else previous + _FRAME
                yield Packet(previous, packet.is_keyframe, packet.size, bytes(packet))
                heard = time.monotonic()
        except (FFmpegError, OSError) as error:
            en = f"stream {masked(self._address)} broke off: {_why(error, heard, self._silence)}"
            raise LinkLost(Words("视频中断，请检查摄像机供电和网线", en)) from None

    def _open(self) -> tuple[InputContainer, VideoStream]:
        live, began = self._address.startswith("rtsp"), time.monotonic()
        try:
            container = av.open(self._address, timeout=(OPEN_TIMEOUT, self._silence), options=_RTSP if live else {})
        except (FFmpegError, OSError, ValueError) as error:
            en = f"stream {masked(self._address)} can't be opened: {_why(error, began, OPEN_TIMEOUT)}"
            if isinstance(error, HTTPUnauthorizedError):
                raise LoginRefused(Words("摄像机的用户名或密码不对，请通知安装员", en)) from None
            raise LinkLost(Words("视频打不开，请检查摄像机供电和网线", en)) from None
        if not container.streams.video:
            container.close()
            raise LinkLost(
                Words("视频流里没有画面，请通知安装员", f"stream {masked(self._address)} carries no picture")
            )
        return container, container.streams.video[0]

    def _rewind(self) -> None:
        self._container.close()
        self._container, self._stream = self._open()


def _why(error: Exception, since: float, limit: float) -> str:
    """What FFmpeg says, without the address it puts behind it; it has many words for a silence."""
    if time.monotonic() - since >= limit:
        return f"no answer for {limit:.0f} s"
    return masked(getattr(error, "strerror", None) or str(error))
