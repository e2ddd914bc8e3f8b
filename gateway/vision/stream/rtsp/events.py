"""What an RTSP session reports to its owner, and its states."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto

from gateway.vision.stream.rtp.receiver import MediaTrack
from gateway.vision.stream.rtsp.transport import RtpTransport
from gateway.vision.stream.rtsp.url import RtspUrl


class RtspState(Enum):
    """From the first request to the last."""

    NEW = auto()
    SETTING_UP = auto()
    NEEDS_PORTS = auto()
    """The packets will come over UDP: waits for `use_ports`."""
    PLAYING = auto()
    CLOSED = auto()


@dataclass(frozen=True, slots=True)
class StreamReady:
    """Packets of `media` may come from now on, over `transport`."""

    media: MediaTrack
    transport: RtpTransport


@dataclass(frozen=True, slots=True)
class Redirected:
    """The stream is at another URL: end this session and start one there."""

    url: RtspUrl


RtspEvent = StreamReady | Redirected
