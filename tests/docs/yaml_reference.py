"""docs/yaml-reference.md, made of the JSON Schemas that `anju check --schema` writes."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from gateway.config.kinds import find_rule
from gateway.config.schema import schemas
from gateway.model import ALARM_KINDS

Schema = Mapping[str, Any]

HEAD = """\
# YAML reference

<!-- Made by `make docs` from the settings classes. Edit their `Field(description=…)`, not this page. -->

Every key of the files. Commented starting points are in [`config/`](../config/), and a worked example of each
kind of device is in [`config/examples/`](../config/examples/). `anju check FOLDER` reports every mistake with its line
and the fix; `config/schema/*.json` holds the same keys for editors.

How values are written:

| value | written as |
|---|---|
| duration | `500ms`, `30s`, `5m`, `2h`, `90d`, or several of them: `1h30m` |
| secret | `!secret NAME`: its value is in `secrets.yaml` beside the files (mode 0600) or a systemd credential |
| address to listen on | `127.0.0.1:8080`: this machine alone; `0.0.0.0:8443`: every network card |
| serial port | `/dev/serial/by-id/…` of this machine, or `tcp://HOST:PORT` of a converter to Ethernet |
| place | a path of `compound.yaml`, such as `gate/east` or `b3/u1/1502` |
| name | a text, or `{zh: 东门, en: East gate}` |
| severity | `critical`, `high`, `medium`, `low`; where `off` is listed too, it switches the alert off |
"""

USUAL = {
    "name": "what the guard reads",
    "place": "a place of compound.yaml; left out: that of the device it belongs to",
    "type": "what it is to the guard",
    "user": "the name to sign in with",
    "password": "as `!secret NAME`",
    "host": "address or name",
    "zones": "its zones (防区), each a device of its own",
    "send": "what is sent",
    "every": "how often",
    "baud": "speed of the line, as set at the device",
    "data_bits": "of a byte, as set at the device",
    "parity": "as set at the device",
    "stop_bits": "as set at the device",
}
"""What keys mean that have no description in their model, because they mean the same everywhere."""

MEANINGS = {
    "residents: privacy.consents.NAME.zh": "the wording in Chinese",
    "residents: privacy.consents.NAME.en": "the wording in English",
    "residents: care.steps[].severity": "of its alert",
    "residents: care.starting_points[].id": "of your choice",
    "compound: mqtt.broker.port": "of the broker",
    "compound: retention.signals": "what devices reported, and decisions at doors; what an alert is based on stays",
    "compound: retention.snapshots": "pictures; those of alerts stay",
    "compound: retention.quarantine": "what could not be read",
    "compound: buildings[].id": "begins the paths of its places, such as b3",
    "dc09_receiver: accounts": "the panels that report here",
    "framed_serial: clock.timezone": "of the host's clock",
    "framed_serial: frame.escape": "where bytes like start are sent as two",
    "framed_serial: frame.escape.byte": "the escape byte, such as '7D'",
    "framed_serial: frame.length.width": "its bytes",
    "framed_serial: frame.length.order": "which of its bytes comes first",
    "framed_serial: acknowledge[].send.raw": "bytes that are sent as they stand, without a frame around them",
    "framed_serial: poll.send.raw": "bytes that are sent as they stand, without a frame around them",
    "framed_serial: commands.NAME.send.raw": "bytes that are sent as they stand, without a frame around them",
    "framed_serial: commands.NAME.arguments": "what the command takes, by name",
    "framed_serial: commands.NAME.arguments.NAME.least": "the smallest value",
    "framed_serial: commands.NAME.arguments.NAME.most": "the largest value",
    "framed_serial: commands.NAME.arguments.NAME.default": "where the command does not say",
    "framed_serial: examples[].bytes": "the frame, as the manual prints it",
    "http_push: clock.timezone": "of times that name none",
    "modbus_io: units": "the modules on the line",
    "modbus_io: interlocks": "fire linkage: what an input opens and holds open",
    "modbus_io: units[].inputs": "its dry contacts",
    "modbus_io: units[].outputs": "its relays",
    "modbus_io: units[].barriers": "the gate barriers on it",
    "modbus_io: units[].inputs[].means": "the kind of signal when it leaves its rest, or both kinds",
    "modbus_io: units[].barriers[].inputs": "what the barrier feels",
    "modbus_io: units[].barriers[].outputs.stop": "the coil that stops the arm",
    "modbus_io: units[].barriers[].inputs.opened.normally": "how the contact is at rest",
    "mqtt_mapped: commands": "what the device can be told, by name",
    "mqtt_mapped: states[].above": "it holds while the value is above this number",
    "mqtt_mapped: states[].below": "it holds while the value is below this number",
    "mqtt_mapped: events[].kind": "the kind of signal",
    "mqtt_mapped: commands.NAME.topic": "where the command is published",
    "mqtt_mapped: commands.NAME.payload": "what is published",
    "osdp_readers: readers": "the readers on the line",
    "sip_intercom: stations": "the door stations that may call",
    "sip_intercom: stations[].unlock": "how the door there is opened",
    "syslog_lines: senders": "devices that write here, each a device of its own",
    "syslog_lines: senders[].id": "what it is called in rules and in the guard room",
    "doorway: forced": "a door that was forced open",
    "doorway: held": "a door that stands open too long",
    "doorway: denied": "cards that were refused too often",
    "desk: notifiers": "how people outside are told; further keys by kind",
    "smtp: user": "to sign in with, if the server wants it",
    "mqtt: port": "8883 with TLS at most brokers",
    "sms_gateway: request.success": "what of the answer means that it was taken",
    "report: severity": "of a report, where `severities` does not say otherwise",
}
"""Keys whose models give no description yet, as `KIND: PATH`. A description in the model goes before it."""

_DURATION = re.compile(r"P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:([\d.]+)S)?)?")
_SEVERITIES = {1: "low", 2: "medium", 3: "high", 4: "critical"}


def page() -> str:
    """The whole page."""
    found = schemas()
    parts = [HEAD, *_sections("compound", found["compound"])]
    parts += _entries("devices", "kind of device", found["devices"])
    parts += _entries("rules", "kind of rule", found["rules"])
    parts += _sections("desk", found["desk"])
    parts += _notifiers(found["desk"])
    parts += _sections("plan", found["plan"])
    parts += _sections("access", found["access"])
    parts += _sections("residents", found["residents"])
    return "\n".join(parts).rstrip() + "\n"


def _sections(file: str, schema: Schema) -> Iterator[str]:
    yield f"## {file}.yaml\n"
    yield from _Section(schema.get("$defs", {}), "" if file == "compound" else file).render("", schema, 3)


def _entries(key: str, what: str, schema: Schema) -> Iterator[str]:
    entry, definitions = schema["properties"][key]["items"], schema["$defs"]
    kinds = {each["if"]["properties"]["kind"]["const"]: each["then"] for each in entry["allOf"]}
    links = ", ".join(f"[`{kind}`](#{key}-{kind})" for kind in kinds)
    yield f"## {key}.yaml\n\nOne key, `{key}`: a list. Every entry has these keys, and those of its kind: {links}.\n"
    yield from _Section(definitions, "").render("", entry, 3)
    for kind, then in kinds.items():
        yield f'<a id="{key}-{kind}"></a>\n\n### {what} `{kind}`\n'
        if key == "devices":
            yield f"Example: [`config/examples/{kind}.yaml`](../config/examples/{kind}.yaml).\n"
        else:
            yield _answers_for(kind)
        own = {name: value for name, value in then.get("properties", {}).items() if isinstance(value, dict)}
        yield from _Section(definitions, kind).render("", {**then, "properties": own}, 4)


def _notifiers(schema: Schema) -> Iterator[str]:
    """The keys of each kind of notifier; those that all have are in the section `notifiers[]`."""
    for each in schema["properties"]["notifiers"]["items"]["allOf"]:
        kind, then = each["if"]["properties"]["kind"]["const"], each["then"]
        yield f'<a id="notifiers-{kind}"></a>\n\n### notifier `{kind}`\n'
        yield f"{_sentence(then.get('description', ''))}\n"
        own = {name: value for name, value in then.get("properties", {}).items() if isinstance(value, dict)}
        yield from _Section(schema["$defs"], kind).render("", {**then, "properties": own}, 4)


def _answers_for(kind: str) -> str:
    """The alarms that a rule takes care of; one that no rule answers for raises an alert of its own."""
    alarms = sorted(ALARM_KINDS.intersection(find_rule(kind).KINDS))
    return f"Answers for: {', '.join(f'`{alarm}`' for alarm in alarms) or 'no alarm'}.\n"


_PLAIN = {"string": "text", "boolean": "`true` `false`"}


class _Section:
    """The tables of one file or of one kind: its own keys, then those of every section inside it."""

    def __init__(self, definitions: Schema, kind: str) -> None:
        self._definitions = definitions
        self._kind = kind
        self._shown: dict[str, str] = {}
        """Definition → the section that already shows it."""

    def render(self, path: str, schema: Schema, level: int) -> Iterator[str]:
        properties, required = schema.get("properties", {}), schema.get("required", ())
        if not properties:
            yield "It has no keys of its own.\n"
            return
        yield "| key | value | default | meaning |\n|---|---|---|---|"
        inner: list[tuple[str, Schema]] = []
        for name, field in properties.items():
            section = self._section_of(field)
            if section:
                inner.append((f"{path}{name}{section[0]}", section[1]))
            default = "**required**" if name in required else _default(field)
            yield f"| `{name}` | {_cell(self._type(field))} | {default} | {_cell(self._meaning(path, name, field))} |"
        yield ""
        for inside, section_schema in inner:
            yield from self._inner(inside, section_schema, level)

    def _inner(self, path: str, schema: Schema, level: int) -> Iterator[str]:
        name = schema.get("x-name", "")
        if name and name in self._shown:
            yield f"`{path}` has the keys of `{self._shown[name]}`.\n"
            return
        if name:
            self._shown[name] = path
        whose = f" of `{self._kind}`" if self._kind else ""
        yield f"{'#' * min(level, 6)} `{path}`{whose}\n"
        if schema.get("description"):
            yield f"{_sentence(schema['description'])}\n"
        yield from self.render(f"{path}.", schema, min(level + 1, 6))

    def _resolved(self, schema: Schema) -> Schema:
        reference = schema.get("$ref")
        if not reference:
            return schema
        name = reference.rpartition("/")[2]
        return {"x-name": name, **self._definitions[name]}

    def _section_of(self, field: Schema) -> tuple[str, Schema] | None:
        """What is appended to the key (`[]` for a list) and the schema of the section that a field holds, if any."""
        field = self._resolved(field)
        for choice in field.get("anyOf", field.get("oneOf", ())):
            if (found := self._section_of(choice)) is not None:
                return found
        if field.get("type") == "array":
            inside = self._section_of(field.get("items", {}))
            return (f"[]{inside[0]}", inside[1]) if inside else None
        values = field.get("additionalProperties")
        if isinstance(values, dict) and "properties" not in field:
            inside = self._section_of(values)
            return (f".NAME{inside[0]}", inside[1]) if inside else None
        is_name = set(field.get("properties", {})) == {"zh", "en"}
        return ("", field) if field.get("properties") and not is_name else None

    def _type(self, field: Schema) -> str:
        field = self._resolved(field)
        if "enum" in field or "const" in field:
            return " ".join(f"`{value}`" for value in field.get("enum", [field.get("const")]))
        if field.get("pattern", "").startswith("^([0-9]{1,6}(d|h"):
            return "duration"
        choices = [each for each in field.get("anyOf", field.get("oneOf", ())) if each.get("type") != "null"]
        if choices:
            return " or ".join(dict.fromkeys(self._type(each) for each in choices))
        return self._container(field) or _PLAIN.get(field.get("type", ""), "") or _number(field)

    def _container(self, field: Schema) -> str:
        """The type of a list or an object; empty for anything else."""
        match field:
            case {"type": "array", "items": items}:
                inside = self._type(items)
                return "list of sections" if inside == "section" else f"list of {inside}"
            case {"type": "array"}:
                return "list"
            case {"type": "object", "properties": {"zh": _, "en": _}}:
                return "name"
            case {"type": "object", "additionalProperties": dict(values)}:
                return f"name: {self._type(values)}"
            case {"type": "object"}:
                return "section"
        return ""

    def _meaning(self, path: str, name: str, field: Schema) -> str:
        described = field.get("description") or self._resolved(field).get("description")
        meaning = described or MEANINGS.get(f"{self._kind or 'compound'}: {path}{name}") or USUAL.get(name, "")
        return _sentence(meaning)


def _number(field: Schema) -> str:
    if field.get("type") not in {"integer", "number"}:
        return "a pattern" if "pattern" in field else "any value"
    word = "whole number" if field["type"] == "integer" else "number"
    low = field.get("minimum", field.get("exclusiveMinimum"))
    high = field.get("maximum", field.get("exclusiveMaximum"))
    match low, high:
        case None, None:
            return word
        case _, None:
            return f"{word}, {'more than' if 'exclusiveMinimum' in field else 'at least'} {_plain(low)}"
        case None, _:
            return f"{word}, up to {_plain(high)}"
    return f"{word}, {'more than ' if 'exclusiveMinimum' in field else ''}{_plain(low)} to {_plain(high)}"


def _plain(value: float) -> str:
    return str(int(value)) if value == int(value) else f"{value:g}"


def _default(field: Schema) -> str:
    default = field.get("default")
    if default is None or default in ([], {}, ""):
        return ""
    if isinstance(default, dict):
        return ""  # a section: its own table has the defaults
    if isinstance(default, int) and "critical" in field.get("enum", ()):
        return f"`{_SEVERITIES[default]}`"
    if isinstance(default, str) and (duration := _DURATION.fullmatch(default)) and default != "P":
        return f"`{_short(*duration.groups())}`"
    shown = default if isinstance(default, str) else json.dumps(default, ensure_ascii=False)
    return f"`{shown}`"


def _short(days: str | None, hours: str | None, minutes: str | None, seconds: str | None) -> str:
    """An ISO 8601 duration the way it is written in YAML."""
    if seconds and "." in seconds:
        return f"{round(float(seconds) * 1000)}ms"
    pairs = ((days, "d"), (hours, "h"), (minutes, "m"), (seconds, "s"))
    return "".join(f"{number}{unit}" for number, unit in pairs if number) or "0s"


def _sentence(text: str) -> str:
    return " ".join(text.split())


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("<", "&lt;")
