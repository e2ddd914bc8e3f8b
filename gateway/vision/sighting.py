"""What is asked of a camera's worker, and what it sees."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal

from gateway.model import Json
from gateway.vision.detect.model import DetectorModel
from gateway.vision.motion.layout import Layout

Prompt = Literal["none", "turn"]
Transport = Literal["auto", "tcp", "udp"]
RECORDING_LEAD_S = 10.0
"""Seconds before now that are kept of a stream that is recorded."""


@dataclass(frozen=True, slots=True)
class StreamConfig:
    """`source` may hold a password: it goes over the socket and into no log.

    `sensitivity` is 0 (dull) … 1 (keen). `home_province` makes one province likelier on a plate.
    """

    source: str = field(repr=False)
    motion: bool = True
    faces: bool = False
    plates: bool = False
    sensitivity: float = 0.5
    home_province: str | None = None
    transport: Transport = "auto"
    """How RTSP is carried; auto: over TCP, and over UDP where a camera knows nothing else."""
    layout: Layout = field(default_factory=Layout)
    detector: DetectorModel | None = None
    """The installer's own, if there is one."""
    prompt: Prompt = "none"
    """What a sign at the camera asks of a face before it is named (`recognise.turn`)."""
    ring_s: float = RECORDING_LEAD_S
    """Seconds before now that are kept for recordings; 0: what came since the newest keyframe, for viewers alone."""
    max_gap_s: float = 0.0
    """Seconds that the installer allows between two pictures (`cadence`); 0: what the camera is used to."""

    @property
    def recognises(self) -> bool:
        return self.faces or self.plates or self.detector is not None

    def message(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def of(cls, said: dict[str, Any]) -> StreamConfig:
        """Back from `message()`."""
        detector = DetectorModel.of(said["detector"]) if said["detector"] else None
        return cls(**said | {"layout": Layout.of(said["layout"]), "detector": detector})


@dataclass(frozen=True, slots=True)
class MainStreamConfig:
    """A camera's larger stream. Nothing is looked for in it; it is received when it is recorded or somebody watches."""

    source: str = field(repr=False)
    transport: Transport = "auto"
    recorded: bool = False
    """Whether recordings are made from it, so that it is always received."""
    max_gap_s: float = 0.0
    """As of `StreamConfig`."""

    @property
    def watch(self) -> StreamConfig:
        """What its worker is asked for."""
        ring_s = RECORDING_LEAD_S if self.recorded else 0.0
        return StreamConfig(
            self.source, motion=False, transport=self.transport, ring_s=ring_s, max_gap_s=self.max_gap_s
        )


@dataclass(frozen=True, slots=True)
class Sighting:
    """A signal in the making: its kind, when the picture came, its data, and the picture as JPEG."""

    kind: str
    at: float
    data: Json
    jpeg: bytes = field(default=b"", repr=False)

    @property
    def time(self) -> datetime:
        return datetime.fromtimestamp(self.at, UTC)
