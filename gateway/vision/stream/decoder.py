"""Packets to pictures, on one thread and no more: many cameras share few cores."""

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
"""RTP's clock for video (RFC 6184, 8.2.1): fine enough for any stream's time."""

_PLANAR = {"yuv420p", "yuvj420p"}
"""8 bits, colour in planes of its own: what H.264 and H.265 cameras send."""

_MARK = (0, 200, 255)

Image = NDArray[np.uint8]


class DecodedFrame:
    """One decoded picture at `time` (seconds, the stream's clock). Converts only what is asked for."""

    def __init__(self, frame: VideoFrame, time: float) -> None:
        self._frame = frame
        self.time = time

    @property
    def size(self) -> tuple[int, int]:
        """Width and height."""
        return self._frame.width, self._frame.height

    @property
    def damaged(self) -> bool:
        """Whether parts of it were missing and are made up."""
        return bool(self._frame.is_corrupt)

    def luma(self, width: int) -> Image:
        """Brightness, scaled down to `width` columns (never up); without a colour conversion where it can be had."""
        full = self._plane() if self._frame.format.name.startswith(("yuv", "nv12", "gray")) else self._gray()
        if self._frame.width <= width:
            return full
        height = max(1, round(self._frame.height * width / self._frame.width))
        return np.asarray(cv2.resize(full, (width, height), interpolation=cv2.INTER_AREA), np.uint8)

    @property
    def colours(self) -> tuple[Image, Image] | None:
        """The blue and red difference, half as wide and high; None where they don't lie in planes of their own."""
        if self._frame.format.name not in _PLANAR:
            return None
        return self._plane(1), self._plane(2)

    @cached_property
    def bgr(self) -> Image:
        return np.asarray(self._frame.to_ndarray(format="bgr24"), np.uint8)

    def jpeg(self, quality: int = 85, box: tuple[int, int, int, int] | None = None) -> bytes:
        """`box` (x, y, width, height in pixels) is drawn around what it is about."""
        picture = self.bgr
        if box is not None:
            picture = picture.copy()
            cv2.rectangle(picture, box, _MARK, max(2, self._frame.width // 320))
        _, coded = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, quality])
        return bytes(coded)

    def _plane(self, number: int = 0) -> Image:
        plane = self._frame.planes[number]
        rows: Image = np.frombuffer(memoryview(plane), np.uint8).reshape(-1, plane.line_size)
        return rows[: plane.height, : plane.width]

    def _gray(self) -> Image:
        return np.asarray(self._frame.to_ndarray(format="gray"), np.uint8)


class PacketDecoder:
    """Fed packets in order. A damaged one is counted and skipped; the picture mends at the next keyframe."""

    def __init__(self, coding: CodecParameters) -> None:
        context = av.CodecContext.create(coding.name, "r")
        assert isinstance(context, VideoCodecContext)
        context.extradata = coding.extradata
        if coding.raw is not None:
            context.width, context.height, context.pix_fmt = coding.raw
        context.thread_count = 1
        context.thread_type = "NONE"
        self._context = context
        self.damaged = 0

    def decode(self, packet: Packet) -> Iterator[DecodedFrame]:
        if not packet.data:  # to FFmpeg it would say that the stream is over
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

    def alone(self, *packets: Packet) -> Iterator[DecodedFrame]:
        """One keyframe and nothing before or behind it: at once, though its stream may reorder pictures.

        Of a recovery point what it takes to make its picture right; what is not right yet is not given.
        """
        self.restart()
        for packet in packets:
            yield from self.decode(packet)
        yield from self.finish(packets[-1].time)

    def finish(self, time: float) -> Iterator[DecodedFrame]:
        """What it still holds back to put it in order; `time` is for a picture that has none. It begins anew then."""
        try:
            late = self._context.decode(None)
        except FFmpegError:
            self.damaged += 1
            return
        finally:
            self.restart()
        yield from (_stamped(frame, time) for frame in late)

    def restart(self) -> None:
        """Forget what came before: the next packet is a keyframe from elsewhere in the stream."""
        self._context.flush_buffers()


def _stamped(frame: VideoFrame, otherwise: float) -> DecodedFrame:
    return DecodedFrame(frame, frame.pts * float(_CLOCK) if frame.pts is not None else otherwise)
