"""Compares two configurations: for the installer to see before a reload, and for the reload itself."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, fields
from typing import Any, TypeVar

from pydantic import BaseModel

from gateway.config.compound import CompoundSettings
from gateway.config.configuration import Configuration, DeviceEntry, NotifierEntry, RuleEntry

T = TypeVar("T")
READ_ONCE = (
    "home_province",
    "http.listen",
    "http.tls",
    "mqtt.broker",
    "mqtt.endpoint",
    "mqtt.endpoint.listen",
    "mqtt.endpoint.tls",
    "mqtt.endpoint.tls.listen",
    "vision.glances",
    "vision.workers",
)
"""Keys of compound.yaml that are read only at startup: listen addresses, servers, processes.

A key with others below it, such as a certificate, means only whether it is there at all.
"""
_DERIVED = "public_url"
"""Without a value of its own it is derived from http.listen."""
_LISTED = frozenset({"buildings", "places", "mqtt.accounts"})
"""Keys whose changes are listed by name instead."""


@dataclass(frozen=True, slots=True)
class Changes:
    """Names, each once. `changed` has the YAML keys that differ."""

    added: tuple[str, ...] = ()
    changed: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    removed: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.added or self.changed or self.removed)


@dataclass(frozen=True, slots=True)
class Difference:
    """`settings`: changed keys of compound.yaml and (as `desk.…`, `access.…`) of the optional files, which apply at
    once; `restart`: those that need a restart.
    """

    devices: Changes = Changes()
    rules: Changes = Changes()
    places: Changes = Changes()
    accounts: Changes = Changes()
    notifiers: Changes = Changes()
    settings: tuple[str, ...] = ()
    restart: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return any(getattr(self, part.name) for part in fields(self))

    @property
    def is_live(self) -> bool:
        """Whether anything applies without a restart."""
        return any(getattr(self, part.name) for part in fields(self) if part.name != "restart")


def compare(old: Configuration | None, new: Configuration, started: CompoundSettings | None = None) -> Difference:
    """The difference from `old` (None at startup) to `new`. `started`: the settings at startup, for READ_ONCE keys."""
    if old is None:
        return Difference(
            Changes(tuple(entry.device.id for entry in new.devices)),
            Changes(tuple(entry.id for entry in new.rules)),
            Changes(tuple(new.places)),
            Changes(tuple(account.user for account in new.compound.mqtt.accounts)),
            Changes(tuple(entry.id for entry in new.notifiers)),
        )
    return Difference(
        _changes(_by_id(old.devices), _by_id(new.devices), _of_device),
        _changes({rule.id: rule for rule in old.rules}, {rule.id: rule for rule in new.rules}, _of_rule),
        _changes(old.places, new.places, lambda _old, _new: ("name",)),
        _changes(_accounts(old), _accounts(new), lambda _old, _new: ("password",)),
        _changes({it.id: it for it in old.notifiers}, {it.id: it for it in new.notifiers}, _of_notifier),
        (
            *(key for key in _different(old.compound, new.compound) if not _is_read_once(key)),
            *_different(old.desk, new.desk, "desk."),
            *_different(old.plan, new.plan, "plan."),
            *_different(old.access, new.access, "access."),
            *_different(old.residents, new.residents, "residents."),
        ),
        tuple(sorted(_needing_restart(started or old.compound, new.compound))),
    )


def _changes(old: Mapping[str, T], new: Mapping[str, T], keys: Any) -> Changes:
    return Changes(
        tuple(name for name in new if name not in old),
        {name: keys(old[name], new[name]) for name in new if name in old and new[name] != old[name]},
        tuple(name for name in old if name not in new),
    )


def _by_id(entries: Iterable[DeviceEntry]) -> dict[str, DeviceEntry]:
    return {entry.device.id: entry for entry in entries}


def _accounts(configuration: Configuration) -> dict[str, Any]:
    return {account.user: account for account in configuration.compound.mqtt.accounts}


def _of_device(old: DeviceEntry, new: DeviceEntry) -> tuple[str, ...]:
    names = (part.name for part in fields(old.device))
    common = [name for name in names if getattr(old.device, name) != getattr(new.device, name)]
    own = _own(old.settings, new.settings) if old.driver is new.driver else ()
    return (*common, *own) or ("parts",)  # equal settings: the driver makes other parts of them than before


def _of_rule(old: RuleEntry, new: RuleEntry) -> tuple[str, ...]:
    return ("kind",) if old.rule is not new.rule else tuple(_own(old.settings, new.settings)) or ("its code",)


def _of_notifier(old: NotifierEntry, new: NotifierEntry) -> tuple[str, ...]:
    own = _own(old.settings, new.settings) if old.notifier is new.notifier else ()
    return (*_own(old.common, new.common), *own)


def _own(old: BaseModel, new: BaseModel) -> Iterator[str]:
    return (key for key in type(new).model_fields if getattr(old, key) != getattr(new, key))


def _different(old: BaseModel, new: BaseModel, above: str = "") -> Iterator[str]:
    """The deepest dotted keys whose values differ."""
    for key in type(new).model_fields:
        name, before, after = above + key, getattr(old, key), getattr(new, key)
        derived = name == _DERIVED and name not in old.model_fields_set | new.model_fields_set
        if name in _LISTED or before == after or derived:
            continue
        if isinstance(before, BaseModel) and isinstance(after, BaseModel):
            yield from _different(before, after, f"{name}.")
        else:
            yield name


def _is_read_once(key: str) -> bool:
    return key in READ_ONCE or key.startswith("mqtt.broker.")


def _needing_restart(started: CompoundSettings, new: CompoundSettings) -> Iterator[str]:
    return (key for key in _different(started, new) if _is_read_once(key))
