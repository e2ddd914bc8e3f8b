"""What no entry can know alone: two on one port, an account nobody has, two doors on one address."""

from __future__ import annotations

import os
from typing import Any

from gateway.config.compound import CompoundSettings
from gateway.config.devices import DevicesFound
from gateway.config.document import Document
from gateway.config.entries import Ids, validated
from gateway.config.explain import field_keys
from gateway.settings.addresses import Listen
from gateway.settings.context import Context
from gateway.settings.mend import Loc, did_you_mean


def check_compound(document: Document, compound: CompoundSettings | None) -> None:
    """Names given twice, and addresses two servers would fight for."""
    tree = document.tree if isinstance(document.tree, dict) else {}
    ids = Ids(document)
    for index, row in enumerate(_list(tree.get("buildings"))):
        if isinstance(row, dict):
            ids.take(row.get("id"), ("buildings", index, "id"))
    users = Ids(document, "user")
    for index, row in enumerate(_list(_dict(tree.get("mqtt")).get("accounts"))):
        if isinstance(row, dict):
            users.take(row.get("user"), ("mqtt", "accounts", index, "user"))
    if compound is not None:
        _check_listeners(document, compound)


def _check_listeners(document: Document, compound: CompoundSettings) -> None:
    taken: dict[int, str] = {}
    for loc, listen in doors_of(compound):
        if listen.port in taken:
            document.wrong(loc, f"port {listen.port} is that of {taken[listen.port]} as well", "choose another port")
        elif listen.port:
            taken[listen.port] = ".".join(map(str, loc))


def doors_of(compound: CompoundSettings) -> list[tuple[Loc, Listen]]:
    """Where the gateway itself listens, by TCP."""
    doors: list[tuple[Loc, Listen]] = [(("http", "listen"), compound.http.listen)]
    endpoint = compound.mqtt.endpoint
    if endpoint:
        doors.append((("mqtt", "endpoint", "listen"), endpoint.listen))
        if endpoint.tls:
            doors.append((("mqtt", "endpoint", "tls", "listen"), endpoint.tls.listen))
    return doors


def check_listening(document: Document, found: DevicesFound, compound: CompoundSettings | None) -> None:
    """Two doors of devices on one port, or one on the gateway's own: the second could never open."""
    taken = {("tcp", listen.port): ".".join(map(str, loc)) for loc, listen in (doors_of(compound) if compound else ())}
    for loc, entry in zip(found.locs, found.entries, strict=True):
        listen = getattr(entry.settings, "listen", None)
        if not isinstance(listen, Listen) or not listen.port:
            continue
        for transport in getattr(entry.settings, "transport", ("tcp", "udp")):
            other = taken.setdefault((transport, listen.port), entry.device.id)
            if other != entry.device.id:
                what = f"{transport} port {listen.port} is that of {other!r} as well"
                document.wrong((*loc, "listen"), what, "choose another port")
                break


def check_references(document: Document, found: DevicesFound, context: Context) -> None:
    """What a device's settings say of other devices; `context` knows them all by now."""
    for loc, entry in zip(found.locs, found.entries, strict=True):
        model = entry.driver.Settings
        row = document.tree["devices"][loc[1]]
        validated(document, model, {key: row[key] for key in field_keys(model) if key in row}, loc, context)


def check_serial_ports(document: Document, found: DevicesFound) -> None:
    """One port serves one device: two entries on it would take each other's bytes."""
    taken: dict[str, tuple[str, int]] = {}
    for loc, entry in zip(found.locs, found.entries, strict=True):
        port = getattr(entry.settings, "port", None)
        if entry.driver.LINK not in {"serial", "modbus"} or not isinstance(port, str):
            continue
        at = (*loc, "port")
        path = os.path.realpath(port)
        if path in taken:
            other, line = taken[path]
            document.wrong(at, f"serial port {port!r} is that of {other!r} (line {line})", "give each device its own")
        else:
            taken[path] = (entry.device.id, document.mark(at).line)


def check_accounts(document: Document, found: DevicesFound, compound: Document) -> None:
    """A device in MQTT needs its door to be open, and its account to exist."""
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
            document.wrong((*loc, "via"), f"{entry.device.id!r} comes by the {via}, and the compound has none", mend)
        elif via == "endpoint" and isinstance(account, str) and account not in users:
            mend = did_you_mean(account, users) if users else f"add it to mqtt.accounts in {compound.file}"
            document.wrong((*loc, "account"), f"account {account!r} does not exist", mend)


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _dict(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}
