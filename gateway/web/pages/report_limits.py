"""Limits how many reports, and how many bytes of photos, residents' pages accept."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta

from gateway.limits import RateLimit, network

_HOUR, _DAY = timedelta(hours=1), timedelta(days=1)
_MIB = 1024 * 1024


@dataclass(frozen=True, slots=True)
class ReportLimits:
    """Per door plate and per client address. A whole building may share one address, so it gets more."""

    by_token: RateLimit = field(default_factory=lambda: RateLimit(5, _HOUR))
    by_address: RateLimit = field(default_factory=lambda: RateLimit(20, _HOUR))
    bytes_by_token: RateLimit = field(default_factory=lambda: RateLimit(20 * _MIB, _DAY))
    bytes_by_address: RateLimit = field(default_factory=lambda: RateLimit(60 * _MIB, _DAY))

    def take(self, token: str, address: str, size: int) -> None:
        """Count one report with a photo of `size` bytes. Raises TooMany."""
        address = network(address)
        self.by_token.take(token)
        self.by_address.take(address)
        self.bytes_by_token.take(token, size)
        self.bytes_by_address.take(address, size)
