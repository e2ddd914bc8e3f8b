"""Findings as YAML for devices.yaml: every password is a `!secret`, every place is the installer's to say."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence

from gateway.cli.discover.finding import Finding, Secret, Value

PLACE = "fill-in"
_HEAD = f"""\
# Found by `anju discover`. Give each device its place (one of compound.yaml, instead of {PLACE}), and move it
# to devices.yaml.
"""


def stubs(findings: Sequence[Finding]) -> str:
    """A whole file; `anju check` points at what is still to be filled in."""
    return "\n".join(["\n".join([_HEAD.rstrip(), *_secrets(findings)]), "devices:", *_entries(findings), ""])


def _secrets(findings: Sequence[Finding]) -> Iterator[str]:
    """The names secrets.yaml must have, for copying."""
    names = [name for finding in findings for values in (finding.entry, *finding.more) for name in _named(values)]
    if names:
        yield "# secrets.yaml (chmod 600) needs:"
        yield from (f"#   {name}: …" for name in dict.fromkeys(names))


def _named(values: Mapping[str, Value]) -> Iterator[str]:
    yield from (value.name for value in values.values() if isinstance(value, Secret))


def _entries(findings: Sequence[Finding]) -> Iterator[str]:
    for finding in findings:
        yield from (f"  # {_one_line(note)}" for note in (finding.what, *finding.notes) if note)
        common = {"id": finding.id, "kind": finding.kind, "name": finding.name, "place": PLACE}
        yield from _mapping({**common, **finding.entry}, "  ")
        for values in finding.more:
            yield from _mapping({"place": PLACE, **values}, "#  ")


def _mapping(values: Mapping[str, Value], margin: str) -> Iterator[str]:
    for number, (key, value) in enumerate(values.items()):
        yield f"{margin}{'  ' if number else '- '}{key}: {_scalar(value)}"


def _scalar(value: Value) -> str:
    """JSON's strings are YAML's."""
    if isinstance(value, Secret):
        return f"!secret {value.name}"
    return json.dumps(value, ensure_ascii=False)


def _one_line(text: str) -> str:
    return "".join(character if character.isprintable() else " " for character in text)
