"""Sources that are silenced by a guard or throttled by the gateway: a pure function of decisions and actions."""

from gateway.desk.noise.fold import NoiseFold, Verdict
from gateway.desk.noise.source import Source, UnknownSource, parse_source

__all__ = ["NoiseFold", "Source", "UnknownSource", "Verdict", "parse_source"]
