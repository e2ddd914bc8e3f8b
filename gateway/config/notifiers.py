"""Reads the list `notifiers` of desk.yaml: each entry has the keys of all notifiers and those of its kind."""

from __future__ import annotations

from gateway.config.configuration import NotifierEntry
from gateway.config.desk.notifiers import NotifierCommon
from gateway.config.document import Document
from gateway.config.entries import UniqueIds, listed_rows, read_entry
from gateway.config.kinds import find_notifier
from gateway.notifier import NotifierSettings
from gateway.settings.context import Context

NOTIFIERS = "notifiers"


def read_notifiers(document: Document | None, context: Context) -> tuple[NotifierEntry, ...]:
    """Read every entry; mistakes are added to the document."""
    if document is None or not isinstance(document.tree, dict):
        return ()
    listed = document.tree.get(NOTIFIERS, [])
    if not isinstance(listed, list):
        document.add_mistake((NOTIFIERS,), f"{NOTIFIERS!r} is no list", "write '- id: …' and its keys below")
        return ()
    found, ids = [], UniqueIds(document)
    for loc, row in listed_rows(document, NOTIFIERS):
        ids.add(row.get("id"), (*loc, "id"))
        entry = read_entry(document, loc, row, NotifierCommon, find_notifier, context)
        if entry.common and entry.kind and isinstance(entry.settings, NotifierSettings):
            found.append(NotifierEntry(entry.common, entry.kind, entry.settings))
    return tuple(found)
