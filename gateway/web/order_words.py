"""Orders for changes of a household, in words for the household and for the property."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from gateway.model import Words
from gateway.residents.digests import masked_number

_ROLES = {
    "owner": Words("业主", "Owner"),
    "tenant": Words("租户", "Tenant"),
    "family": Words("家人", "Family"),
    "carer": Words("照护者", "Carer"),
    "resident": Words("住户", "Resident"),
    "staff": Words("工作人员", "Staff"),
}
Names = Mapping[str, str]
Order = Mapping[str, Any]


def role_words(role: str) -> Words:
    """What a person is in a room."""
    return _ROLES.get(role) or Words("其他", "Other")


def order_words(order: Order, names: Names) -> Words:
    """What is asked for. `names` are those of the room's people by id."""
    make = _WORDS.get(str(order.get("do")))
    return make(order, names) if make is not None else Words("其他变更", "Another change")


def _add_person(order: Order, _names: Names) -> Words:
    role = role_words(str(order.get("role", "")))
    number = masked_number(str(order.get("phone", "")))
    zh, en = f"登记{role.zh}：{order['name']}", f"Register as {role.en.lower()}: {order['name']}"
    if number:
        zh, en = f"{zh}（{number}）", f"{en} ({number})"
    dates = " – ".join(str(order.get(key, "")) for key in ("since", "until")).strip(" –")
    return Words(f"{zh} {dates}".strip(), f"{en} {dates}".strip())


def _move_out(order: Order, names: Names) -> Words:
    who = "、".join(names.get(each, "—") for each in order.get("people", ())) or "—"
    return Words(f"搬离：{who}", f"Moves out: {who}")


def _change_person(order: Order, names: Names) -> Words:
    who, number = names.get(str(order.get("person")), "—"), masked_number(str(order.get("phone", "")))
    return Words(f"更换号码：{who} → {number}", f"New number: {who} → {number}")


def _add_vehicle(order: Order, _names: Names) -> Words:
    return Words(f"登记车辆：{order['plate']}", f"Register vehicle: {order['plate']}")


def _end_vehicle(order: Order, _names: Names) -> Words:
    return Words(f"注销车辆：{order['plate']}", f"Remove vehicle: {order['plate']}")


def _end_credential(_order: Order, _names: Names) -> Words:
    return Words("停用一张门禁卡", "Stop a card")


_WORDS: Mapping[str, Callable[[Order, Names], Words]] = {
    "add_person": _add_person,
    "move_out": _move_out,
    "change_person": _change_person,
    "add_vehicle": _add_vehicle,
    "end_vehicle": _end_vehicle,
    "end_credential": _end_credential,
}
