"""Loads a folder of YAML files into a Configuration, or reports all mistakes at once."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection, Iterable
from datetime import UTC, datetime
from pathlib import Path

from gateway.config.access import AccessSettings
from gateway.config.access_checks import check_access
from gateway.config.compound import CompoundSettings
from gateway.config.configuration import Configuration, RuleEntry
from gateway.config.cross_checks import (
    check_accounts,
    check_compound,
    check_listening,
    check_references,
    check_report,
    check_serial_ports,
    check_targets,
)
from gateway.config.desk import DeskSettings
from gateway.config.desk_checks import check_desk
from gateway.config.devices import LoadedDevices, read_devices
from gateway.config.document import Document
from gateway.config.entries import validated
from gateway.config.hints import hint_certificates, hint_devices, hint_faces
from gateway.config.notifiers import NOTIFIERS, read_notifiers
from gateway.config.places import read_places
from gateway.config.plan import PlanSettings
from gateway.config.plan.checks import check_plan
from gateway.config.privacy_findings import Settings, findings
from gateway.config.procedure_checks import check_procedures
from gateway.config.residents import ResidentsSettings
from gateway.config.residents_checks import check_residents
from gateway.config.rules import RESERVED_RULE_IDS, read_rules
from gateway.config.yaml_reader import read_yaml
from gateway.errors import ConfigError, Mistake
from gateway.masking import HIDDEN, holds_password, masked
from gateway.settings.context import Context, KnownNames
from gateway.settings.mend import Wrong
from gateway.settings.secrets import Secrets, check_mode

# A password in a comment, with a full-width colon or equals sign too.
_COMMENTED = re.compile(r"(?im)^([^\n]*#[^\n]*(?:password|passwd|pwd|secret|token|密码|口令)['\"]?\s*[:=：]\s*)[^\n]+")


def load(directory: Path, plan_file: Path | None = None) -> Configuration:
    """Read compound.yaml, devices.yaml and rules.yaml, and those of the optional files that there are.

    These are desk.yaml, plan.yaml, access.yaml, residents.yaml and secrets.yaml.
    `plan_file` is read in place of plan.yaml: a new one is checked before it replaces the old one.

    Raises ConfigError with every mistake.

    Blocking, and it imports the drivers and rules it names: call it before the loop, or in a thread.
    """
    _check_folder(directory)
    secrets_file = _read_secrets(directory)
    secrets = Secrets(secrets_file.file, _values(secrets_file))
    files = [_read(directory, name, secrets) for name in ("compound.yaml", "devices.yaml", "rules.yaml")]
    compound_file, devices_file, rules_file = files
    desk_file = _read_optional(directory, "desk.yaml", secrets)
    plan_document = _read_plan(directory, plan_file, secrets)
    access_file = _read_optional(directory, "access.yaml", secrets)
    residents_file = _read_optional(directory, "residents.yaml", secrets)
    optional = (desk_file, plan_document, access_file, residents_file)
    files += [file for file in optional if file is not None]

    # Order matters: devices refer to places, rules to both. `context` gets each set of names as soon as it is known.
    places, known_places = read_places(compound_file.tree)
    demo = isinstance(compound_file.tree, dict) and compound_file.tree.get("demo") is True
    context = Context(directory, plain_secrets=demo, places=known_places)
    compound: CompoundSettings | None = None
    if compound_file.tree is not None:
        compound = validated(compound_file, CompoundSettings, compound_file.tree, (), context)
    check_compound(compound_file, compound)
    devices = _read_devices(devices_file, context, compound, compound_file)
    if not demo:
        _check_addresses(compound_file)
        _check_addresses(devices_file)
        for file in (desk_file, access_file, residents_file):
            if file is not None:
                _check_addresses(file)
    rules = read_rules(rules_file, context)
    context.rules = _rule_names(rules, rules_file)
    desk, notifiers = _read_desk(desk_file, context, devices), read_notifiers(desk_file, context)
    if desk_file is not None:
        check_targets(desk_file, desk, [entry.id for entry in notifiers])
        if not desk_file.mistakes:
            check_procedures(desk_file, desk, devices.entries, rules)
    check_report(desk_file, [notifier.id for notifier in notifiers])
    plan = _check_plan(plan_document, compound, context)
    access = _read_access(access_file, context, devices)
    residents = _read_residents(residents_file, context, devices, [notifier.id for notifier in notifiers])
    hint_certificates(compound_file, compound, datetime.now(UTC))
    hint_faces(compound_file, compound)
    hint_devices(devices_file, devices)
    if compound is not None:
        entries = [(int(loc[1]), entry) for loc, entry in zip(devices.locs, devices.entries, strict=True)]
        _hint_privacy(files, Settings(compound, residents.privacy, entries, notifiers, places))

    # A set: the same mistake can be found by a driver's settings and by a cross check.
    mistakes = {mistake for file in (secrets_file, *files) for mistake in file.mistakes}
    if mistakes or compound is None:
        raise ConfigError(sorted(mistakes))
    text = _masked(files, context.plain)
    fingerprint = hashlib.sha256(text.encode()).hexdigest()  # without secrets: a new password changes nothing
    hints = tuple(sorted({hint for file in files for hint in file.hints}))
    return Configuration(
        directory,
        compound,
        devices.entries,
        rules,
        places,
        text,
        fingerprint,
        desk,
        notifiers,
        plan,
        access,
        residents,
        hints,
    )


def _rule_names(rules: Iterable[RuleEntry], document: Document) -> KnownNames:
    """What the desk's settings may name. With a mistake in rules.yaml any name may be that of the wrong entry."""
    return KnownNames({*RESERVED_RULE_IDS, *(rule.id for rule in rules)}, ("",) if document.mistakes else ())


