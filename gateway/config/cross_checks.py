"""Checks across entries: two on one port, a missing account, two servers on one address."""

from __future__ import annotations

import os
from collections.abc import Collection
from typing import Any

from gateway.config.compound import CompoundSettings
from gateway.config.desk import DeskSettings, Target
from gateway.config.devices import LoadedDevices
from gateway.config.document import Document
from gateway.config.entries import UniqueIds, validated
from gateway.config.explain import field_keys
from gateway.settings.addresses import Listen
from gateway.settings.context import Context
from gateway.settings.mend import Loc, did_you_mean


def check_compound(document: Document, compound: CompoundSettings | None) -> None:
    """Note duplicate ids and users, and ports that two servers would use."""
    tree = document.tree if isinstance(document.tree, dict) else {}
    ids = UniqueIds(document)
    for index, row in enumerate(_list(tree.get("buildings"))):
        if isinstance(row, dict):
            ids.add(row.get("id"), ("buildings", index, "id"))
    users = UniqueIds(document, "user")
    for index, row in enumerate(_list(_dict(tree.get("mqtt")).get("accounts"))):
        if isinstance(row, dict):
            users.add(row.get("user"), ("mqtt", "accounts", index, "user"))
    if compound is not None:
        _check_listeners(document, compound)


def check_report(document: Document | None, known: Collection[str]) -> None:
    """Note notifiers of the morning report that desk.yaml does not have."""
    if document is None or not isinstance(document.tree, dict):
        return
    for index, name in enumerate(_list(_dict(document.tree.get("report")).get("notifiers"))):
        if isinstance(name, str) and name not in known:
            mend = did_you_mean(name, known, "write the id of an entry of `notifiers`:")
            document.add_mistake(("report", "notifiers", index), f"there is no notifier {name!r}", mend)


def _check_listeners(document: Document, compound: CompoundSettings) -> None:
    taken: dict[int, str] = {}
    for loc, listen in listen_addresses(compound):
        if listen.port in taken:
            document.add_mistake(loc, f"port {listen.port} is used by {taken[listen.port]} too", "choose another port")
        elif listen.port:
            taken[listen.port] = ".".join(map(str, loc))


def listen_addresses(compound: CompoundSettings) -> list[tuple[Loc, Listen]]:
    """The TCP addresses of the gateway's own servers, each with its key in compound.yaml."""
    addresses: list[tuple[Loc, Listen]] = [(("http", "listen"), compound.http.listen)]
    endpoint = compound.mqtt.endpoint
    if endpoint:
        addresses.append((("mqtt", "endpoint", "listen"), endpoint.listen))
        if endpoint.tls:
            addresses.append((("mqtt", "endpoint", "tls", "listen"), endpoint.tls.listen))
    return addresses


def check_listening(document: Document, found: LoadedDevices, compound: CompoundSettings | None) -> None:
    """Note devices that listen on the port of another device or of the gateway: the second could never open it."""
    own = listen_addresses(compound) if compound else []
    taken = {("tcp", listen.port): ".".join(map(str, loc)) for loc, listen in own}
    for loc, entry in zip(found.locs, found.entries, strict=True):
        listen = getattr(entry.settings, "listen", None)
        if not isinstance(listen, Listen) or not listen.port:
            continue
        for transport in getattr(entry.settings, "transport", ("tcp", "udp")):
            other = taken.setdefault((transport, listen.port), entry.device.id)
            if other != entry.device.id:
                what = f"{transport} port {listen.port} is used by {other!r} too"
                document.add_mistake((*loc, "listen"), what, "choose another port")
                break


def check_references(document: Document, found: LoadedDevices, context: Context) -> None:
    """Validate settings again, now that `context` has all devices: the first time references were not checked."""
    for loc, entry in zip(found.locs, found.entries, strict=True):
        model = entry.driver.Settings
        row = document.tree["devices"][loc[1]]
        validated(document, model, {key: row[key] for key in field_keys(model) if key in row}, loc, context)


def check_serial_ports(document: Document, found: LoadedDevices) -> None:
    """Note serial ports with two devices: they would read each other's bytes."""
    taken: dict[str, tuple[str, int]] = {}
    for loc, entry in zip(found.locs, found.entries, strict=True):
        port = getattr(entry.settings, "port", None)
        if entry.driver.LINK not in {"serial", "modbus"} or not isinstance(port, str):
            continue
        at = (*loc, "port")
        path = os.path.realpath(port)  # /dev/serial/by-id/… is a link to /dev/ttyUSB0
        if path in taken:
            other, line = taken[path]
            what = f"serial port {port!r} is used by {other!r} too (line {line})"
            document.add_mistake(at, what, "give each device its own")
        else:
            taken[path] = (entry.device.id, document.mark(at).line)


def check_accounts(document: Document, found: LoadedDevices, compound: Document) -> None:
    """Note MQTT devices whose endpoint, broker or account is not in compound.yaml."""
    if not isinstance(compound.tree, dict) or not isinstance(compound.tree.get("mqtt", {}), dict):
        return
    mqtt = _dict(compound.tree.get("mqtt"))
    users = [str(row["user"]) for row in _list(mqtt.get("accounts")) if isinstance(row, dict) and "user" in row]
    for loc, entry in zip(found.locs, found.entries, strict=True):
        if entry.driver.LINK != "mqtt":
            continue
        via, account = getattr(entry.settings, "via", "endpoint"), getattr(entry.settings, "account", None)
        if via in {"endpoint", "broker"} and mqtt.get(via) is None:
            mend = f"add 'mqtt: {{{via}: …}}' to {compound.file}"
            document.add_mistake((*loc, "via"), f"{entry.device.id!r} uses the {via}, and the compound has none", mend)
        elif via == "endpoint" and isinstance(account, str) and account not in users:
            mend = did_you_mean(account, users) if users else f"add it to mqtt.accounts in {compound.file}"
            document.add_mistake((*loc, "account"), f"account {account!r} does not exist", mend)


def check_targets(document: Document, desk: DeskSettings, notifiers: Collection[str]) -> None:
    """Note steps and supervisors of desk.yaml that are told by a notifier that it does not have."""
    told: list[tuple[Loc, Target | None]] = [
        *((("escalation", index, "to"), step.target) for index, step in enumerate(desk.escalation)),
        *((("attention", "tell", index), target) for index, target in enumerate(desk.attention.tell)),
    ]
    for loc, target in told:
        if target is not None and target.notifier not in notifiers:
            mend = did_you_mean(target.notifier, notifiers) if notifiers else "add it under 'notifiers'"
            document.add_mistake((*loc, "notifier"), f"notifier {target.notifier!r} does not exist", mend)


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _dict(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}
