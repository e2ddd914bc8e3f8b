"""Figures, lists and reports over HTTP: periods, roles, what they count, and what the audit says of it."""

from __future__ import annotations

import csv
import io
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import openpyxl
import pytest
from python_calamine import CalamineWorkbook

from gateway.desk import DecisionOnEvent
from gateway.model import DRILL_RULE, Raise, Severity, Words

SHANGHAI = ZoneInfo("Asia/Shanghai")
EVIL = ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "=cmd|' /C calc'!A0"]


async def raised(anju, key: str, reason: str = "Smoke", rule: str = "home", kind: str = "fire.alarm"):
    anju.now += timedelta(seconds=1)
    signal = await anju.hear("home-1502", kind, zone=key)
    decision = Raise(key, Severity.CRITICAL, "b3/u1/1502", Words(reason, reason), "home-1502")
    [alert] = await anju.desk.decide([DecisionOnEvent(rule, decision, signal)], lambda _c: None)
    return alert


async def handled(anju, key: str, disposition: str, note: str = "", **more):
    alert = await raised(anju, key, **more)
    anju.now += timedelta(seconds=20)
    await anju.desk.step(alert.id, "acknowledge", "guard")
    anju.now += timedelta(seconds=40)
    await anju.desk.step(alert.id, "on-scene", "guard")
    await anju.desk.step(alert.id, "close", "guard", note, {"disposition": disposition})
    return alert


async def read(client, path: str, status: int = 200):
    async with client.get(path) as answer:
        assert answer.status == status, await answer.text()
        return await answer.json()


async def steps(anju, action: str):
    sql = "SELECT user, note, data FROM steps WHERE action = ?"
    return [tuple(row) for row in await anju.store.read(lambda c: c.execute(sql, (action,)).fetchall())]


async def test_a_period_in_figures(anju, open_client):
    await handled(anju, "1", "nuisance")
    await handled(anju, "2", "real")
    await raised(anju, "3", rule=DRILL_RULE)
    await anju.hear("east-cam", "device.offline")
    anju.now += timedelta(minutes=5)
    await anju.hear("east-cam", "device.online")
    found = await read(await open_client("manager"), "/api/v1/figures")
    assert (found["alerts"], found["drills"], found["nuisance_share"]) == (2, 1, 0.5)
    assert found["kinds"] == [{"key": "fire.alarm", "count": 2, "judged": 2, "worthless": 1}]
    assert found["place_names"]["b3/u1/1502"]["zh"] == "3号楼1单元1502室"
    shift = "day" if 8 <= datetime.now(SHANGHAI).hour < 20 else "night"
    acknowledged = next(
        r for r in found["responses"] if (r["shift"], r["what"], r["severity"]) == (shift, "acknowledge", "all")
    )
    assert (acknowledged["p50_s"], acknowledged["within"]) == (20, 2)
    [outage] = found["outages"]["devices"]
    assert (outage["device"], outage["seconds"], outage["is_away"]) == ("east-cam", 300, False)
    assert found["zones"]["watched"] == 1
    assert [use["device"] for use in found["zones"]["never_restored"]] == ["home-1502"]
    assert found["fix"]["half_at"] == 1
    assert sum(day["count"] for day in found["days"]) == 2


async def test_the_gauge_counts_today_and_no_drill(anju, open_client):
    anju.now = anju.now.astimezone(SHANGHAI).replace(hour=12, minute=0)
    await raised(anju, "1")
    await raised(anju, "2", rule=DRILL_RULE)
    found = (await read(await open_client("guard"), "/api/v1/figures/budget"))["gauge"]
    assert (found["today"], found["in_ten_minutes"], found["flooded_since"], found["a_day_limit"]) == (1, 1, None, 144)


@pytest.mark.parametrize(
    "query",
    [
        "from=2026-13-01",
        "from=now",
        "from=2026-11-02&to=2026-11-01",
        "from=2020-01-01&to=2026-01-01",
        "to=9999-12-31",
        "from=1970-01-01T00:00&to=1970-01-02",
        "from=2026-11-01T08:00:00&to=2026-11-01T08:00:00",
    ],
)
@pytest.mark.parametrize("path", ["figures", "alerts.csv", "history", "audit"])
async def test_a_period_that_is_none_is_refused(open_client, path, query):
    answer = await read(await open_client("supervisor"), f"/api/v1/{path}?{query}", 400)
    assert answer["error"]["code"] == "bad_request"


async def test_a_date_is_a_whole_day_of_the_compound(open_client):
    found = await read(await open_client("guard"), "/api/v1/figures?from=2026-11-01&to=2026-11-01")
    assert (found["begin"], found["end"]) == ("2026-10-31T16:00:00.000Z", "2026-11-01T16:00:00.000Z")
    assert [day["day"] for day in found["days"]] == ["2026-11-01"]
    assert found["alerts"] == 0


