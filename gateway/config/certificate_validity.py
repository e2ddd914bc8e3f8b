"""Reads the validity period of a certificate."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from cryptography import x509

from gateway.model import Words

WARN_BEFORE = timedelta(days=30)
"""Let's Encrypt renews 30 days before the end: if that has not happened, it will not happen by itself."""


@dataclass(frozen=True, slots=True)
class Validity:
    """The validity of a certificate with its chain: from the latest start to the earliest end, both UTC."""

    since: datetime
    until: datetime

    @classmethod
    def of(cls, certificate: Path) -> Validity:
        """Read a PEM file. Raises OSError, or ValueError for a file without a certificate."""
        chain = x509.load_pem_x509_certificates(certificate.read_bytes())
        return cls(
            max(each.not_valid_before_utc for each in chain),
            min(each.not_valid_after_utc for each in chain),
        )

    def fault(self, now: datetime) -> Words | None:
        """That the certificate has expired, is not valid yet or expires soon; None if it is valid."""
        day, days = self.until.date().isoformat(), (self.until - now).days
        if now >= self.until:
            return Words(f"证书已于 {day} 过期", f"the certificate expired on {day}")
        if now < self.since:
            day = self.since.date().isoformat()
            return Words(f"证书到 {day} 才生效", f"the certificate is not valid before {day}")
        if self.until - now < WARN_BEFORE:
            return Words(f"证书还有 {days} 天到期（{day}）", f"the certificate expires in {days} days, on {day}")
        return None
