"""What may be right and is more often a mistake: shown by `anju check`, and nothing is refused for it."""

from __future__ import annotations

from datetime import datetime

from gateway.config.certificate_validity import Validity
from gateway.config.compound import CompoundSettings, certificates_of
from gateway.config.devices import DevicesFound
from gateway.config.document import Document
from gateway.vision.face_matching import MAX_DISTANCE


def hint_certificates(document: Document, compound: CompoundSettings | None, now: datetime) -> None:
    """Certificates of our own doors that have expired or soon will. A gateway must start with them all the same."""
    for key, tls in certificates_of(compound).items() if compound else ():
        try:
            trouble = Validity.of(tls.certificate).trouble(now)
        except (OSError, ValueError):
            continue  # whether it can be read is told as a mistake
        if trouble is not None:
            document.hint((*key.split("."), "certificate"), f"{tls.certificate.name}: {trouble}", "renew it")


def hint_faces(document: Document, compound: CompoundSettings | None) -> None:
    """A distance that the gateway narrows by itself."""
    faces = compound.vision.faces if compound else None
    if faces is not None and not faces.recogniser and faces.distance is not None and faces.distance > MAX_DISTANCE:
        what = f"distance {faces.distance:g} is wider than the gateway goes, however few are enrolled"
        mend = f"it takes {MAX_DISTANCE}: leave it out, and see `anju faces calibrate`"
        document.hint(("vision", "faces", "distance"), what, mend)


def hint_devices(document: Document, found: DevicesFound) -> None:
    """What each driver's settings say of themselves."""
    for loc, entry in zip(found.locs, found.entries, strict=True):
        for what, mend, at in entry.settings.hints():
            document.hint((*loc, *at), what, mend)
