"""What leaves the compound, and in which words."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from gateway.model import AlertState, Incident, Member, Relation, Severity, Words
from gateway.notify import Message
from gateway.notify.compose import digest_message, incident_messages, report_message
from gateway.notify.message import Body
from gateway.notify.rows import Waiting
from tests.support.notifications import NOTE

NOW = datetime(2026, 11, 30, 8, tzinfo=UTC)
NAMES = {"b3/u1": Words("3号楼1单元", "Building 3 Unit 1"), "b3/u1/1502": Words("1502室", "Room 1502")}


INCIDENT = Incident(
    id="i-1",
    members=(Member("a-1", Relation.FIRST, "b3/u1/1502", Severity.CRITICAL, kind="fire.alarm"),),
    severity=Severity.CRITICAL,
    state=AlertState.NEW,
    place="b3/u1/1502",
    top="a-1",
    why=Words("", ""),
    opened_at=NOW,
    last_at=NOW,
)


def messages(incident=INCIDENT, *, step="1", recipients=()) -> list[Message]:
    return incident_messages(
        incident,
        step=step,
        notifier="wecom",
        place_name=NAMES.__getitem__,
        text=Words("90 秒未接警", "not acknowledged in 90 s"),
        reason=Words("王建国家厨房烟雾报警", "Smoke in the kitchen of Wang Jianguo"),
        public_url="https://anju.example/",
        recipients=recipients,
    )


def told(**more) -> Message:
    [message] = messages(**more)
    return message


def test_a_drill_stays_in_the_compound():
    assert messages(replace(INCIDENT, drill=True)) == []


def test_an_unknown_kind_is_left_out_and_a_third_partys_is_its_own_name():
    [member] = INCIDENT.members
    assert told(incident=replace(INCIDENT, members=(replace(member, kind=""),))).title.zh == "【紧急】3号楼1单元"
    assert "x.acme" in told(incident=replace(INCIDENT, members=(replace(member, kind="x.acme"),))).title.zh


def test_it_says_how_grave_and_where_and_names_neither_room_nor_resident():
    said = told().allowed(())
    assert (said.title.zh, said.title.en) == ("【紧急】火警 · 3号楼1单元", "[Critical] Fire alarm · Building 3 Unit 1")
    assert "1502" not in said.body()
    assert "王建国" not in said.body()
    assert "Wang" not in said.body()
    assert said.link == "https://anju.example/#/alerts/i-1"


def test_the_yaml_decides_what_else_it_names():
    assert told().allowed(["room"]).text.zh == "90 秒未接警\n位置：1502室"
    everything = told().allowed(["room", "reason"]).text
    assert everything.zh.endswith("位置：1502室\n原因：王建国家厨房烟雾报警")
    assert everything.en.endswith("Reason: Smoke in the kitchen of Wang Jianguo")


def test_the_same_step_is_the_same_row_and_another_is_not():
    assert told().row_id() == told().row_id()
    others = {told(step="2").row_id(), told(recipients=["1"]).row_id(), replace(told(), notifier="sms").row_id()}
    assert len(others | {told().row_id()}) == 4


def test_a_body_is_read_as_it_was_written():
    said = told(recipients=["13800000000"]).allowed(["room"])
    assert Body.read(said.body()) == Body(said.title, said.text, ("13800000000",), said.link, 1)


def waiting(number: int, severity: Severity = Severity.HIGH, count: int = 1) -> Waiting:
    body = Body(Words(f"第{number}件", f"Matter {number}"), Words("", ""), (), "https://anju.example/#/alerts/x", count)
    return Waiting(f"n-{number}", "it", severity, NOW, NOW, 0, body)


def test_a_digest_counts_names_the_first_and_says_how_many_more():
    rows = [waiting(1, Severity.CRITICAL), *(waiting(number) for number in range(2, 8)), waiting(8, Severity.LOW, 10)]
    digest = digest_message("it", rows)
    assert digest.severity is Severity.CRITICAL
    assert digest.count == 17
    assert digest.title.zh == "【紧急】共17条，合并发送"
    assert digest.text.zh.splitlines() == [
        "紧急 1，重要 6，提示 10",
        *(f"第{number}件" for number in range(1, 6)),
        "还有12条",
    ]
    assert digest.text.en.endswith("and 12 more")
    assert digest.link == "https://anju.example/"
    assert digest.row_id() == digest_message("it", rows).row_id() != digest_message("it", rows[1:]).row_id()


def test_a_report_is_told_once_and_by_any_notifier():
    report = report_message(
        report="morning/2026-11-30", notifier="mail", title=Words("夜间报告", "The night"), text=Words("平安", "calm")
    )
    assert not report.of_incident
    assert report.allowed(()).text.zh == "平安"


@pytest.mark.parametrize(
    ("language", "title", "text"),
    [
        ("zh", "【重要】东门", "90 秒未接警"),
        ("en", "[High] East gate", "not acknowledged in 90 s"),
        ("both", "【重要】东门 / [High] East gate", "90 秒未接警\nnot acknowledged in 90 s"),
    ],
)
def test_a_notifier_speaks_its_language(language, title, text):
    said = replace(NOTE, language=language)
    assert (said.said_title(), said.said_text()) == (title, text)
    assert said.said() == f"{title}\n{text}\n{NOTE.link}"
