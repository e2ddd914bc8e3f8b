"""What of a configuration does not fit the law on personal information, as we read it: each with its clause.

`anju check` shows them as hints, the impact assessment (`anju comply --assessment`) lists them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from gateway.config import clauses
from gateway.config.clauses import Clause
from gateway.config.compound import CompoundSettings
from gateway.config.configuration import DeviceEntry, NotifierEntry
from gateway.config.residents.privacy import SHORTEST_VIDEO, PrivacySection
from gateway.model import DeviceType, Place, Words
from gateway.settings.mend import Loc

LONGEST_PICTURES = timedelta(days=180)
LONGEST_SIGNALS = timedelta(days=730)
"""Beyond these a reader of the law will ask what the data is still needed for; ours are no figures of the law."""


@dataclass(frozen=True, slots=True)
class Finding:
    """`file` is a name such as compound.yaml, `loc` the key in it that the finding is about."""

    file: str
    loc: Loc
    clause: Clause
    what: Words
    mend: Words


@dataclass(frozen=True, slots=True)
class Settings:
    """What findings are made from. `devices` are the entries with their index in devices.yaml."""

    compound: CompoundSettings
    privacy: PrivacySection
    devices: Sequence[tuple[int, DeviceEntry]]
    notifiers: Sequence[NotifierEntry]
    places: Mapping[str, Place]


def watches(entry: DeviceEntry, what: str) -> bool:
    """Whether this camera looks for motion, faces or plates."""
    return what in getattr(entry.settings, "watch", ())


def watches_faces(entry: DeviceEntry) -> bool:
    """Whether this camera looks for faces."""
    return watches(entry, "faces")


def findings(settings: Settings) -> list[Finding]:
    """All findings, in the order of the files."""
    return [*_retention(settings), *_cameras(settings), *_told_outside(settings), *_told_residents(settings)]


def _retention(settings: Settings) -> Iterator[Finding]:
    kept = settings.compound.retention
    if kept.clips < SHORTEST_VIDEO and not settings.privacy.video_shorter_because.strip():
        what = Words(
            f"录像只保存 {kept.clips.days} 天，公共区域的录像应至少保存 30 天",
            f"recordings are kept for {kept.clips.days} days; those of public places are to be kept for at least 30",
        )
        mend = Words(
            "改为 30d，或在 residents.yaml 的 privacy.video_shorter_because 写明理由",
            "write 30d, or the manager's reason as privacy.video_shorter_because in residents.yaml",
        )
        yield Finding("compound.yaml", ("retention", "clips"), clauses.VIDEO_DAYS, what, mend)
    for key, value, most in (
        ("clips", kept.clips, LONGEST_PICTURES),
        ("snapshots", kept.snapshots, LONGEST_PICTURES),
        ("signals", kept.signals, LONGEST_SIGNALS),
    ):
        if value > most:
            what = Words(
                f"{key} 保存 {value.days} 天，可能超过实现目的所必需的最短时间",
                f"{key} are kept for {value.days} days: longer than what they are for may need",
            )
            mend = Words("缩短，或在影响评估中说明理由", "shorten it, or say why in the impact assessment")
            yield Finding("compound.yaml", ("retention", key), clauses.SHORTEST_TIME, what, mend)


def _cameras(settings: Settings) -> Iterator[Finding]:
    for index, entry in settings.devices:
        device, loc = entry.device, ("devices", index)
        if device.type is not DeviceType.CAMERA:
            continue
        word = _private_word(settings, entry)
        if word is not None:
            clause = clauses.FACE_PLACES if watches_faces(entry) else clauses.VIDEO_PLACES
            what = Words(
                f"摄像机 {device.id} 可能装在私密空间（名称含「{word}」），那里不得安装",
                f"camera {device.id} may be in a private place (its name has {word!r}), where none is allowed",
            )
            mend = Words(
                "移走它；若只拍到门外，请改名称说明",
                "take it away; if it looks at the outside of the door, let its name say so",
            )
            yield Finding("devices.yaml", loc, clause, what, mend)
        if watches_faces(entry) and not settings.privacy.faces_because.strip():
            what = Words(
                f"摄像机 {device.id} 识别人脸，却没有写明目的和必要性",
                f"camera {device.id} recognises faces, and nothing says what for and why it is needed",
            )
            mend = Words(
                "在 residents.yaml 写 privacy.faces_because，或去掉 watch 中的 faces",
                "write privacy.faces_because in residents.yaml, or take faces out of watch",
            )
            yield Finding("devices.yaml", (*loc, "watch"), clauses.FACE_PURPOSE, what, mend)


def _private_word(settings: Settings, entry: DeviceEntry) -> str | None:
    place = settings.places.get(entry.device.place)
    names = " ".join((entry.device.name, *((place.name.zh, place.name.en) if place else ()))).casefold()
    return next((word for word in settings.privacy.private_places if word and word.casefold() in names), None)


def _told_outside(settings: Settings) -> Iterator[Finding]:
    for notifier in settings.notifiers:
        named = notifier.common.may_name
        if "reason" in named or "room" in named:
            what = Words(
                f"通知渠道 {notifier.id} 会把{'、'.join(named)}发到小区以外",
                f"notifier {notifier.id} sends {' and '.join(named)} out of the compound",
            )
            mend = Words(
                "确认与服务商有委托处理约定，否则去掉 may_name",
                "have an agreement with that provider on what it may do with it, or leave may_name out",
            )
            yield Finding("desk.yaml", ("notifiers",), clauses.ENTRUSTED, what, mend)


def _told_residents(settings: Settings) -> Iterator[Finding]:
    faces = any(watches_faces(entry) for _index, entry in settings.devices)
    if faces and not settings.privacy.contact.strip():
        what = Words(
            "没有写明个人信息由谁负责、如何联系", "nothing says who answers for personal data and how to reach them"
        )
        mend = Words("在 residents.yaml 写 privacy.contact", "write privacy.contact in residents.yaml")
        yield Finding("residents.yaml", ("privacy",), clauses.NOTICE, what, mend)