def _read_desk(document: Document | None, context: Context, devices: LoadedDevices) -> DeskSettings:
    if document is None or document.tree is None:
        return DeskSettings()
    tree = document.tree
    if isinstance(tree, dict):  # its notifiers have keys of their kinds, and are read apart
        tree = {key: value for key, value in tree.items() if key != NOTIFIERS}
    desk = validated(document, DeskSettings, tree, (), context, {NOTIFIERS})
    if desk is not None:
        check_desk(document, desk, devices.entries)
    return desk or DeskSettings()


def _read_access(document: Document | None, context: Context, devices: LoadedDevices) -> AccessSettings:
    if document is None or document.tree is None:
        return AccessSettings()
    access = validated(document, AccessSettings, document.tree, (), context)
    if access is not None:
        check_access(document, access, devices.entries)
    return access or AccessSettings()


def _read_residents(
    document: Document | None, context: Context, devices: LoadedDevices, notifiers: Collection[str]
) -> ResidentsSettings:
    if document is None or document.tree is None:
        return ResidentsSettings()
    residents = validated(document, ResidentsSettings, document.tree, (), context)
    if residents is not None:
        check_residents(document, residents, devices.entries, notifiers)
    return residents or ResidentsSettings()


def _hint_privacy(files: Iterable[Document], settings: Settings) -> None:
    by_name = {file.file.name: file for file in files}
    for finding in findings(settings):
        document = by_name.get(finding.file)
        if document is None:  # an optional file that is not there: told with the first one
            document = by_name["compound.yaml"]
        document.add_hint(finding.loc, f"{finding.what.en} ({finding.clause.words.en})", finding.mend.en)


def _read_plan(directory: Path, candidate: Path | None, secrets: Secrets) -> Document | None:
    if candidate is None:
        return _read_optional(directory, "plan.yaml", secrets)
    return read_yaml(candidate, display_path(directory / "plan.yaml"), secrets)


