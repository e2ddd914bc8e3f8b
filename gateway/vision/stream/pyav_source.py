"""Packets from FFmpeg through PyAV: HTTP, V4L2, files (repeated on request), and RTSP over TCP."""

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
"""Seconds for opening a stream."""
READ_TIMEOUT = 30.0
"""Seconds without a packet after which a stream counts as lost: some cameras send one picture in twelve seconds."""
_FRAME_S = 1 / 25
"""Assumed duration of a packet in a stream without timestamps."""
_RTSP = {"rtsp_transport": "tcp", "analyzeduration": "1000000", "max_delay": "500000"}


class PyAvSource:
    """A `PacketSource`. `paced` gives a file's packets in real time, `loop` begins again at its end.

    Raises LinkLost, without credentials in its text, when the stream can't be opened.
    """

    def __init__(
        self,
        address: str,
        *,
        loop: bool = False,
        paced: bool = False,
        stop: Event | None = None,
        read_timeout: float = READ_TIMEOUT,
    ) -> None:
        self._address = address
        self._read_timeout = read_timeout
        self._loop = loop
        self._paced = paced
        self._stop = stop or Event()
        self._container, self._stream = self._open()

    @property
    def coding(self) -> CodecParameters:
        """Raw video (a capture card) also needs its size and pixel format."""
        context = self._stream.codec_context
        # Raw video has no extradata that would tell its size.
        raw = (context.width, context.height, str(context.pix_fmt)) if context.name == "rawvideo" else None
        return CodecParameters(context.name, context.extradata, raw)

    def packets(self) -> Iterator[Packet]:
        """Ends with the file, or when `stop` is set. Raises LinkLost."""
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
            # A file without a single packet would loop forever.
            if not self._loop or last == offset:
                return
            offset = last + _FRAME_S
            self._rewind()

    def close(self) -> None:
        """Close the connection or the file."""
        self._container.close()

    def _once(self, offset: float) -> Iterator[Packet]:
        """Packets to the end, with times that continue from `offset`."""
        start, previous, received = None, offset - _FRAME_S, time.monotonic()
        unit = float(self._stream.time_base or 0)
        try:
            for packet in self._container.demux(self._stream):
                if packet.size == 0:  # the demuxer's flush at the end of the stream
                    continue
                stamp = packet.pts if packet.pts is not None else packet.dts
                at = stamp * unit if stamp is not None else None
                start = at if start is None else start
                previous = offset + at - start if at is not None and start is not None else previous + _FRAME_S
                yield Packet(previous, packet.is_keyframe, packet.size, bytes(packet))
                received = time.monotonic()
        except (FFmpegError, OSError) as error:
            en = f"stream {masked(self._address)} broke off: {_why(error, received, self._read_timeout)}"
            raise LinkLost(Words("视频中断，请检查摄像机供电和网线", en)) from None

    def _open(self) -> tuple[InputContainer, VideoStream]:
        live, began = self._address.startswith("rtsp"), time.monotonic()
        try:
            container = av.open(
                self._address, timeout=(OPEN_TIMEOUT, self._read_timeout), options=_RTSP if live else {}
            )
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
    """FFmpeg's error without the address it appends; it has several errors for a timeout."""
    if time.monotonic() - since >= limit:
        return f"no answer for {limit:.0f} s"
    return masked(getattr(error, "strerror", None) or str(error))
