"""The configuration that holds now, for everyone who looks at it when it matters and keeps no copy."""

from __future__ import annotations

from datetime import timedelta

import gateway
from gateway.config.compound import CompoundSettings, Retention
from gateway.config.configuration import Configuration
from gateway.flow.unrecorded_signals import GATEWAY
from gateway.model import Device, DeviceType
from gateway.recording.cameras import Cameras
from gateway.rule import Compound
from gateway.vision.face_matching import FaceMatching
from gateway.web import Facts


class CurrentConfig:
    """None holds until the first `take`. `started` is what doors and processes were made from, once."""

    def __init__(self, started: CompoundSettings) -> None:
        self.started = started
        self.configuration: Configuration | None = None
        self.compound = Compound(started.name, {}, {})
        self.cameras = Cameras({})
        self.settings = started
        self._facts: Facts | None = None

    def take(self, configuration: Configuration, compound: Compound) -> None:
        """This holds from now on."""
        self.configuration = configuration
        self.compound = compound
        self.settings = configuration.compound
        self.cameras.know(compound.devices)
        self._facts = None

    def facts(self) -> Facts:
        """What the pages say about the compound."""
        if self._facts is None:
            self._facts = self._make_facts()
        return self._facts

    def retention(self) -> Retention:
        return self.settings.retention

    def retention_of_clips(self) -> timedelta:
        return self.settings.retention.clips

    def matching(self) -> FaceMatching:
        return self.settings.vision.faces.matching

    def _make_facts(self) -> Facts:
        settings = self.settings
        # One that is not written follows http.listen, which is read once.
        url = (settings if "public_url" in settings.model_fields_set else self.started).public_url
        return Facts(
            name=settings.name,
            language=settings.language,
            property_phone=settings.property_phone,
            public_url=str(url).rstrip("/"),
            version=gateway.__version__,
            timezone=settings.timezone,
            places=self.compound.places,
            devices={device: it for device, it in self.compound.devices.items() if device != GATEWAY},
        )


def compound_of(configuration: Configuration) -> Compound:
    """What rules may know of it; the gateway itself is one of the devices."""
    own = Device(GATEWAY, "gateway", DeviceType.PANEL, configuration.compound.name, "")
    devices = {GATEWAY: own, **configuration.all_devices()}
    return Compound(configuration.compound.name, devices, configuration.places)
