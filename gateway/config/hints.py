"""Hints of `anju check`: likely mistakes that are no errors."""

from __future__ import annotations

from datetime import datetime

from gateway.config.certificate_validity import Validity
from gateway.config.compound import CompoundSettings, certificates_of
from gateway.config.devices import LoadedDevices
from gateway.config.document import Document
from gateway.vision.face_matching import MAX_DISTANCE


def hint_certificates(document: Document, compound: CompoundSettings | None, now: datetime) -> None:
    """Certificates that have expired or soon will. No error, since the gateway must start with them all the same."""
    for key, tls in certificates_of(compound).items() if compound else ():
        try:
            fault = Validity.of(tls.certificate).fault(now)
        except (OSError, ValueError):
            continue  # an unreadable certificate is noted as a mistake elsewhere
        if fault is not None:
            document.add_hint((*key.split("."), "certificate"), f"{tls.certificate.name}: {fault}", "renew it")


def hint_faces(document: Document, compound: CompoundSettings | None) -> None:
    """A matching distance larger than the gateway allows."""
    faces = compound.vision.faces if compound else None
    if faces is not None and not faces.recogniser and faces.distance is not None and faces.distance > MAX_DISTANCE:
        what = f"distance {faces.distance:g} is larger than the gateway's maximum, however few faces are enrolled"
        mend = f"{MAX_DISTANCE} is used: leave it out, and see `anju faces calibrate`"
        document.add_hint(("vision", "faces", "distance"), what, mend)


def hint_devices(document: Document, found: LoadedDevices) -> None:
    """The hints that each driver's settings give."""
    for loc, entry in zip(found.locs, found.entries, strict=True):
        for what, mend, at in entry.settings.hints():
            document.add_hint((*loc, *at), what, mend)
