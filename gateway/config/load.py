"""A folder of YAML → Configuration, or every mistake in it at once."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection, Iterable
from datetime import UTC, datetime
from pathlib import Path

from gateway.config.compound import CompoundSettings
from gateway.config.configuration import Configuration
from gateway.config.cross_checks import (
    check_accounts,
    check_compound,
    check_listening,
    check_references,
    check_serial_ports,
)
from gateway.config.devices import read_devices
from gateway.config.document import Document
from gateway.config.entries import validated
from gateway.config.hints import hint_certificates, hint_devices, hint_faces
from gateway.config.places import read_places
from gateway.config.rules import read_rules
from gateway.config.yaml_reader import read_yaml
from gateway.errors import ConfigError, Mistake
from gateway.masking import HIDDEN, holds_password, masked
from gateway.settings.context import Context
from gateway.settings.mend import Wrong
from gateway.settings.secrets import Secrets, check_mode

_COMMENTED = re.compile(r"(?im)^([^\n]*#[^\n]*(?:password|passwd|pwd|secret|token|密码|口令)['\"]?\s*[:=：]\s*)[^\n]+")


def load(directory: Path) -> Configuration:
    """Read compound.yaml, devices.yaml, rules.yaml (and secrets.yaml); raises ConfigError with every mistake.

    Blocking, and it imports the drivers and rules it names: call it before the loop, or in a thread.
    """
    try:
        is_folder = directory.is_dir()
    except PermissionError:
        is_folder = True  # what is in it can't be read, and each file says so
    if not is_folder:
        raise ConfigError([Mistake(shown(directory), 1, "is no folder", "name the one that holds compound.yaml")])
    kept = _read_secrets(directory)
    secrets = Secrets(kept.file, _values(kept))
    files = [_read(directory, name, secrets) for name in ("compound.yaml", "devices.yaml", "rules.yaml")]
    compound_file, devices_file, rules_file = files

    places, known_places = read_places(compound_file.tree)
    demo = isinstance(compound_file.tree, dict) and compound_file.tree.get("demo") is True
    context = Context(directory, plain_secrets=demo, places=known_places)
    compound: CompoundSettings | None = None
    if compound_file.tree is not None:
        compound = validated(compound_file, CompoundSettings, compound_file.tree, (), context)
    check_compound(compound_file, compound)
    devices = read_devices(devices_file, context)
    check_serial_ports(devices_file, devices)
    check_listening(devices_file, devices, compound)
    check_accounts(devices_file, devices, compound_file)
    context.devices = devices.known
    check_references(devices_file, devices, context)
    if not demo:
        _check_addresses(compound_file)
        _check_addresses(devices_file)
    rules = read_rules(rules_file, context)
    hint_certificates(compound_file, compound, datetime.now(UTC))
    hint_faces(compound_file, compound)
    hint_devices(devices_file, devices)

    mistakes = {mistake for file in (kept, *files) for mistake in file.mistakes}
    if mistakes or compound is None:
        raise ConfigError(sorted(mistakes))
    text = _masked(files, context.plain)
    fingerprint = hashlib.sha256(text.encode()).hexdigest()
    hints = tuple(sorted({hint for file in files for hint in file.hints}))
    return Configuration(directory, compound, devices.entries, rules, places, text, fingerprint, hints)


def shown(path: Path) -> Path:
    """The path as it is printed: relative to where the installer stands, when below."""
    absolute = path.absolute()
    return absolute.relative_to(Path.cwd()) if absolute.is_relative_to(Path.cwd()) else absolute


def _read(directory: Path, name: str, secrets: Secrets) -> Document:
    path = directory / name
    if _may_exist(path):
        return read_yaml(path, shown(path), secrets)
    document = Document(shown(path))
    document.give_up(1, "is missing", "start from the one in Anju's config/")
    return document


def _read_secrets(directory: Path) -> Document:
    path = directory / "secrets.yaml"
    if not _may_exist(path):
        return Document(shown(path), tree={})
    document = read_yaml(path, shown(path), Secrets(shown(path), {}))
    try:
        check_mode(path, shown(path))
    except PermissionError:
        pass  # told already: it could not be read
    except Wrong as wrong:
        document.mistakes.append(Mistake(document.file, 1, wrong.what, wrong.mend))
    return document


def _may_exist(path: Path) -> bool:
    """Whether it is worth reading: in a folder that lets nobody in, reading says why it can't be."""
    try:
        return path.exists()
    except PermissionError:
        return True


def _values(document: Document) -> dict[str, str]:
    """The secrets as written, so that 0123 keeps its nought; notes what is no text."""
    values = {}
    for name, value in (document.tree or {}).items():
        if isinstance(value, dict | list) or value is None:
            document.wrong((name,), f"secret {name!r} is no text", "write 'name: value' in one line")
        values[name] = document.mark((name,)).text
    return values


def _check_addresses(document: Document) -> None:
    for loc, mark in document.marks.items():
        if loc not in document.secrets and holds_password(mark.text):
            mend = "put the whole address into secrets.yaml and write '!secret NAME'"
            document.wrong(loc, "a password stands in this address", mend)


def _masked(files: Iterable[Document], plain: Collection[str]) -> str:
    """What the journal keeps of the files. A value is replaced where it stands, however it is quoted."""
    return "".join(f"# {file.file.name}\n{_without_secrets(file, plain)}\n" for file in files)


def _without_secrets(document: Document, plain: Collection[str]) -> str:
    text = document.text
    hidden = {
        mark.span: HIDDEN if mark.text in plain else masked(mark.text)
        for mark in document.marks.values()
        if mark.span and (mark.text in plain or masked(mark.text) != mark.text)
    }
    for (start, end), shown in sorted(hidden.items(), reverse=True):
        text = f"{text[:start]}{shown}{text[end:]}"
    return _COMMENTED.sub(rf"\1{HIDDEN}", masked(text))  # comments hold addresses and passwords of yesterday
