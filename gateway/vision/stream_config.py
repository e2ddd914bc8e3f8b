"""What a vision worker is asked to do with one stream: its address, what to detect, how much to buffer."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from gateway.vision.detect.detector_model import DetectorModel
from gateway.vision.motion.scene_layout import SceneLayout

Prompt = Literal["none", "turn"]
Transport = Literal["auto", "tcp", "udp"]
RECORDING_LEAD_S = 10.0
"""Seconds before now that are kept of a stream that is recorded."""


@dataclass(frozen=True, slots=True)
class StreamConfig:
    """A stream that is analysed. `source` may hold a password: it goes over the socket and into no log.

    `sensitivity` is 0 (dull) … 1 (keen). `home_province` makes one province likelier on a plate.
    """

    source: str = field(repr=False)
    motion: bool = True
    faces: bool = False
    plates: bool = False
    sensitivity: float = 0.5
    home_province: str | None = None
    transport: Transport = "auto"
    """How RTSP is carried; auto: over TCP, and over UDP where a camera supports nothing else."""
    layout: SceneLayout = field(default_factory=SceneLayout)
    detector: DetectorModel | None = None
    """The installer's own, if there is one."""
    prompt: Prompt = "none"
    """What a sign at the camera asks of a face before it is named (`recognise.head_turn`)."""
    ring_s: float = RECORDING_LEAD_S
    """Seconds before now that are kept for recordings; 0: only the units since the newest keyframe, for viewers."""
    max_gap_s: float = 0.0
    """Seconds that the installer allows between two pictures (`cadence` in the YAML); 0: learned from the stream."""
    codes: bool = False
    """QR codes of passes, held before the camera."""

    @property
    def recognises(self) -> bool:
        """Whether any recogniser needs this stream's frames."""
        return self.faces or self.plates or self.codes or self.detector is not None

    def to_message(self) -> dict[str, Any]:
        """As JSON data for the worker."""
        return asdict(self)

    @classmethod
    def from_message(cls, data: dict[str, Any]) -> StreamConfig:
        """The inverse of `to_message`."""
        detector = DetectorModel.from_json(data["detector"]) if data["detector"] else None
        return cls(**data | {"layout": SceneLayout.from_json(data["layout"]), "detector": detector})


@dataclass(frozen=True, slots=True)
class MainStreamConfig:
    """A camera's larger stream. It is not analysed, and received only while it is recorded or viewed."""

    source: str = field(repr=False)
    transport: Transport = "auto"
    recorded: bool = False
    """Whether recordings are made from it, so that it is always received."""
    max_gap_s: float = 0.0
    """As in `StreamConfig`."""

    @property
    def stream_config(self) -> StreamConfig:
        """The request to the worker: no analysis, and a ring only for recordings."""
        ring_s = RECORDING_LEAD_S if self.recorded else 0.0
        return StreamConfig(
            self.source, motion=False, transport=self.transport, ring_s=ring_s, max_gap_s=self.max_gap_s
        )