# --- lists to take away


async def taken(client, kind: str, query: str = "") -> bytes:
    async with client.get(f"/api/v1/alerts.{kind}?{query}") as answer:
        assert answer.status == 200, await answer.text()
        assert answer.headers["Content-Disposition"].startswith("attachment; filename=")
        return await answer.read()


async def test_a_csv_is_read_back_and_holds_no_formula(anju, open_client):
    for number, text in enumerate(EVIL):
        await handled(anju, str(number), "false", note=text, reason=text)
    body = await taken(await open_client("supervisor"), "csv", "lang=en")
    assert body.startswith(b"\xef\xbb\xbf")
    heading, *rows = csv.reader(io.StringIO(body.decode("utf-8-sig"), newline=""))
    assert heading[:2] == ["id", "raised at (Asia/Shanghai)"]
    assert len(rows) == len(EVIL)
    reason, note = heading.index("reason"), heading.index("note")
    for row, text in zip(rows, EVIL, strict=True):
        assert row[reason] == f"'{text}"
        assert row[note] == f"'{text}"
        assert not any(cell.startswith(("=", "+", "-", "@", "\t", "\r")) for cell in row)
    assert rows[0][heading.index("seconds to acknowledge")] == "20.0"


async def test_a_workbook_is_read_back_by_two_readers_and_holds_no_formula(anju, open_client):
    for number, text in enumerate(EVIL):
        await handled(anju, str(number), "real", note=text, reason=text)
    body = await taken(await open_client("manager"), "xlsx", "lang=zh")
    sheet = openpyxl.load_workbook(io.BytesIO(body)).active
    heading = [cell.value for cell in sheet[1]]
    reason, at = heading.index("原因"), heading.index("发生时间 (Asia/Shanghai)")
    rows = list(sheet.iter_rows(min_row=2))
    assert {cell.data_type for row in rows for cell in row} <= {"s", "n", "d"}  # "f" would be a formula
    assert [row[reason].value for row in rows][:4] == EVIL[:4]
    assert all(row[reason].quotePrefix for row in rows)
    assert isinstance(rows[0][at].value, datetime)
    [name] = CalamineWorkbook.from_filelike(io.BytesIO(body)).sheet_names
    again = CalamineWorkbook.from_filelike(io.BytesIO(body)).get_sheet_by_name(name).to_python()
    assert len(again) == len(EVIL) + 1
    assert again[1][reason] == EVIL[0]
    assert again[1][at].date() == rows[0][at].value.date()


async def test_an_export_is_in_the_audit_with_who_what_and_why(anju, open_client):
    await handled(anju, "1", "real")
    await taken(await open_client("supervisor"), "csv", "why=保险理赔")
    [(user, note, data)] = await steps(anju, "alerts-export")
    assert (user, note) == ("supervisor", "保险理赔")
    assert '"as":"csv"' in data
    assert '"rows":1' in data


async def test_more_than_one_batch_comes_in_order_and_once(anju, open_client):
    def unit(connection):
        connection.executemany(
            "INSERT INTO alerts"
            " (id, rule, key, severity, state, place, reason_zh, reason_en, raised_at, last_at, count)"
            " VALUES (?, 'r', ?, 2, 'new', '', 'x', 'x', ?, 0, 1)",
            [(f"a-{n:028x}", str(n), 1_700_000_000_000_000 + n // 7) for n in range(1234)],
        )

    await anju.store.write(unit)
    body = await taken(await open_client("manager"), "csv", "from=2023-11-14&to=2023-11-15")
    ids = [row[0] for row in csv.reader(io.StringIO(body.decode("utf-8-sig")))][1:]
    assert ids == [f"a-{n:028x}" for n in range(1234)]


# --- reports


async def test_the_morning_report_tells_the_night_and_the_audit_who_read_it(anju, open_client):
    night = anju.now.astimezone(SHANGHAI).replace(hour=23, minute=0, second=0)
    anju.now = night - timedelta(days=1)
    await handled(anju, "1", "real", reason="厨房<b>冒烟</b>")
    await raised(anju, "drill", rule=DRILL_RULE)
    anju.now = night + timedelta(hours=10)
    client = await open_client("supervisor")
    async with client.get(f"/reports/morning?date={night.date()}&lang=zh") as answer:
        assert answer.status == 200
        page = await answer.text()
    assert "厨房&lt;b&gt;冒烟" in page
    assert "真实警情" in page
    assert "演练（不计入）</dt><dd>1<" in page
    assert await steps(anju, "report-view") == [("supervisor", "", f'{{"of":"morning {night.date()}"}}')]
    async with client.get(f"/reports/week?date={night.date()}&lang=en") as answer:
        assert "Fix these" in await answer.text()
    await read(client, "/reports/morning?date=yesterday", 400)
