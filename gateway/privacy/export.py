"""A person's data as a file: everything that is kept about them, as JSON and as a page to read, in one archive."""

from __future__ import annotations

import io
import json
import sqlite3
import zipfile
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from gateway.errors import NotFound
from gateway.model import Words
from gateway.privacy import rows
from gateway.privacy.consents import rows as consent_rows
from gateway.privacy.registry import PERSONAL, PersonalTable
from gateway.store.columns import from_json, from_us
from gateway.store.vault import Vault, VaultError

FORMAT = "anju-my-data/1"
MOST_SIGHTINGS = 5000
"""Newest sightings of the face and of each plate; more are counted."""
MOST_ROWS = 5000
"""Rows of one table."""
_TIMES = frozenset(
    "at since until ended_at given_at withdrawn_at created_at seen_at expires_at enrolled_at made_at revoked_at left_at"
    " answered_at used_at set_at".split()
)
TITLES = {
    "persons": Words("登记信息", "Registration"),
    "memberships": Words("房屋关系", "Rooms"),
    "vehicles": Words("车辆", "Vehicles"),
    "credentials": Words("门卡和密码", "Cards and PINs"),
    "face_templates": Words("人脸登记（仅登记时间）", "Enrolled faces (only when)"),
    "consents": Words("同意记录", "Consents"),
    "register_changes": Words("登记变更记录", "Changes of the registration"),
    "access_log": Words("开门记录", "Doors opened"),
    "passes": Words("发出的访客码", "Passes made"),
    "resident_devices": Words("登录过的手机", "Phones that signed in"),
    "resident_requests": Words("提出的申请", "Requests"),
    "sightings": Words("摄像机识别记录", "Seen by cameras"),
    "plates": Words("车牌识别记录", "Number plates read"),
    "wordings": Words("同意过的文本", "Texts agreed to"),
}


_IDS = frozenset({"id", "person", "number", "wording", "subject_id", "holder", "signal", "command", "list", "host"})
COLUMNS = {
    "name": Words("姓名", "name"),
    "phone": Words("电话", "phone"),
    "id_number": Words("证件号", "ID number"),
    "born": Words("出生日期", "born"),
    "place": Words("地点", "place"),
    "role": Words("身份", "role"),
    "since": Words("开始", "since"),
    "until": Words("结束", "until"),
    "plate": Words("车牌", "plate"),
    "text": Words("内容", "text"),
    "kind": Words("种类", "kind"),
    "value": Words("号码", "number"),
    "at": Words("时间", "at"),
    "user": Words("操作人", "by"),
    "by": Words("操作人", "by"),
    "why": Words("事由", "why"),
    "subject": Words("对象", "of"),
    "before": Words("变更前", "before"),
    "after": Words("变更后", "after"),
    "version": Words("版本", "version"),
    "how": Words("方式", "how"),
    "way": Words("方式", "how"),
    "given_at": Words("同意时间", "given"),
    "withdrawn_at": Words("撤回时间", "withdrawn"),
    "door": Words("门", "door"),
    "device": Words("设备", "device"),
    "granted": Words("是否放行", "opened"),
    "reason": Words("原因", "reason"),
    "credential": Words("凭证", "credential"),
    "state": Words("状态", "state"),
    "created_at": Words("登录时间", "signed in"),
    "seen_at": Words("最近使用", "last used"),
    "enrolled_at": Words("登记时间", "enrolled"),
    "zh": Words("中文", "Chinese"),
    "en": Words("英文", "English"),
}
"""Names of columns on the page; others have their own name."""


def my_data(connection: sqlite3.Connection, vault: Vault, person: str, at: datetime) -> dict[str, Any]:
    """Everything about a person, by table. Raises NotFound."""
    if rows.person_row(connection, person) is None:
        raise NotFound(f"there is no person {person!r}")
    existing = rows.tables(connection)
    data: dict[str, Any] = {"format": FORMAT, "at": at.isoformat(), "person": person}
    for table in PERSONAL:
        if table.person and table.table in existing and table.table != "blind_index":
            found = rows.rows_of_person(connection, table, person)
            shown = [row for row in found if not (table.left_out_rows and row[table.left_out_rows])]
            data[table.table] = [_row(table, row, vault) for row in shown[-MOST_ROWS:]]
    data["wordings"] = _wordings(connection, data.get("consents", ()))
    data["sightings"] = _sightings(connection, person, plate=False)
    plates = rows.plates_of(connection, person)
    data["plates"] = [one for plate in plates for one in _sightings(connection, plate, plate=True)]
    return data


