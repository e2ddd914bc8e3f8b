"""The flow's figures for /metrics, read when they are asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from prometheus_client import CollectorRegistry
from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from gateway.model import Health

if TYPE_CHECKING:
    from gateway.app.components import Components


class _Flow(Collector):
    def __init__(self, parts: Components) -> None:
        self._parts = parts

    def collect(self) -> Iterable[Metric]:
        parts = self._parts
        for name, words, count in _COUNTS:
            yield CounterMetricFamily(name, words, value=count(parts))
        yield GaugeMetricFamily("anju_signals_waiting", "Signals between device and decision", parts.intake.waiting)
        yield GaugeMetricFamily("anju_alerts_open", "Alerts nobody has closed", len(parts.desk.open_alerts()))
        yield self._health()
        yield self._figures()
        yield self._refused()

    def _refused(self) -> Metric:
        words = "Connections, passwords and pieces of data that were turned away"
        family = CounterMetricFamily("anju_refused", words, labels=["door", "why"])
        for refusal, times in self._parts.refusals.counts().items():
            family.add_metric([refusal.door, str(refusal.why)], times)
        return family

    def _figures(self) -> Metric:
        words = "What a device's driver measures, such as the seconds of a cycle of its line"
        family = GaugeMetricFamily("anju_device_figure", words, labels=["device", "figure"])
        for device, figures in self._parts.supervisor.figures().items():
            for name, value in figures.items():
                family.add_metric([device, name], value)
        return family

    def _health(self) -> Metric:
        family = GaugeMetricFamily("anju_devices", "Devices by how they are", labels=["health"])
        healths = [status.health for status in self._parts.supervisor.devices().values()]
        for health in Health:
            family.add_metric([health.value], healths.count(health))
        return family


_COUNTS: tuple[tuple[str, str, Callable[[Components], float]], ...] = (
    ("anju_signals_accepted", "Signals committed", lambda parts: parts.intake.accepted),
    ("anju_signals_duplicate", "Signals known already", lambda parts: parts.intake.duplicates),
    ("anju_sightings_dropped", "Sightings dropped under load", lambda parts: parts.intake.dropped_sightings),
    ("anju_frames_dropped", "Frames a newer one replaced", lambda parts: parts.doors.vision.dropped.frames),
    (
        "anju_parts_dropped",
        "Parts of live pictures a worker dropped",
        lambda parts: parts.doors.vision.dropped.segments,
    ),
    ("anju_alarms_unrecorded", "Alarms the disk would not take", lambda parts: parts.unrecorded.count),
    ("anju_clips_recorded", "Recordings kept", lambda parts: parts.recording.recorder.counts.kept),
    ("anju_clips_failed", "Recordings that came to nothing", lambda parts: parts.recording.recorder.counts.failed),
    (
        "anju_clips_skipped",
        "Recordings not begun: too many of one camera",
        lambda parts: parts.recording.recorder.counts.skipped,
    ),
    ("anju_quarantined", "Pieces that could not be read", lambda parts: parts.quarantine.count),
    ("anju_commits", "Commits of the record", lambda parts: parts.store.writer.commits),
    ("anju_units", "Units those commits held", lambda parts: parts.store.writer.units),
)


def flow_registry(parts: Components) -> CollectorRegistry:
    registry = CollectorRegistry()
    registry.register(_Flow(parts))
    return registry
