"""rules.yaml: what raises an alert, and how."""

from __future__ import annotations

import hashlib
import inspect
import json
from functools import cache
from typing import Annotated, Any

from pydantic import AfterValidator, Field

from gateway.config.configuration import RuleEntry
from gateway.config.devices import Id
from gateway.config.document import Document
from gateway.config.entries import Ids, read_entry, rows
from gateway.config.kinds import find_rule
from gateway.rule import Rule, RuleSettings
from gateway.settings.context import Context
from gateway.settings.mend import Wrong
from gateway.settings.section import Section

OF_THE_GATEWAY = frozenset({"ahead", "certificate", "gateway", "storage", "uncovered", "unrecorded"})
"""Names under which the gateway raises alerts of its own."""


def _is_free(value: str) -> str:
    if value in OF_THE_GATEWAY:
        raise Wrong(f"id {value!r} is that of the gateway's own alerts", "choose another")
    return value


class RuleCommon(Section):
    """What every rule may say."""

    id: Annotated[Id, AfterValidator(_is_free), Field(description="short and lasting; an alert carries it")]
    kind: Annotated[str, Field(description="the family: rules/<kind>.py, or a third party's module with a dot")]


class RulesFile(Section):
    """rules.yaml"""

    rules: list[Any]


def read_rules(document: Document, context: Context) -> tuple[RuleEntry, ...]:
    """Every entry of rules.yaml; the mistakes stand in the document."""
    found = []
    ids = Ids(document)
    for loc, row in rows(document, RulesFile, "rules", context):
        ids.take(row.get("id"), (*loc, "id"))
        entry = read_entry(document, loc, row, RuleCommon, find_rule, context)
        if entry.common and entry.kind and isinstance(entry.settings, RuleSettings):
            mark = fingerprint(entry.common.kind, entry.kind, entry.settings)
            found.append(RuleEntry(entry.common.id, entry.kind, entry.settings, mark))
    return tuple(found)


def fingerprint(kind: str, rule: type[Rule], settings: RuleSettings) -> str:
    """SHA-256 over the kind, the settings and the source of the rule's module."""
    body = json.dumps([kind, settings.model_dump(mode="json"), _source(rule)], sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(body.encode()).hexdigest()


@cache
def _source(rule: type[Rule]) -> str:
    """Read once, when the class is first met: a package that is exchanged meanwhile runs with the next start."""
    module = inspect.getmodule(rule)
    try:
        return inspect.getsource(module) if module else ""
    except OSError:
        return ""  # a module without source changes with its package only
