"""The gateway's metrics for /metrics, read at each request."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from prometheus_client import CollectorRegistry
from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from gateway.model import Health

if TYPE_CHECKING:
    from gateway.app.components import Components


class _GatewayCollector(Collector):
    def __init__(self, components: Components) -> None:
        self._components = components

    def collect(self) -> Iterable[Metric]:
        """All metric families."""
        components = self._components
        for name, description, count in _COUNTERS:
            yield CounterMetricFamily(name, description, value=count(components))
        yield GaugeMetricFamily(
            "anju_signals_waiting", "Signals received and not decided yet", components.intake.waiting
        )
        yield GaugeMetricFamily("anju_alerts_open", "Open alerts", len(components.desk.open_alerts()))
        yield self._health()
        yield self._figures()
        yield self._refused()

    def _refused(self) -> Metric:
        description = "Rejected connections, passwords and messages"
        family = CounterMetricFamily("anju_refused", description, labels=["door", "why"])
        for refusal, times in self._components.refusals.counts().items():
            family.add_metric([refusal.source, str(refusal.why)], times)
        return family

    def _figures(self) -> Metric:
        description = "Measurements of a device's driver, such as the seconds of a polling cycle"
        family = GaugeMetricFamily("anju_device_figure", description, labels=["device", "figure"])
        for device, figures in self._components.supervisor.figures().items():
            for name, value in figures.items():
                family.add_metric([device, name], value)
        return family

    def _health(self) -> Metric:
        family = GaugeMetricFamily("anju_devices", "Devices by health", labels=["health"])
        healths = [status.health for status in self._components.supervisor.devices().values()]
        for health in Health:
            family.add_metric([health.value], healths.count(health))
        return family


_COUNTERS: tuple[tuple[str, str, Callable[[Components], float]], ...] = (
    ("anju_signals_accepted", "Signals committed", lambda components: components.intake.accepted),
    ("anju_signals_duplicate", "Duplicate signals", lambda components: components.intake.duplicates),
    ("anju_sightings_dropped", "Sightings dropped under load", lambda components: components.intake.dropped_sightings),
    (
        "anju_frames_dropped",
        "Frames replaced by a newer one",
        lambda components: components.links.vision.dropped.frames,
    ),
    (
        "anju_parts_dropped",
        "Parts of live video dropped by a worker",
        lambda components: components.links.vision.dropped.segments,
    ),
    ("anju_alarms_unrecorded", "Alarms that could not be stored", lambda components: components.unrecorded.count),
    ("anju_clips_recorded", "Recordings saved", lambda components: components.recording.recorder.counts.kept),
    ("anju_clips_failed", "Recordings that failed", lambda components: components.recording.recorder.counts.failed),
    (
        "anju_clips_skipped",
        "Recordings not started: too many of one camera",
        lambda components: components.recording.recorder.counts.skipped,
    ),
    ("anju_quarantined", "Messages that could not be decoded", lambda components: components.quarantine.count),
    ("anju_commits", "Commits of the database", lambda components: components.store.writer.commits),
    ("anju_units", "Units of work in these commits", lambda components: components.store.writer.units),
)


def gateway_registry(components: Components) -> CollectorRegistry:
    """A registry of the gateway's metrics; no global state, so that tests can run several gateways."""
    registry = CollectorRegistry()
    registry.register(_GatewayCollector(components))
    return registry
