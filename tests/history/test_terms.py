"""What is found by which words, matched by SQLite itself."""

from __future__ import annotations

import sqlite3
from datetime import UTC, datetime

import pytest

from gateway.history.terms import Wanted, document, match
from gateway.model import Alert, AlertState, Disposition, Severity, Signal, Step, Words

NOW = datetime(2026, 11, 30, 8, tzinfo=UTC)
ALERT = Alert(
    id="a-1",
    rule="home",
    key="k",
    severity=Severity.CRITICAL,
    state=AlertState.CLOSED,
    place="b3/u1/1502",
    device="Home_1502",
    reason=Words("3号楼1502室厨房漏水了", "Water leak in the kitchen, flat 1502"),
    raised_at=NOW,
    last_at=NOW,
    disposition=Disposition.FALSE,
)
STEPS = [Step("a-1", "close", "张 班长", NOW, '水管已"修好" OR 1=1*')]
SIGNALS = [
    Signal(device="east-cam", kind="plate.read", data={"text": "苏M8K217"}),
    Signal(device="east-cam", kind="face.watchlisted", data={"person": "p-77", "name": "某人"}),
    Signal(device="anju", kind="report.made", data={"text": "楼上装修太吵"}),
]


@pytest.fixture(scope="module")
def fits():
    connection = sqlite3.connect(":memory:")
    connection.execute(
        "CREATE VIRTUAL TABLE w USING fts5 (words, tokenize = \"unicode61 remove_diacritics 0 tokenchars ':/._-@'\")"
    )
    connection.execute("INSERT INTO w VALUES (?)", (document(ALERT, STEPS, SIGNALS),))
    yield lambda wanted: bool(connection.execute("SELECT 1 FROM w WHERE w MATCH ?", (match(wanted),)).fetchall())
    connection.close()


@pytest.mark.parametrize(
    "wanted",
    [
        Wanted(places=["b3"]),
        Wanted(places=["b4", "b3"]),
        Wanted(places=["b3/u1"]),
        Wanted(places=["b3/u1/1502"]),
        Wanted(device="Home_1502"),
        Wanted(device="east-cam"),
        Wanted(rule="home", severity="critical", disposition="false"),
        Wanted(kind="plate.read"),
        Wanted(guard="张 班长"),
        Wanted(plate="苏M8K217"),
        Wanted(plate="8k2"),
        Wanted(plate="217"),
        Wanted(persons=["p-77"], person="谁"),
        Wanted(person="漏水"),
        Wanted(words="漏水"),
        Wanted(words="厨房漏水"),
        Wanted(words="水"),
        Wanted(words="了"),
        Wanted(words="1502室厨房"),
        Wanted(words="KITCHEN leak"),
        Wanted(words="kitch"),
        Wanted(words="修好"),
        Wanted(words="装修太吵"),
        Wanted(words='修好" OR "x'.replace("x", "or")),
    ],
)
def test_what_is_in_it_is_found(fits, wanted):
    assert fits(wanted)


@pytest.mark.parametrize(
    "wanted",
    [
        Wanted(places=["b30"]),
        Wanted(places=["b3/u"]),
        Wanted(device="home"),
        Wanted(disposition="real"),
        Wanted(plate="苏M8K218"),
        Wanted(persons=["p-7"]),
        Wanted(person="王"),
        Wanted(words="水漏"),
        Wanted(words="厨房水"),
        Wanted(words="漏水", places=["b4"]),
        Wanted(words="…"),
        Wanted(words="place:b3"),
        Wanted(words="kitchen fire"),
        Wanted(words="itchen"),
    ],
)
def test_what_is_not_in_it_is_not(fits, wanted):
    assert not fits(wanted)


def test_nothing_wanted_is_no_condition():
    assert match(Wanted()) == ""


@pytest.mark.parametrize("text", ['"', "*", "NEAR(", "a:b", "^", "-x", "' OR 1", "\x00", "AND", "(", "苏" * 500])
def test_whatever_is_typed_is_a_valid_expression(fits, text):
    for name in ("words", "person", "plate", "guard"):
        fits(Wanted(**{name: text}))
    fits(Wanted(places=[text], persons=[text, text]))