def _row(table: PersonalTable, row: Mapping[str, object], vault: Vault) -> dict[str, Any]:
    return {
        column: _value(column, value, vault, sealed=column in table.sealed)
        for column, value in row.items()
        if column not in table.hidden and value not in {None, ""}
    }


def _value(column: str, value: object, vault: Vault, *, sealed: bool) -> Any:
    if sealed and isinstance(value, bytes):
        try:
            value = vault.decrypt(value).decode()
        except (VaultError, UnicodeDecodeError):
            return None
    if isinstance(value, bytes):
        return None
    if column in _TIMES and isinstance(value, int):
        with suppress(OverflowError):
            return from_us(value).isoformat() if value else None
    if isinstance(value, str) and value[:1] == "{":
        with suppress(ValueError):
            return json.loads(value)
    return value


def _wordings(connection: sqlite3.Connection, consents: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    found = [consent_rows.wording(connection, digest) for digest in dict.fromkeys(one["wording"] for one in consents)]
    return [{"kind": row["kind"], "version": row["version"], "zh": row["zh"], "en": row["en"]} for row in found if row]


def _sightings(connection: sqlite3.Connection, value: str, *, plate: bool) -> list[dict[str, Any]]:
    """Newest last; only where and when, and which picture: other people may be in what a device said beside it."""
    found = rows.newest_sightings(connection, value, MOST_SIGHTINGS, plate=plate)
    return [
        {
            "at": from_us(row["received"]).isoformat(),
            "device": row["device"],
            "kind": row["kind"],
            **_shown(row["data"]),
        }
        for row in reversed(found)
    ]


def _shown(data: str) -> dict[str, Any]:
    read = from_json(data)
    return {key: read[key] for key in ("text", "door", "credential", "granted", "list") if key in read}


def as_archive(data: Mapping[str, Any], compound: str, zone: ZoneInfo, contact: str = "") -> bytes:
    """The archive: `data.json` and `data.html`, which needs nothing else to be read."""
    text = json.dumps(data, ensure_ascii=False, indent=1)
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("data.json", text)
        archive.writestr("data.html", as_page(data, compound, zone, contact))
    return file.getvalue()


def as_page(data: Mapping[str, Any], compound: str, zone: ZoneInfo, contact: str = "") -> str:
    """A page in both languages, Chinese first."""
    pages = Environment(loader=FileSystemLoader(Path(__file__).parent), autoescape=True, undefined=StrictUndefined)
    order = [*TITLES, *(name for name in data if name not in TITLES)]
    parts = [
        (TITLES.get(name, Words(name, name)), _columns(found), [_cells(row, zone) for row in found])
        for name in order
        if isinstance(found := data.get(name), list) and found
    ]
    at = datetime.fromisoformat(data["at"]).astimezone(zone)
    return pages.get_template("my_data.html").render(
        compound=compound, contact=contact, at=f"{at:%Y-%m-%d %H:%M}", zone=zone.key, parts=parts
    )


def _columns(found: Sequence[Mapping[str, Any]]) -> dict[str, Words]:
    """The columns that mean something to a person, with their names; ids are in the data alone."""
    columns = dict.fromkeys(column for row in found for column in row if column not in _IDS)
    return {column: COLUMNS.get(column, Words(column, column)) for column in columns}


def _cells(row: Mapping[str, Any], zone: ZoneInfo) -> dict[str, str]:
    return {column: _cell(column, value, zone) for column, value in row.items()}


def _cell(column: str, value: Any, zone: ZoneInfo) -> str:
    if column in _TIMES and isinstance(value, str):
        with suppress(ValueError):
            return f"{datetime.fromisoformat(value).astimezone(zone):%Y-%m-%d %H:%M}"
    if isinstance(value, Mapping):
        return "；".join(f"{key} {_cell(key, each, zone)}" for key, each in value.items())
    return "" if value is None else str(value)
