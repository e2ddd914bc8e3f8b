"""Cleans the `data` of a report in our own MQTT format: keeps what the journal can hold, within a limit. No I/O."""

from __future__ import annotations

import itertools
import json
import math
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from gateway.model import Words

MAX_DATA_BYTES = 16 * 1024
"""Bytes of JSON that `data` may have; a picture belongs to a camera."""
MAX_DATA_DEPTH = 16
"""Levels of nesting that `data` may have."""
SNAPSHOT = "snapshot"
_MAX_SHOWN = 64
"""Characters of a value or a name that an error shows."""
_MAX_NAMES = 8
_UNUSABLE: Any = object()


def read_data(given: Any, wrong: list[Words]) -> dict[str, Any]:
    """The usable values of `data`; what could not be used is explained in `wrong`."""
    if not isinstance(given, dict):
        wrong.append(unusable("data", given, "JSON 对象", "a JSON object"))
        return {}
    lost = [SNAPSHOT] if SNAPSHOT in given else []  # the intake drops it: only the gateway names a picture
    usable = {
        clean_text(name): value
        for name, each in given.items()
        if name != SNAPSHOT and (value := _usable(each, name, lost)) is not _UNUSABLE
    }
    if lost:
        names = _names(lost)
        wrong.append(Words(f"data 中不能用的值：{names}", f"data: values that can't be used: {names}"))
    kept = dict(_within_limit(usable))
    if len(kept) < len(usable):
        names = _names(usable.keys() - kept.keys())
        zh, en = (
            f"data 超过 {MAX_DATA_BYTES} 字节，去掉了 {names}",
            f"data: over {MAX_DATA_BYTES} bytes, without {names}",
        )
        wrong.append(Words(zh, en))
    return {name: kept[name] for name in usable if name in kept}  # in the device's order


def _usable(value: Any, path: str, lost: list[str], levels: int = MAX_DATA_DEPTH) -> Any:
    """The value without what the journal can't hold, whose paths are added to `lost`; _UNUSABLE if nothing is left."""
    if (isinstance(value, float) and not math.isfinite(value)) or (isinstance(value, dict | list) and not levels):
        lost.append(path)
        return _UNUSABLE
    match value:
        case str():
            return clean_text(value)
        case int() if not isinstance(value, bool) and abs(value) >= 2**63:  # beyond SQLite's integers
            return str(value)
        case dict():
            items = ((name, _usable(each, f"{path}.{name}", lost, levels - 1)) for name, each in value.items())
            return {clean_text(name): usable for name, usable in items if usable is not _UNUSABLE}
        case list():
            found = [_usable(each, f"{path}[{at}]", lost, levels - 1) for at, each in enumerate(value)]
            return [None if each is _UNUSABLE else each for each in found]  # None, for positions in a list have meaning
    return value


def clean_text(text: str) -> str:
    """The text with each lone surrogate, half a character, replaced by `?`."""
    return text.encode(errors="replace").decode()


def _within_limit(data: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """The smallest values first, until the limit: the number of a zone matters more than a picture in Base64."""
    room = MAX_DATA_BYTES - 2
    sized = [
        (len(json.dumps({name: value}, ensure_ascii=False).encode(errors="replace")), name)
        for name, value in data.items()
    ]
    for size, name in sorted(sized):
        if size > room:
            return
        room -= size
        yield name, data[name]


def _names(paths: Iterable[str]) -> str:
    return ", ".join(clean_text(path)[:_MAX_SHOWN] for path in itertools.islice(paths, _MAX_NAMES))


def unusable(key: str, value: Any, zh: str, en: str) -> Words:
    """Explains a value that can't be used; `zh` and `en` say what it should be."""
    shown = type(value).__name__ if isinstance(value, dict | list) else ascii(value)[:_MAX_SHOWN]
    return Words(f"{key} 不能用：{shown}（应为{zh}）", f"{key} can't be used: {shown} (it is to be {en})")
