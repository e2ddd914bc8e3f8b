"""Where personal data is: one list of all tables. Whoever makes a table adds it here; a test fails without.

A deletion and a person's export follow this list. `tests/privacy/test_registry.py` says what is missing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class PersonalTable:
    """A table that holds data about persons, and what a deletion does with it.

    - `person`: the column with the person's id. Rows with it are deleted (`keep_rows` False) and exported.
    - `indexed`: what a query has to say too, so that it is read by an index of part of the table.
    - `actor`: a column that has `resident:<id>` where the person did something themselves; it is emptied of the id.
    - `texts`: columns with text or JSON that may name a person: names, phones, plates and ID numbers are taken out.
    - `sealed`: columns encrypted by the vault; an export opens them.
    - `sealed_texts`: sealed columns that may name others than the row's person; they are opened, cleaned and sealed.
    - `hidden`: columns that an export leaves out, because they are secrets or mean nothing to a person.
    - `left_out_rows`: a column that is true of rows that an export leaves out: whoever forces a person may read it.
    - `plain`: columns that look like names and are none, such as the name of a phone's model.
    """

    table: str
    person: str = ""
    indexed: str = ""
    keep_rows: bool = False
    actor: str = ""
    texts: Sequence[str] = ()
    sealed: Sequence[str] = ()
    sealed_texts: Sequence[str] = ()
    hidden: Sequence[str] = ()
    plain: Sequence[str] = ()
    left_out_rows: str = ""


PERSONAL: Sequence[PersonalTable] = (
    # The register
    PersonalTable("face_templates", person="person", hidden=("photo", "template")),
    PersonalTable("blind_index", person="person", hidden=("digest",)),
    PersonalTable("credentials", person="person", sealed=("value",), hidden=("digest",)),
    PersonalTable("memberships", person="person"),
    PersonalTable("vehicles", person="person", plain=("plate",)),
    PersonalTable(
        "register_changes", person="person", actor="user", texts=("why", "subject_id"), sealed=("before", "after")
    ),
    PersonalTable("consents", person="person", actor="by", sealed=("guardian",)),
    PersonalTable("resident_codes", person="person", hidden=("phone", "code")),
    PersonalTable("resident_keys", person="person", hidden=("id",)),
    PersonalTable("resident_devices", person="person", hidden=("token", "phone"), plain=("name",)),
    PersonalTable(
        "access_log", person="person", keep_rows=True, actor="by", texts=("reason", "holder"), hidden=("holder",)
    ),
    PersonalTable("persons", person="id", sealed=("name", "phone", "id_number", "born")),
    # What residents ask for, are told, and let in
    PersonalTable(
        "resident_requests",
        person="person",
        actor="answered_by",
        sealed=("orders", "answer"),
        sealed_texts=("orders", "answer"),
    ),
    PersonalTable("resident_notices", sealed_texts=("words",), texts=("about",)),
    # All that a resident made goes with them, their visitors' names too.
    PersonalTable(
        "passes",
        person="host",
        indexed="host <> ''",
        actor="made_by",
        sealed=("name", "plate"),
        hidden=("token_id", "token"),
    ),
    PersonalTable("door_plate_hangings", actor="user", plain=("plate",)),
    PersonalTable(
        "door_plate_visits",
        actor="answered_by",
        sealed_texts=("details",),
        hidden=("pass_url",),
        plain=("answer",),
    ),
    PersonalTable("home_codes", person="person", hidden=("digest", "duress"), left_out_rows="duress"),
    PersonalTable("care_plans", person="person"),
    # The flow: rows stay, without who it was
    PersonalTable("journal", texts=("data",), plain=("body",)),
    PersonalTable("decisions", texts=("data",)),
    PersonalTable("alerts", texts=("reason_zh", "reason_en", "key", "assignee")),
    PersonalTable("incidents", texts=("why_zh", "why_en", "remind_note")),
    PersonalTable("incident_alerts", texts=("subjects",)),
    PersonalTable("silences", texts=("reason",)),
    PersonalTable("commands", actor="by", texts=("arguments", "answer")),
    PersonalTable("handovers", texts=("note", "report")),
    PersonalTable("notifications", texts=("body", "why", "reference")),
    PersonalTable("duty_log", texts=("data",)),
    PersonalTable("erasures", texts=("why",), plain=("person",)),
)
"""In the order of a deletion: what refers to a person goes before the person."""

SPECIAL = {
    "steps": "the audit chain: words are taken out by gateway/store/redaction.py, and the chain stays valid",
    "quarantine": "raw bytes of devices: a row that holds the person's data is deleted",
    "search_words": "made from alerts: those that changed are made again",
    "clips": "recordings of alerts about the person are deleted once the law needs them no longer",
    "snapshots": "pictures kept as evidence go with the alert they belong to",
}
"""Tables that a deletion handles in a way of their own."""

NOT_PERSONAL = {
    "alert_signals": "numbers only",
    "checkpoint_codes": "codes of places on a patrol",
    "checkpoints": "states of rules: ids and hashes, written again every few minutes",
    "consent_wordings": "texts that were shown",
    "door_plates": "codes of rooms, not of persons",
    "erasure_alerts": "ids of alerts that a deletion changed",
    "home_told": "how far a household was told",
    "notifier_proofs": "when a channel worked",
    "progress": "how far rules have read",
    "search_alerts": "ids of alerts",
    "search_progress": "how far the index has read",
    "step_redactions": "hashes",
    "web_sessions": "sign-ins of accounts of the guard room, not of residents",
    "web_tokens": "tokens of programs",
    "web_users": "accounts of the guard room, which `anju users` manages",
}
"""Tables without data about residents and visitors, and why."""
