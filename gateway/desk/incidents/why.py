"""The sentence on a card that says why its alerts belong together."""

from __future__ import annotations

from collections.abc import Sequence

from gateway.model import Member, Relation, Words

_SHARED = {
    Relation.PERSON: Words("同一人员", "the same person"),
    Relation.VEHICLE: Words("同一车辆", "the same vehicle"),
    Relation.PLACE: Words("同一位置", "the same place"),
    Relation.HOUSEHOLD: Words("同一住户", "the same household"),
    Relation.NEAR: Words("相邻位置", "neighbouring places"),
    Relation.MERGED: Words("人工合并", "put together by a guard"),
}
ONE_ALERT = Words("单独一条警情", "One alert")


def why(members: Sequence[Member]) -> Words:
    """Such as `3 条警情：同一位置、相邻位置`; each relation once, in the order in which alerts joined by it."""
    relations = list(dict.fromkeys(member.relation for member in members if member.relation is not Relation.FIRST))
    if len(members) == 1:
        return ONE_ALERT
    said = [_SHARED[relation] for relation in relations]
    zh, en = "、".join(each.zh for each in said), ", ".join(each.en for each in said)
    return Words(f"{len(members)}条警情：{zh}", f"{len(members)} alerts: {en}")
