"""Prometheus metrics of the HTTP server, in the same registry as those of the flow."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

_BUCKETS_S = (0.005, 0.02, 0.1, 0.5, 2.5)


class WebMetrics:
    """Counters of requests, and gauges of open WebSockets."""

    def __init__(self, registry: CollectorRegistry) -> None:
        labels = ["method", "route"]
        self._answers = Counter("anju_http_answers", "Requests answered", [*labels, "status"], registry=registry)
        self._seconds = Histogram(
            "anju_http_seconds", "Time from request to response", labels, registry=registry, buckets=_BUCKETS_S
        )
        self.sockets = Gauge("anju_live_sockets", "Screens connected to the live feed", registry=registry)
        self.viewers = Gauge("anju_live_viewers", "Live camera pictures shown on screens", registry=registry)
        self.segments_dropped = Counter(
            "anju_live_parts_dropped", "Live video segments dropped for slow screens", registry=registry
        )
        self.snapshots = Counter("anju_live_snapshots", "Complete snapshots sent to screens", registry=registry)

    def answered(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count a response. `route` is the pattern of the path, because the path itself may contain a token."""
        self._answers.labels(method, route, str(status)).inc()
        if status != 101:  # a WebSocket lasts as long as its screen is open
            self._seconds.labels(method, route).observe(seconds)
