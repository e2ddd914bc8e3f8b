"""The current configuration. Components read it when they need it and keep no copy: a reload replaces it."""

from __future__ import annotations

from datetime import timedelta
from zoneinfo import ZoneInfo

import gateway
from gateway.app.desk_options import desk_options
from gateway.app.morning_report import ReportPlan
from gateway.config.access import AccessSettings
from gateway.config.compound import CompoundSettings, Retention
from gateway.config.configuration import Configuration
from gateway.config.desk import DeskSettings, ReportSection
from gateway.config.residents import ResidentsSettings
from gateway.figures.facts import AlertFact
from gateway.figures.figures import Inputs
from gateway.figures.period import Shifts
from gateway.figures.response import Limits, ResponseLimit
from gateway.flow.unrecorded_signals import GATEWAY
from gateway.handover import ShiftPlan
from gateway.homes import own_zones
from gateway.model import Device, DeviceType
from gateway.recording.camera_lookup import CameraLookup
from gateway.rule import Compound
from gateway.vision.face_matching import FaceMatching
from gateway.web import CompoundInfo


class CurrentConfig:
    """`configuration` is None until the first `replace`. `started` are the settings at startup, read once for ports,
    certificates and processes.
    """

    def __init__(self, started: CompoundSettings) -> None:
        self.started = started
        self.configuration: Configuration | None = None
        self.compound = Compound(started.name, {}, {})
        self.cameras = CameraLookup({})
        self.settings = started
        self._facts: CompoundInfo | None = None

    def replace(self, configuration: Configuration, compound: Compound) -> None:
        """Make this the current configuration."""
        self.configuration = configuration
        self.compound = compound
        self.settings = configuration.compound
        self.cameras.set_devices(compound.devices, configuration.compound.near)
        self._facts = None

    def facts(self) -> CompoundInfo:
        """The compound's facts for the web pages."""
        if self._facts is None:
            self._facts = self._make_facts()
        return self._facts

    @property
    def desk(self) -> DeskSettings:
        """The settings of desk.yaml."""
        return self.configuration.desk if self.configuration is not None else DeskSettings()

    @property
    def access(self) -> AccessSettings:
        """The settings of access.yaml."""
        return self.configuration.access if self.configuration is not None else AccessSettings()

    @property
    def residents(self) -> ResidentsSettings:
        """The settings of residents.yaml."""
        return self.configuration.residents if self.configuration is not None else ResidentsSettings()

    def shift_plan(self) -> ShiftPlan:
        """When shifts end, and by when they are to be handed over."""
        return ShiftPlan(self.desk.shifts, self.desk.handover.sign_within, ZoneInfo(self.settings.timezone))

    def retention(self) -> Retention:
        """How long rows and pictures are kept."""
        return self.settings.retention

    def retention_of_clips(self) -> timedelta:
        """How long recordings are kept."""
        return self.settings.retention.clips

    def shifts(self) -> Shifts:
        """When the day shift and the night shift begin."""
        report = self.configuration.desk.report if self.configuration else ReportSection()
        return Shifts(report.day, report.night)

    def response_limits(self) -> Limits:
        """How soon alerts must be answered, for figures of the past: by the present settings."""
        desk, zone = self.desk_and_zone()

        def limit_of(alert: AlertFact) -> ResponseLimit:
            found = desk.limits.of(alert, alert.kind, alert.raised_at, zone)
            return ResponseLimit(found.acknowledge, found.arrive)

        return limit_of

    def report_plan(self) -> ReportPlan:
        """When and to whom the morning report is sent."""
        desk, zone = self.desk_and_zone()
        facts = self.facts()
        devices, url = list(facts.devices), facts.public_url
        return ReportPlan(
            desk.report.at, self.shifts(), zone, facts.name, url, Inputs(devices=devices), desk.report.notifiers
        )

    def desk_and_zone(self) -> tuple[DeskSettings, ZoneInfo]:
        """desk.yaml, and the time zone of its times."""
        desk = self.configuration.desk if self.configuration else DeskSettings()
        return desk, ZoneInfo(self.settings.timezone)

    def matching(self) -> FaceMatching:
        """The thresholds for matching faces."""
        return self.settings.vision.faces.matching

    def _make_facts(self) -> CompoundInfo:
        settings = self.settings
        # Without a public_url of its own it is derived from http.listen, which is read only at startup.
        url = (settings if "public_url" in settings.model_fields_set else self.started).public_url
        return CompoundInfo(
            name=settings.name,
            language=settings.language,
            property_phone=settings.property_phone,
            public_url=str(url).rstrip("/"),
            version=gateway.__version__,
            timezone=settings.timezone,
            places=self.compound.places,
            desk=desk_options(self.configuration.desk if self.configuration else DeskSettings()),
            devices={device: it for device, it in self.compound.devices.items() if device != GATEWAY},
        )


def compound_of(configuration: Configuration) -> Compound:
    """The view of the configuration that rules get. The gateway itself is one of its devices."""
    own = Device(GATEWAY, "gateway", DeviceType.PANEL, configuration.compound.name, "")
    devices = {GATEWAY: own, **configuration.all_devices()}
    return Compound(
        configuration.compound.name, devices, configuration.places, own_zones=own_zones(configuration.residents.homes)
    )
