"""Writes discovered devices as YAML for devices.yaml: passwords as `!secret`, places for the installer to fill in."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence

from gateway.cli.discover.results import DiscoveredDevice, Nested, SecretRef, Value

PLACE = "fill-in"
_HEAD = f"""\
# Found by `anju discover`. Give each device its place (one of compound.yaml, instead of {PLACE}), and move it
# to devices.yaml.
"""


def stubs(devices: Sequence[DiscoveredDevice]) -> str:
    """A whole file; `anju check` reports what must still be filled in."""
    return "\n".join(["\n".join([_HEAD.rstrip(), *_secrets(devices)]), "devices:", *_entries(devices), ""])


def _secrets(devices: Sequence[DiscoveredDevice]) -> Iterator[str]:
    """The names that secrets.yaml must have, for copying."""
    names = [
        name for device in devices for values in (device.entry, *device.extra_entries) for name in _secret_names(values)
    ]
    if names:
        yield "# secrets.yaml (chmod 600) needs:"
        yield from (f"#   {name}: …" for name in dict.fromkeys(names))


def _secret_names(values: Mapping[str, Value]) -> Iterator[str]:
    yield from (value.name for value in values.values() if isinstance(value, SecretRef))


def _entries(devices: Sequence[DiscoveredDevice]) -> Iterator[str]:
    for device in devices:
        # Device texts could contain line breaks, and so YAML.
        yield from (f"  # {_one_line(note)}" for note in (device.summary, *device.notes) if note)
        common = {"id": device.id, "kind": device.kind, "name": device.name, "place": PLACE}
        yield from _mapping({**common, **device.entry}, "  ")
        for values in device.extra_entries:
            yield from _mapping({"place": PLACE, **values}, "#  ")


def _mapping(values: Mapping[str, Value], margin: str) -> Iterator[str]:
    """Nested lists are written out; a list item without a nested list is written on one line."""
    for number, (key, value) in enumerate(values.items()):
        begins = f"{margin}{'  ' if number else '- '}{key}:"
        if isinstance(value, SecretRef):
            yield f"{begins} !secret {value.name}"
        elif isinstance(value, Sequence) and not isinstance(value, str):
            yield begins
            for row in value:
                yield from _row(row, f"{margin}    ")
        else:
            yield f"{begins} {_scalar(value)}"


def _row(row: Mapping[str, Nested], margin: str) -> Iterator[str]:
    if any(isinstance(value, list) for value in row.values()):
        yield from _mapping(row, margin)
    else:
        yield f"{margin}- {{{', '.join(f'{key}: {_scalar(value)}' for key, value in row.items())}}}"


def _scalar(value: Nested) -> str:
    """JSON's strings are valid YAML."""
    return json.dumps(value, ensure_ascii=False)


def _one_line(text: str) -> str:
    return "".join(character if character.isprintable() else " " for character in text)
