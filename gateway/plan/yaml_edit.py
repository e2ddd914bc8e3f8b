"""Puts positions of devices into the text of plan.yaml; comments, order and all other keys stay."""

from __future__ import annotations

import re
from collections.abc import Mapping
from io import StringIO

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap
from ruamel.yaml.error import CommentMark, YAMLError
from ruamel.yaml.tokens import CommentToken

NEW_FILE = """\
# yaml-language-server: $schema=schema/plan.json
#
# The plan (电子地图). Positions of devices as they were set in the console.
"""
_ORDER = ("drawing", "x", "y", "direction", "view", "range")

DeviceKeys = Mapping[str, str | float]
"""The keys of one device's position, as they are written."""


def with_positions(text: str, devices: Mapping[str, DeviceKeys | None]) -> str:
    """The text with these devices' positions; None removes one. Raises YAMLError for a text that is no
    plan.yaml.
    """
    line_end = "\r\n" if "\r\n" in text else "\n"
    text = text.replace("\r\n", "\n") or NEW_FILE
    yaml = _round_trip(text)
    tree = yaml.load(text)
    if tree is None:  # only comments, which ruamel.yaml would drop
        return _appended(text, devices).replace("\n", line_end)
    if not isinstance(tree, CommentedMap):
        raise YAMLError("holds no keys")
    _change(_section(tree), devices)
    out = StringIO()
    yaml.dump(tree, out)
    return out.getvalue().replace("\n", line_end)


def _round_trip(text: str) -> YAML:
    yaml = YAML()
    yaml.preserve_quotes = True
    yaml.width = 10_000  # no line is folded
    # As the file is indented already: "  - id" below a key, or "- id".
    is_flush = re.search(r"(?m)^[^\s#-][^\n]*:[^\n]*\n(?:\s*(?:#[^\n]*)?\n)*- ", text) is not None
    yaml.indent(mapping=2, sequence=2 if is_flush else 4, offset=0 if is_flush else 2)
    return yaml


def _section(tree: CommentedMap) -> CommentedMap:
    devices = tree.get("devices")
    if devices is None:
        devices = CommentedMap()
        tree["devices"] = devices
    if not isinstance(devices, CommentedMap):
        raise YAMLError("'devices' holds no keys")
    return devices


def _change(section: CommentedMap, devices: Mapping[str, DeviceKeys | None]) -> None:
    if not section:
        section.fa.set_block_style()  # from `devices: {}`
    for device, keys in devices.items():
        if keys is None:
            _remove(section, device)
        elif isinstance(present := section.get(device), CommentedMap):
            _update(section, device, present, keys)
        else:
            _append(section, device, _flow(keys))
    if not section:
        section.fa.set_flow_style()


def _update(section: CommentedMap, device: str, present: CommentedMap, keys: DeviceKeys) -> None:
    rest = _take_rest(section, device)
    for key in [key for key in present if key not in keys]:
        del present[key]
    for key in _ORDER:
        if key in keys and present.get(key) != keys[key]:
            present[key] = keys[key]
    _give_rest(section, device, rest)


def _remove(section: CommentedMap, device: str) -> None:
    if device not in section:
        return
    rest, names = _take_rest(section, device), list(section)
    del section[device]
    if (index := names.index(device)) > 0:
        _give_rest(section, names[index - 1], rest)


def _append(section: CommentedMap, device: str, entry: CommentedMap) -> None:
    """Add the device after the last one, before the empty lines and comments that lead to the next key."""
    rest = _take_rest(section, next(reversed(section))) if section else ""
    section[device] = entry
    _give_rest(section, device, rest)


def _take_rest(section: CommentedMap, device: str) -> str:
    """Cut off the empty lines and comments that follow an entry; the comment in its own last line stays.

    ruamel.yaml keeps them with the entry, or with the last key of its value.
    """
    for holder, key in _holders(section, device):
        token = holder.ca.items.get(key, [None] * 4)[2]
        if token is not None and "\n" in token.value:
            own, _, rest = token.value.partition("\n")
            token.value = own + "\n"
            return str(rest)
    return ""


def _give_rest(section: CommentedMap, device: str, rest: str) -> None:
    """Put empty lines and comments after an entry."""
    if not rest:
        return
    holders = _holders(section, device)
    for holder, key in holders:
        token = holder.ca.items.get(key, [None] * 4)[2]
        if token is not None:
            token.value = token.value.rstrip("\n") + "\n" + rest
            return
    holder, key = holders[0] if holders[-1][0].fa.flow_style() else holders[-1]
    holder.ca.items[key] = [None, None, CommentToken("\n" + rest, CommentMark(0)), None]


def _holders(section: CommentedMap, key: str) -> list[tuple[CommentedMap, str]]:
    """The mappings and keys at which what follows an entry may be kept, from the outside."""
    found = [(section, key)]
    value = section[key]
    while isinstance(value, CommentedMap) and value:
        key = next(reversed(value))
        found.append((value, key))
        value = value[key]
    return found


def _flow(keys: DeviceKeys) -> CommentedMap:
    entry = CommentedMap((key, keys[key]) for key in _ORDER if key in keys)
    entry.fa.set_flow_style()
    return entry


def _appended(text: str, devices: Mapping[str, DeviceKeys | None]) -> str:
    tree = CommentedMap(devices=CommentedMap())
    _change(tree["devices"], devices)
    out = StringIO()
    _round_trip(text).dump(tree, out)
    return f"{text.rstrip()}\n\n{out.getvalue()}"


__all__ = ["NEW_FILE", "DeviceKeys", "YAMLError", "with_positions"]
