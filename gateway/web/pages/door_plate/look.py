"""A look at a household: its reason, and its row in the audit, which comes before anything is shown."""

from __future__ import annotations

import re
from dataclasses import dataclass

from gateway.auth.identity import Identity
from gateway.model import Step
from gateway.store import audit
from gateway.web.pages.door_plate.plate_page import printable
from gateway.web.pages.door_plate.staff_texts import REASONS
from gateway.web.pages.form import Form
from gateway.web.services import Services

HOUSEHOLD = "household-view"
_MAX_NOTE, _MAX_DOCUMENT = 100, 60
_PHONE = re.compile(r"\d{7,}")


class LookFault(Exception):
    """A look without what it needs; `text` is the name of the text that says what."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.text = text


@dataclass(frozen=True, slots=True)
class Look:
    """`document`: the number of the legal document by which the residents are not shown this look."""

    reason: str
    note: str = ""
    document: str = ""


def read_look(form: Form, *, may_hide: bool) -> Look:
    """The reason in the form. Raises LookFault."""
    reason = form.fields.get("reason", "")
    note, document = (" ".join(printable(form.fields.get(name, "")).split()) for name in ("note", "document"))
    if reason not in REASONS or (reason == "other" and len(note) < 2):
        raise LookFault("no_reason")
    # The audit keeps the note for years: a phone number has no place there.
    note = _PHONE.sub("…", note[:_MAX_NOTE])
    if not form.fields.get("hide") or not may_hide:
        return Look(reason, note)
    if not document:
        raise LookFault("no_document")
    return Look(reason, note, document[:_MAX_DOCUMENT])


async def record_look(services: Services, identity: Identity, place: str, look: Look) -> None:
    """Write the look into the audit. Raises NotRecorded; then nothing may be shown.

    The residents see rows without `hidden`; that one holds the number of the document that the law asks for.
    """
    said = REASONS[look.reason].zh
    data = {"place": place, "role": identity.role.value, "reason": look.reason}
    if look.document:
        data["hidden"] = look.document
    step = Step("", HOUSEHOLD, identity.user, services.now(), f"{said}：{look.note}" if look.note else said, data)
    await services.store.write(lambda connection: audit.append(connection, step))
