"""Parses our own MQTT format: `{"kind", "id"?, "at"?, "data"?}`. No I/O.

The kind alone makes an alarm. Whatever else can't be used is left out and named, so that the installer can fix the
device and the guard gets the alarm all the same.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from pydantic import TypeAdapter

from gateway.errors import BadInput
from gateway.model import Json, Words, is_kind
from gateway.protocols.anju_data import clean_text, read_data, unusable
from gateway.protocols.json_text import read_json, text_of
from gateway.settings.signal_kind import GATEWAY_KINDS

MAX_ID_LENGTH = 128
_ID = re.compile(rf"[\x21-\x7e]{{1,{MAX_ID_LENGTH}}}")
_KIND = re.compile(r"""["'“”]?\bkind["'“”]?\s*[:=：]\s*[\["'“”]{0,2}([a-z0-9_.]+)""", re.IGNORECASE)
"""Finds the kind in broken JSON: cut short by a small buffer, in single quotes, or typed on a Chinese keyboard."""
_MAX_SHOWN = 64
"""Characters of a value or a name that an error shows."""
MAX_ERROR_LENGTH = 500
MAX_REPEATED_ID_LENGTH = 4096
_KEYS = frozenset({"kind", "id", "at", "data"})
_DATETIME: TypeAdapter[datetime] = TypeAdapter(datetime)


@dataclass(frozen=True, slots=True)
class DeviceReport:
    """A signal as the device reported it.

    `id` is as the device wrote it, for the acknowledgement: text, a number, or None if there is none to repeat.
    `source_id` is the same as text, None if the journal can't use it. `left_out` says what could not be used,
    `unknown` names the keys that this gateway does not know.
    """

    kind: str
    id: str | int | float | None
    source_id: str | None
    at: datetime | None
    data: Json
    left_out: tuple[Words, ...] = ()
    unknown: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class CommandResult:
    """The device's answer to a command; `error` in the device's own words."""

    id: str
    ok: bool
    error: str = ""
    data: Json = field(default_factory=dict)


def read_result(payload: bytes) -> CommandResult:
    """Parse the answer to a command. Raises BadInput without a usable `id` and `ok`; the rest is used if usable."""
    try:
        message = read_json(text_of(payload))
    except ValueError as error:
        raise BadInput(Words("payload：不是 JSON", f"payload: no JSON ({error})"), payload) from None
    fields = message if isinstance(message, dict) else {}
    match fields.get("id"), fields.get("ok"):
        case str() as command, bool() as ok:
            error_text = clean_text(str(fields["error"]))[:MAX_ERROR_LENGTH] if fields.get("error") else ""
            return CommandResult(command, ok, error_text, read_data(fields.get("data") or {}, []))
    raise BadInput(Words("缺少 id（文本）或 ok（true/false）", "id (text) or ok (true or false) is missing"), payload)


def read_report(payload: bytes) -> DeviceReport:
    """Parse a signal. Raises BadInput where it names no kind that a device may report."""
    text = text_of(payload)
    try:
        message = read_json(text)
    except ValueError as error:
        return _kind_alone(text, payload, Words("JSON 有错误", f"broken JSON ({error})"))
    if isinstance(message, dict) and isinstance(message.get("kind"), str):
        return _whole(message, payload)
    return _kind_alone(text, payload, Words("不是带 kind 的 JSON 对象", "no JSON object with a kind"))


def _whole(message: dict[str, Any], payload: bytes) -> DeviceReport:
    kind = _reportable(message["kind"])
    if kind is None:
        name = repr(message["kind"][:_MAX_SHOWN])
        zh = f"kind：{name} 不是设备可报的信号；设备自定义的以 x. 开头"
        raise BadInput(Words(zh, f"kind: {name} is no kind a device may say; one of its own begins with 'x.'"), payload)
    wrong: list[Words] = []
    given = message.get("id")
    source = _source_id(given, wrong)
    repeated = given if _is_repeatable(given) else None  # for the acknowledgement
    at, data = _at(message.get("at"), wrong), read_data(message.get("data", {}), wrong)
    return DeviceReport(kind, repeated, source, at, data, tuple(wrong), frozenset(message) - _KEYS)


def _kind_alone(text: str, payload: bytes, why: Words) -> DeviceReport:
    """The first kind that is named in unreadable text, or that is the whole text."""
    named = [found[1] for found in _KIND.finditer(text)] or [text.strip("\"' \t\r\n")]
    kind = next((kind for each in named if (kind := _reportable(each))), None)
    if kind is None:
        zh, en = f"{why.zh}，也没有写出信号种类 kind", f"{why.en}, and it names no kind of signal"
        raise BadInput(Words(f"payload：{zh}", f"payload: {en}"), payload)
    return DeviceReport(
        kind, None, None, None, {}, (Words(f"{why.zh}，只用了 kind", f"{why.en}, of which only kind was used"),)
    )


def _reportable(kind: str) -> str | None:
    """The kind, without capitals and surrounding spaces, if a device may report it; else None."""
    kind = kind.strip().lower()
    return kind if is_kind(kind) and kind not in GATEWAY_KINDS else None


def _source_id(given: Any, wrong: list[Words]) -> str | None:
    match given:
        case None:
            return None
        case str() if _ID.fullmatch(given):
            return given
        case bool():  # an int in Python, and no id
            pass
        case int() if 0 <= given < 2**63:
            return str(given)
    wrong.append(
        unusable("id", given, f"1–{MAX_ID_LENGTH} 个 ASCII 字符或非负整数", "1 to 128 ASCII characters, or a number")
    )
    return None


def _is_repeatable(given: Any) -> bool:
    """Whether an acknowledgement can carry it: a device that does not see its own id sends again for ever."""
    match given:
        case str():
            return len(given) <= MAX_REPEATED_ID_LENGTH
        case float():
            return math.isfinite(given)
    return isinstance(given, int)


def _at(given: Any, wrong: list[Words]) -> datetime | None:
    """The device's time in UTC. It is recorded and never relied on: one that can't be read must not cost an alarm."""
    if given is None:
        return None
    try:
        when = None if isinstance(given, bool) else _DATETIME.validate_python(given)
        if when is not None and when.tzinfo is not None:
            return when.astimezone(UTC)
    except (ValueError, OverflowError):
        pass
    wrong.append(unusable("at", given, "带时区的 ISO 8601 时间", "ISO 8601 with an offset"))
    return None
