"""JSON Schemas (draft 2020-12) of the files, for completion and checks in an editor.

An entry's kind decides which further keys it has: one `if`/`then` for each kind. A dotted kind is a third party's, and
any keys are allowed. `anju check` checks more (places, ids, files).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from gateway.config.access import AccessSettings
from gateway.config.compound import CompoundSettings
from gateway.config.desk import DeskSettings
from gateway.config.desk.notifiers import NotifierCommon
from gateway.config.devices import DeviceCommon
from gateway.config.entries import Kind
from gateway.config.kinds import find_driver, find_notifier, find_rule, known_kinds
from gateway.config.notifiers import NOTIFIERS
from gateway.config.plan import PlanSettings
from gateway.config.residents import ResidentsSettings
from gateway.config.rules import RuleCommon
from gateway.settings.mend import Wrong

DRAFT = "https://json-schema.org/draft/2020-12/schema"
Schema = dict[str, Any]


def schemas() -> dict[str, Schema]:
    """A schema for each file, by the file's stem."""
    return {
        "compound": {"$schema": DRAFT, **_of(CompoundSettings)},
        "devices": _entries("devices", DeviceCommon, _kinds("driver", find_driver)),
        "desk": _desk(),
        "plan": {"$schema": DRAFT, **_of(PlanSettings)},
        "access": {"$schema": DRAFT, **_of(AccessSettings)},
        "residents": {"$schema": DRAFT, **_of(ResidentsSettings)},
        "rules": _entries("rules", RuleCommon, _kinds("rule", find_rule)),
    }


def write_schemas(folder: Path) -> list[Path]:
    """Write one file for each, such as compound.json; returns their paths."""
    folder.mkdir(parents=True, exist_ok=True)
    files = []
    for stem, schema in schemas().items():
        files.append(folder / f"{stem}.json")
        files[-1].write_text(as_text(schema), "utf-8")
    return files


def as_text(schema: Schema) -> str:
    """The schema as JSON text, as it is written to its file."""
    return json.dumps(schema, ensure_ascii=False, indent=2, sort_keys=True) + "\n"


def _desk() -> Schema:
    """The sections of desk.yaml, and its list of notifiers."""
    schema = {"$schema": DRAFT, **_of(DeskSettings)}
    listed = _entries(NOTIFIERS, NotifierCommon, _kinds("notifier", find_notifier))
    schema["properties"][NOTIFIERS] = listed["properties"][NOTIFIERS]
    schema["$defs"] = {**schema.get("$defs", {}), **listed["$defs"]}
    return schema


def _kinds(noun: str, find: Callable[[str], Kind]) -> dict[str, type[BaseModel]]:
    found = {}
    for kind in known_kinds(noun):
        try:
            found[kind] = find(kind).Settings
        except Wrong:
            continue  # a broken module; `anju check` reports it for an entry that uses it
    return found


def _entries(key: str, common: type[BaseModel], kinds: dict[str, type[BaseModel]]) -> Schema:
    definitions: Schema = {}
    entry = _of(common, definitions)
    entry.pop("additionalProperties")
    entry["properties"]["kind"]["anyOf"] = [{"enum": sorted(kinds)}, {"pattern": r"\."}]
    entry["allOf"] = [_then(kind, settings, entry["properties"], definitions) for kind, settings in kinds.items()]
    return {
        "$schema": DRAFT,
        "title": f"{key}.yaml",
        "type": "object",
        "properties": {key: {"type": "array", "items": entry}},
        "required": [key],
        "additionalProperties": False,
        "$defs": definitions,
    }


def _then(kind: str, settings: type[BaseModel], shared: Iterable[str], definitions: Schema) -> Schema:
    schema = _of(settings, definitions, f"{kind}.")
    schema["properties"] = {**dict.fromkeys(shared, True), **schema.get("properties", {})}
    schema["additionalProperties"] = False
    return {"if": {"properties": {"kind": {"const": kind}}, "required": ["kind"]}, "then": schema}


def _of(model: type[BaseModel], definitions: Schema | None = None, prefix: str = "") -> Schema:
    """The schema of a model as it is written in YAML; its `$defs` move to `definitions`, if given."""
    schema: Schema = _plain(model.model_json_schema(ref_template=f"#/$defs/{prefix}{{model}}"))
    if definitions is not None:
        own = schema.pop("$defs", {})
        definitions.update({f"{prefix}{name}": definition for name, definition in own.items()})
    return schema


def _plain(node: Any) -> Any:
    """The schema without titles and without password formats, which make an editor hide what is typed."""
    if isinstance(node, list):
        return [_plain(item) for item in node]
    if not isinstance(node, dict):
        return node
    if "writeOnly" in node:
        node = {key: value for key, value in node.items() if key not in {"writeOnly", "format"}}
    titled = isinstance(node.get("title"), str)
    return {key: _plain(value) for key, value in node.items() if not (titled and key == "title")}
