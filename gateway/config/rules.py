"""Reads rules.yaml."""

from __future__ import annotations

import hashlib
import inspect
import json
from functools import cache
from typing import Annotated, Any

from pydantic import AfterValidator, Field

from gateway.config.configuration import RuleEntry
from gateway.config.document import Document
from gateway.config.entries import UniqueIds, entry_rows, read_entry
from gateway.config.ids import Id
from gateway.config.kinds import find_rule
from gateway.model import DRILL_RULE
from gateway.rule import Rule, RuleSettings
from gateway.settings.context import Context
from gateway.settings.mend import Wrong
from gateway.settings.section import Section

RESERVED_RULE_IDS = frozenset(
    {
        "ahead",
        "attention",
        "care",
        "certificate",
        DRILL_RULE,
        "duty",
        "gateway",
        "home-areas",
        "notifier",
        "patrol",
        "storage",
        "uncovered",
        "unrecorded",
    }
)
"""Rule ids of the gateway's own alerts."""


def _is_free(value: str) -> str:
    if value in RESERVED_RULE_IDS:
        raise Wrong(f"id {value!r} is used for the gateway's own alerts", "choose another")
    return value


class RuleCommon(Section):
    """Keys that every rule has."""

    id: Annotated[Id, AfterValidator(_is_free), Field(description="short and permanent; alerts carry it")]
    kind: Annotated[str, Field(description="the family: rules/<kind>.py, or a third party's module with a dot")]


class RulesFile(Section):
    """rules.yaml"""

    rules: list[Any]


def read_rules(document: Document, context: Context) -> tuple[RuleEntry, ...]:
    """Read every entry of rules.yaml; mistakes are added to the document."""
    found = []
    ids = UniqueIds(document)
    for loc, row in entry_rows(document, RulesFile, "rules", context):
        ids.add(row.get("id"), (*loc, "id"))
        entry = read_entry(document, loc, row, RuleCommon, find_rule, context)
        if entry.common and entry.kind and isinstance(entry.settings, RuleSettings):
            mark = fingerprint(entry.common.kind, entry.kind, entry.settings)
            found.append(RuleEntry(entry.common.id, entry.kind, entry.settings, mark))
    return tuple(found)


def fingerprint(kind: str, rule: type[Rule], settings: RuleSettings) -> str:
    """SHA-256 of the kind, the settings and the source of the rule's module: when it changes, the rule starts anew."""
    body = json.dumps([kind, settings.model_dump(mode="json"), _source(rule)], sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(body.encode()).hexdigest()


@cache
def _source(rule: type[Rule]) -> str:
    # Cached: after an upgrade on disk the file no longer belongs to the class that runs until the next start.
    module = inspect.getmodule(rule)
    try:
        return inspect.getsource(module) if module else ""
    except OSError:
        return ""  # a module without source changes with its package only
