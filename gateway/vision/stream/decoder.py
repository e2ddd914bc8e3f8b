"""Decodes packets to frames, on one thread for each decoder: many cameras share few cores."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from functools import cached_property

import av
import cv2
import numpy as np
from av.error import FFmpegError
from av.video.codeccontext import VideoCodecContext
from av.video.frame import VideoFrame
from numpy.typing import NDArray

from gateway.vision.stream.packet import CodecParameters, Packet

_CLOCK = Fraction(1, 90_000)
"""RTP's clock rate for video (RFC 6184, 8.2.1): fine enough for any stream's time."""

_PLANAR = {"yuv420p", "yuvj420p"}
"""8 bits, colour in separate planes: what H.264 and H.265 cameras send."""

_MARK = (0, 200, 255)
"""Colour of a box drawn into a picture: amber, as BGR."""

Image = NDArray[np.uint8]
"""Rows × columns (luma), or rows × columns × 3 (BGR)."""


class DecodedFrame:
    """One decoded picture at `time` (seconds, the stream's clock). Converts pixels only when they are needed."""

    def __init__(self, frame: VideoFrame, time: float) -> None:
        self._frame = frame
        self.time = time

    @property
    def size(self) -> tuple[int, int]:
        """Width and height."""
        return self._frame.width, self._frame.height

    @property
    def damaged(self) -> bool:
        """Whether parts of it were missing and the decoder filled them in."""
        return bool(self._frame.is_corrupt)

    def luma(self, width: int) -> Image:
        """Brightness, scaled down to `width` columns (never up); without a colour conversion where possible."""
        full = self._plane() if self._frame.format.name.startswith(("yuv", "nv12", "gray")) else self._gray()
        if self._frame.width <= width:
            return full
        height = max(1, round(self._frame.height * width / self._frame.width))
        return np.asarray(cv2.resize(full, (width, height), interpolation=cv2.INTER_AREA), np.uint8)

    @property
    def colours(self) -> tuple[Image, Image] | None:
        """The blue and red difference, half as wide and high; None where they have no separate planes."""
        if self._frame.format.name not in _PLANAR:
            return None
        return self._plane(1), self._plane(2)

    @cached_property
    def bgr(self) -> Image:
        """Rows × columns × 3; converted once."""
        return np.asarray(self._frame.to_ndarray(format="bgr24"), np.uint8)

    def jpeg(self, quality: int = 85, box: tuple[int, int, int, int] | None = None) -> bytes:
        """As JPEG. `box` (x, y, width, height in pixels) is drawn around the object."""
        picture = self.bgr
        if box is not None:
            picture = picture.copy()
            cv2.rectangle(picture, box, _MARK, max(2, self._frame.width // 320))
        return jpeg_of(picture, quality)

    def _plane(self, number: int = 0) -> Image:
        plane = self._frame.planes[number]
        rows: Image = np.frombuffer(memoryview(plane), np.uint8).reshape(-1, plane.line_size)
        return rows[: plane.height, : plane.width]

    def _gray(self) -> Image:
        return np.asarray(self._frame.to_ndarray(format="gray"), np.uint8)


def jpeg_of(picture: Image, quality: int = 85) -> bytes:
    """A picture (BGR) as JPEG."""
    _, coded = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, quality])
    return bytes(coded)


class PacketDecoder:
    """Decodes packets in order. Counts and skips damaged ones; the picture is right again at the next keyframe."""

    def __init__(self, coding: CodecParameters) -> None:
        # A decoder of our own, not the container's: packets come from RTSP, from the ring, and from files.
        context = av.CodecContext.create(coding.name, "r")
        assert isinstance(context, VideoCodecContext)
        context.extradata = coding.extradata
        if coding.raw is not None:
            context.width, context.height, context.pix_fmt = coding.raw
        # FFmpeg would start a thread per core and delay each picture by as many.
        context.thread_count = 1
        context.thread_type = "NONE"
        self._context = context
        self.damaged = 0

    def decode(self, packet: Packet) -> Iterator[DecodedFrame]:
        """The frames that this packet completes; none while the decoder reorders, or when the packet is damaged."""
        if not packet.data:  # FFmpeg takes an empty packet as the end of the stream
            self.damaged += 1
            return
        coded = av.Packet(packet.data)
        coded.pts = coded.dts = round(packet.time / _CLOCK)
        coded.time_base = _CLOCK
        try:
            frames = self._context.decode(coded)
        except FFmpegError:
            self.damaged += 1
            return
        yield from (_stamped(frame, packet.time) for frame in frames)

    def decode_alone(self, *packets: Packet) -> Iterator[DecodedFrame]:
        """A keyframe by itself, without the delay of a stream that reorders pictures.

        Of a gradual refresh: the packets from the recovery point on; incomplete pictures are not given.
        """
        self.reset()
        for packet in packets:
            yield from self.decode(packet)
        yield from self.flush(packets[-1].time)

    def flush(self, time: float) -> Iterator[DecodedFrame]:
        """Frames that are still held back for reordering; `time` is for one without a timestamp. Resets the decoder."""
        try:
            late = self._context.decode(None)
        except FFmpegError:
            self.damaged += 1
            return
        finally:
            self.reset()
        yield from (_stamped(frame, time) for frame in late)

    def reset(self) -> None:
        """Forget all references: the next packet is a keyframe from elsewhere in the stream."""
        self._context.flush_buffers()


def _stamped(frame: VideoFrame, otherwise: float) -> DecodedFrame:
    return DecodedFrame(frame, frame.pts * float(_CLOCK) if frame.pts is not None else otherwise)
