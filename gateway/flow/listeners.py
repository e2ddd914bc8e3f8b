"""Who is told what happens: the console, and later notifiers and a centre."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from gateway.flow.device_status import DeviceStatus
from gateway.model import Alert, Incident, Signal, SilencedSource


class AlertListener(Protocol):
    """Is told of every alert and incident that changed. Returns at once: one that is slow keeps a queue of its own."""

    def alert_changed(self, alert: Alert) -> None:
        """The alert as it is now, on record unless it says otherwise."""

    def incident_changed(self, incident: Incident) -> None:
        """The incident as it is now, after its alerts."""

    def silence_changed(self, silence: SilencedSource) -> None:
        """A source is silenced or throttled, kept an alarm away, or is silenced no more."""


class ConsoleFeed(AlertListener, Protocol):
    """What the guard room's screens show. Each call returns at once."""

    def device_changed(self, status: DeviceStatus) -> None:
        """A device or a part of it is online, offline, silent or refused."""

    def signal_seen(self, signal: Signal) -> None:
        """A signal was committed."""

    def dropped(self, counts: Mapping[str, int]) -> None:
        """How many signals were dropped since the start, by what they were."""


class AlertObserver(Protocol):
    """Looks at a new or changed alert with a camera: a picture, a recording. Never delays the alert."""

    def look(self, alert: Alert) -> None:
        """Start it in the background."""
