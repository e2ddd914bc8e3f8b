"""How long a certificate is good for."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from cryptography import x509

from gateway.model import Words

WARN_BEFORE = timedelta(days=30)
"""Let's Encrypt renews 30 days before the end: what is not renewed by then will not be by itself."""


@dataclass(frozen=True, slots=True)
class Validity:
    """Of a certificate with its chain: from the latest beginning to the earliest end, both UTC."""

    since: datetime
    until: datetime

    @classmethod
    def of(cls, certificate: Path) -> Validity:
        """Raises OSError or ValueError for a file that holds no PEM certificate."""
        chain = x509.load_pem_x509_certificates(certificate.read_bytes())
        return cls(
            max(each.not_valid_before_utc for each in chain),
            min(each.not_valid_after_utc for each in chain),
        )

    def trouble(self, now: datetime) -> Words | None:
        """What a guard and an installer are told: expired, not yet valid, or soon to expire; None while it is good."""
        day, days = self.until.date().isoformat(), (self.until - now).days
        if now >= self.until:
            return Words(f"证书已于 {day} 过期", f"the certificate expired on {day}")
        if now < self.since:
            day = self.since.date().isoformat()
            return Words(f"证书到 {day} 才生效", f"the certificate is not valid before {day}")
        if self.until - now < WARN_BEFORE:
            return Words(f"证书还有 {days} 天到期（{day}）", f"the certificate expires in {days} days, on {day}")
        return None
