"""A camera: its stream is watched in a vision worker, what that sees become signals."""

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
from gateway.vision.sighting import MainStreamConfig, Prompt, Sighting, StreamConfig, Transport
from gateway.vision.stream.address import address_error


class CameraSettings(LayoutSettings, DriverSettings):
    source: SecretStr = Field(
        description="Where the stream is: rtsp://user:password@host/path, better as !secret NAME; or a file's path."
    )
    main: SecretStr | None = Field(
        default=None,
        description="Where the camera's larger stream is, when source is its sub stream: for the full picture and, "
        "where record says so, for recordings. As !secret NAME.",
    )
    record: Literal["sub", "main"] = Field(
        default="sub",
        description="What recordings are made from. main: the larger stream is received all the time, takes some "
        "10 MB at 4 Mbit/s, and while it is away recordings are made from source.",
    )
    transport: Transport = Field(
        default="auto",
        description="How RTSP is carried: tcp, udp, or auto: tcp, and udp where the camera knows nothing else.",
    )
    watch: frozenset[Literal["motion", "faces", "plates"]] = Field(
        default=frozenset({"motion"}), description="What to look for."
    )
    sensitivity: Annotated[float, Field(ge=0, le=1)] = Field(
        default=0.5, description="How little movement counts: 0 (dull) to 1 (keen)."
    )
    home_province: str | None = Field(
        default=None, description="The province most plates here are from: one character, such as 苏."
    )
    detector: DetectorSection | None = Field(
        default=None, description="A model of your own (ONNX) for people, vehicles, e-bikes: object.seen, data.class."
    )
    prompt: Prompt = Field(
        default="none",
        description="turn: a sign here says 请左右转头 (turn your head), and no resident is named before the head was "
        "seen turned; who never turns is face.unknown with data.turned false. A deterrent against a held-up "
        "photograph, not liveness detection: a video on a phone passes. The watch-listed are told at once.",
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
        if self.main == self.source:
            raise ValueError("main is the same stream as source: leave main out, or make source the sub stream")
        return self

    @model_validator(mode="after")
    def _prompts_faces(self) -> CameraSettings:
        if self.prompt != "none" and "faces" not in self.watch:
            raise ValueError(f"prompt: {self.prompt} asks something of faces, but none are watched: add faces to watch")
        return self


class VisionLink(Protocol):
    """A slot of the vision pool."""

    on_heard: Callable[[], None] | None

    def watch(
        self, watch: StreamConfig, main: MainStreamConfig | None
    ) -> AbstractAsyncContextManager[SightingQueue]: ...


class Camera(Driver):
    Settings: ClassVar[type[DriverSettings]] = CameraSettings
    LINK: ClassVar[str] = "vision"
    TYPE: ClassVar[DeviceType] = DeviceType.CAMERA
    settings: CameraSettings
    link: VisionLink

    async def run(self) -> None:
        """Raises LinkLost when the stream or its worker is gone."""
        async with self.link.watch(self._what(), self._main()) as sightings:
            async for sighting in sightings:
                await self.emit(self._signal(sighting))

    def _what(self) -> StreamConfig:
        wanted = self.settings.watch
        return StreamConfig(
            source=self.settings.source.get_secret_value(),
            motion="motion" in wanted,
            faces="faces" in wanted,
            plates="plates" in wanted,
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
        """How long the installer lets it say nothing: a picture may take as long."""
        return self.device.cadence.total_seconds() if self.device.cadence else 0.0

    def _main(self) -> MainStreamConfig | None:
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
        )


DRIVER = Camera
