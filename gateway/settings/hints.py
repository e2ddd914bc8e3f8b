"""What may be right and is more often a mistake: shown by `anju check`, and nothing is refused for it."""

from __future__ import annotations

from datetime import datetime

from gateway.settings.compound import CompoundSettings, certificates_of
from gateway.settings.devices import Found
from gateway.settings.document import Document
from gateway.settings.validity import Validity


def hint_certificates(document: Document, compound: CompoundSettings | None, now: datetime) -> None:
    """Certificates of our own doors that have expired or soon will. A gateway must start with them all the same."""
    for key, tls in certificates_of(compound).items() if compound else ():
        try:
            trouble = Validity.of(tls.certificate).trouble(now)
        except (OSError, ValueError):
            continue  # whether it can be read is told as a mistake
        if trouble is not None:
            document.hint((*key.split("."), "certificate"), f"{tls.certificate.name}: {trouble}", "renew it")


def hint_devices(document: Document, found: Found) -> None:
    """What each driver's settings say of themselves."""
    for loc, entry in zip(found.locs, found.entries, strict=True):
        for what, mend, at in entry.settings.hints():
            document.hint((*loc, *at), what, mend)
