"""Findings as YAML for devices.yaml: every password is a `!secret`, every place is the installer's to say."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence

from gateway.cli.discover.results import DiscoveredDevice, Nested, SecretRef, Value

PLACE = "fill-in"
_HEAD = f"""\
# Found by `anju discover`. Give each device its place (one of compound.yaml, instead of {PLACE}), and move it
# to devices.yaml.
"""


def stubs(findings: Sequence[DiscoveredDevice]) -> str:
    """A whole file; `anju check` points at what is still to be filled in."""
    return "\n".join(["\n".join([_HEAD.rstrip(), *_secrets(findings)]), "devices:", *_entries(findings), ""])


def _secrets(findings: Sequence[DiscoveredDevice]) -> Iterator[str]:
    """The names secrets.yaml must have, for copying."""
    names = [name for finding in findings for values in (finding.entry, *finding.more) for name in _named(values)]
    if names:
        yield "# secrets.yaml (chmod 600) needs:"
        yield from (f"#   {name}: …" for name in dict.fromkeys(names))


def _named(values: Mapping[str, Value]) -> Iterator[str]:
    yield from (value.name for value in values.values() if isinstance(value, SecretRef))


def _entries(findings: Sequence[DiscoveredDevice]) -> Iterator[str]:
    for finding in findings:
        yield from (f"  # {_one_line(note)}" for note in (finding.what, *finding.notes) if note)
        common = {"id": finding.id, "kind": finding.kind, "name": finding.name, "place": PLACE}
        yield from _mapping({**common, **finding.entry}, "  ")
        for values in finding.more:
            yield from _mapping({"place": PLACE, **values}, "#  ")


def _mapping(values: Mapping[str, Value], margin: str) -> Iterator[str]:
    """A row with rows in it is written out; one without stands on one line where it is in another."""
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
    """JSON's strings are YAML's."""
    return json.dumps(value, ensure_ascii=False)


def _one_line(text: str) -> str:
    return "".join(character if character.isprintable() else " " for character in text)
