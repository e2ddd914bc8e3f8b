"""A third party's driver, as small as one can be: a panel with parts on a serial port, or in MQTT."""

from typing import ClassVar

from pydantic import BaseModel, ConfigDict, model_validator

from gateway.driver import Driver, DriverSettings, Part
from gateway.model import DeviceType
from gateway.settings.addresses import HttpAddress
from gateway.settings.secrets import Secret


class Loop(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")
    id: str
    name: str
    place: str | None = None


class LoopSettings(DriverSettings):
    port: str = "/dev/null"
    url: HttpAddress | None = None
    password: Secret | None = None
    loops: tuple[Loop, ...] = ()
    limits: dict[int, float] | float = 1.0
    baud: int = 9600

    @model_validator(mode="after")
    def _checked(self):
        if self.baud == 13:
            raise ValueError("13 baud brings bad luck; use 9600")
        return self


class LoopPanel(Driver):
    Settings = LoopSettings
    LINK = "serial"
    TYPE = DeviceType.PANEL

    @classmethod
    def parts(cls, settings):
        return [Part(loop.id, DeviceType.ZONE, loop.name, loop.place) for loop in settings.loops]

    async def run(self):
        """Nothing to serve."""


class SpeakerSettings(DriverSettings):
    account: str
    via: str = "endpoint"


class Speaker(Driver):
    Settings = SpeakerSettings
    LINK = "mqtt"
    ACTIONS: ClassVar = {}

    async def run(self):
        """Nothing to serve."""


DRIVER = LoopPanel
