"""The web's own figures, beside those of the flow in one registry."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

_SECONDS = (0.005, 0.02, 0.1, 0.5, 2.5)


class WebMetrics:
    def __init__(self, registry: CollectorRegistry) -> None:
        labels = ["method", "route"]
        self._answers = Counter("anju_http_answers", "Requests answered", [*labels, "status"], registry=registry)
        self._seconds = Histogram(
            "anju_http_seconds", "Time to the answer", labels, registry=registry, buckets=_SECONDS
        )
        self.sockets = Gauge("anju_live_sockets", "Screens that follow live", registry=registry)
        self.viewers = Gauge("anju_live_viewers", "Screens that show a camera, one a picture", registry=registry)
        self.parts_dropped = Counter(
            "anju_live_parts_dropped", "Pieces of live pictures a screen was too slow for", registry=registry
        )
        self.snapshots = Counter("anju_live_snapshots", "Whole states sent to a screen", registry=registry)

    def answered(self, method: str, route: str, status: int, seconds: float) -> None:
        """`route` is the table's pattern: an address may hold a token."""
        self._answers.labels(method, route, str(status)).inc()
        if status != 101:
            self._seconds.labels(method, route).observe(seconds)