def _check_plan(document: Document | None, compound: CompoundSettings | None, context: Context) -> PlanSettings:
    if document is None or document.tree is None:
        return PlanSettings()
    plan = validated(document, PlanSettings, document.tree, (), context)
    if plan is not None and compound is not None:
        check_plan(document, plan, [building.id for building in compound.buildings])
    return plan or PlanSettings()


def _check_folder(directory: Path) -> None:
    try:
        is_folder = directory.is_dir()
    except PermissionError:
        return  # reading each file then reports that it can't be read
    if not is_folder:
        mend = "give the one that holds compound.yaml"
        raise ConfigError([Mistake(display_path(directory), 1, "is no folder", mend)])


def _read_devices(
    document: Document, context: Context, compound: CompoundSettings | None, compound_file: Document
) -> LoadedDevices:
    devices = read_devices(document, context)
    check_serial_ports(document, devices)
    check_listening(document, devices, compound)
    check_accounts(document, devices, compound_file)
    context.devices = devices.known  # from here on references to devices are checked
    check_references(document, devices, context)
    return devices


def display_path(path: Path) -> Path:
    """The path as it is printed: relative to the current folder when it is below that."""
    absolute = path.absolute()
    return absolute.relative_to(Path.cwd()) if absolute.is_relative_to(Path.cwd()) else absolute


def _read(directory: Path, name: str, secrets: Secrets) -> Document:
    path = directory / name
    if _may_exist(path):
        return read_yaml(path, display_path(path), secrets)
    document = Document(display_path(path))
    document.reject(1, "is missing", "start from the one in Anju's config/")
    return document


def _read_optional(directory: Path, name: str, secrets: Secrets) -> Document | None:
    path = directory / name
    return read_yaml(path, display_path(path), secrets) if _may_exist(path) else None


def _read_secrets(directory: Path) -> Document:
    path = directory / "secrets.yaml"
    if not _may_exist(path):
        return Document(display_path(path), tree={})
    document = read_yaml(path, display_path(path), Secrets(display_path(path), {}))
    try:
        check_mode(path, display_path(path))
    except PermissionError:
        pass  # noted already: it could not be read
    except Wrong as wrong:
        document.mistakes.append(Mistake(document.file, 1, wrong.what, wrong.mend))
    return document


def _may_exist(path: Path) -> bool:
    """Whether to try reading it. In a folder without access, reading reports the reason."""
    try:
        return path.exists()
    except PermissionError:
        return True


def _values(document: Document) -> dict[str, str]:
    """The secrets as they are written, so that 0123 keeps its zero; notes those that are no text."""
    values = {}
    for name, value in (document.tree or {}).items():
        if isinstance(value, dict | list) or value is None:
            document.add_mistake((name,), f"secret {name!r} is no text", "write 'name: value' in one line")
        values[name] = document.mark((name,)).text
    return values


def _check_addresses(document: Document) -> None:
    for loc, mark in document.marks.items():
        if loc not in document.secrets and holds_password(mark.text):
            mend = "put the whole address into secrets.yaml and write '!secret NAME'"
            document.add_mistake(loc, "a password stands in this address", mend)


def _masked(files: Iterable[Document], plain: Collection[str]) -> str:
    """The files' text for the journal, secrets masked at their positions, however they are quoted."""
    return "".join(f"# {file.file.name}\n{_without_secrets(file, plain)}\n" for file in files)


def _without_secrets(document: Document, plain: Collection[str]) -> str:
    text = document.text
    hidden = {
        mark.span: HIDDEN if mark.text in plain else masked(mark.text)
        for mark in document.marks.values()
        if mark.span and (mark.text in plain or masked(mark.text) != mark.text)
    }
    for (start, end), replacement in sorted(hidden.items(), reverse=True):  # from the end, so that spans stay valid
        text = f"{text[:start]}{replacement}{text[end:]}"
    return _COMMENTED.sub(rf"\1{HIDDEN}", masked(text))  # comments may hold old addresses and passwords
