"""A camera: a vision worker analyses its stream, and its sightings become signals."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import Annotated, Any, ClassVar, Literal, Protocol

from pydantic import Field, SecretStr, field_validator, model_validator

from gateway.driver import Driver, DriverSettings
from gateway.model import DeviceType, Signal
from gateway.vision.camera_slot import SightingQueue
from gateway.vision.recognise.plate_characters import PROVINCES
from gateway.vision.settings.detector import DetectorSection
from gateway.vision.settings.layout import LayoutSettings
from gateway.vision.sighting import Sighting
from gateway.vision.stream.address import address_error
from gateway.vision.stream_config import MainStreamConfig, Prompt, StreamConfig, Transport


class CameraSettings(LayoutSettings, DriverSettings):
    """The YAML of a camera."""

    source: SecretStr = Field(
        description="The stream's address: rtsp://user:password@host/path, better as !secret NAME; or a file's path."
    )
    main: SecretStr | None = Field(
        default=None,
        description="The address of the camera's larger stream, when source is its sub stream: for the full picture "
        "and, where record says so, for recordings. As !secret NAME.",
    )
    record: Literal["sub", "main"] = Field(
        default="sub",
        description="What recordings are made from. main: the larger stream is received all the time, takes some "
        "10 MB at 4 Mbit/s, and while it is away recordings are made from source.",
    )
    transport: Transport = Field(
        default="auto",
        description="How RTSP is carried: tcp, udp, or auto: tcp, and udp where the camera supports nothing else.",
    )
    watch: frozenset[Literal["motion", "faces", "plates", "codes"]] = Field(
        default=frozenset({"motion"}),
        description="What to detect. codes: QR codes of passes, for the decision at the door (access.yaml).",
    )
    sensitivity: Annotated[float, Field(ge=0, le=1)] = Field(
        default=0.5, description="How little movement counts: 0 (dull) to 1 (keen)."
    )
    home_province: str | None = Field(
        default=None, description="The province of most plates here: one character, such as 苏."
    )
    detector: DetectorSection | None = Field(
        default=None, description="A model of your own (ONNX) for people, vehicles, e-bikes: object.seen, data.class."
    )
    prompt: Prompt = Field(
        default="none",
        description="turn: a sign here says 请左右转头 (turn your head), and no resident is named until the head was "
        "seen to turn; a face that never turns is face.unknown with data.turned false. A deterrent against a held-up "
        "photograph, not liveness detection: a video on a phone passes. The watch-listed are reported at once.",
    )

    @field_validator("source", "main")
    @classmethod
    def _address(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None and (fault := address_error(value.get_secret_value())):
            raise ValueError(f"the address {fault}")
        return value

    @field_validator("home_province")
    @classmethod
    def _province(cls, value: str | None) -> str | None:
        if value is not None and (len(value) != 1 or value not in PROVINCES):
            raise ValueError(f"{value!r} is not one of the provinces {PROVINCES}")
        return value

    @model_validator(mode="after")
    def _has_what_it_records(self) -> CameraSettings:
        if self.record == "main" and self.main is None:
            raise ValueError("record: main, but there is no main: write main: !secret NAME, or leave record out")
        # Cameras allow few connections; the same stream twice would waste one.
        if self.main == self.source:
            raise ValueError("main is the same stream as source: leave main out, or make source the sub stream")
        return self

    @model_validator(mode="after")
    def _prompts_faces(self) -> CameraSettings:
        if self.prompt != "none" and "faces" not in self.watch:
            raise ValueError(f"prompt: {self.prompt} asks something of faces, but none are watched: add faces to watch")
        return self


class VisionLink(Protocol):
    """A camera's slot in a vision worker."""

    on_heard: Callable[[], None] | None

    def watch(self, config: StreamConfig, main: MainStreamConfig | None) -> AbstractAsyncContextManager[SightingQueue]:
        """As `CameraSlot.watch`."""
        ...


class Camera(Driver):
    """Runs one camera's streams; takes no commands."""

    Settings: ClassVar[type[DriverSettings]] = CameraSettings
    LINK: ClassVar[str] = "vision"
    TYPE: ClassVar[DeviceType] = DeviceType.CAMERA
    settings: CameraSettings
    link: VisionLink

    async def run(self) -> None:
        """Raises LinkLost when the stream or its worker is gone."""
        async with self.link.watch(self._stream_config(), self._main_config()) as sightings:
            async for sighting in sightings:
                await self.emit(self._signal(sighting))

    def _stream_config(self) -> StreamConfig:
        watched = self.settings.watch
        return StreamConfig(
            source=self.settings.source.get_secret_value(),
            motion="motion" in watched,
            faces="faces" in watched,
            plates="plates" in watched,
            codes="codes" in watched,
            sensitivity=self.settings.sensitivity,
            home_province=self.settings.home_province,
            transport=self.settings.transport,
            layout=self.settings.layout(),
            detector=self.settings.detector.model if self.settings.detector else None,
            prompt=self.settings.prompt,
            max_gap_s=self._max_gap_s,
        )

    @property
    def _max_gap_s(self) -> float:
        """Seconds that the installer allows without a signal: a picture may take as long."""
        return self.device.cadence.total_seconds() if self.device.cadence else 0.0

    def _main_config(self) -> MainStreamConfig | None:
        settings = self.settings
        if settings.main is None:
            return None
        source, recorded = settings.main.get_secret_value(), settings.record == "main"
        return MainStreamConfig(source, settings.transport, recorded=recorded, max_gap_s=self._max_gap_s)

    def _signal(self, sighting: Sighting) -> Signal:
        data: dict[str, Any] = dict(sighting.data)
        return Signal(
            device=self.device.id,
            kind=sighting.kind,
            at=sighting.time,
            data=data,
            fresh=True,
            picture=sighting.jpeg or None,
            secret=sighting.secret,
        )


DRIVER = Camera
