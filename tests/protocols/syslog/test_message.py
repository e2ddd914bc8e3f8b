"""What a line says, as the standards' own examples have it, and as devices send it."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from gateway.protocols.syslog.message import SyslogMessage, parse_message
from gateway.settings.patterns import PatternText, compiled, groups

SHANGHAI = ZoneInfo("Asia/Shanghai")
NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


EXAMPLE_3 = (
    "<165>1 2003-10-11T22:14:15.003Z mymachine.example.com evntslog - ID47 "
    '[exampleSDID@32473 iut="3" eventSource="Appli\\]cation" eventID="1011"] \ufeffAn application event log entry'
)


def read(line: str | bytes) -> SyslogMessage:
    return parse_message(line if isinstance(line, bytes) else line.encode(), SHANGHAI, NOW)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (  # RFC 5424, 6.5, examples 1 to 4
            "<34>1 2003-10-11T22:14:15.003Z mymachine.example.com su - ID47 - \ufeff'su root' failed on /dev/pts/8",
            SyslogMessage("'su root' failed on /dev/pts/8", "critical", "mymachine.example.com", "su",
                    datetime(2003, 10, 11, 22, 14, 15, 3000, UTC)),
        ),
        (
            "<165>1 2003-08-24T05:14:15.000003-07:00 192.0.2.1 myproc 8710 - - %% It's time to make the do-nuts.",
            SyslogMessage("%% It's time to make the do-nuts.", "notice", "192.0.2.1", "myproc",
                    datetime(2003, 8, 24, 12, 14, 15, 3, UTC)),
        ),
        (
            EXAMPLE_3,
            SyslogMessage("An application event log entry", "notice", "mymachine.example.com", "evntslog",
                    datetime(2003, 10, 11, 22, 14, 15, 3000, UTC)),
        ),
        (
            '<165>1 - - - - - [exampleSDID@32473 iut="3"][examplePriority@32473 class="high"]',
            SyslogMessage("", "notice"),
        ),
        (  # RFC 3164, 5.4, examples 1 and 2
            "<34>Oct 11 22:14:15 mymachine su: 'su root' failed for lonvick on /dev/pts/8",
            SyslogMessage("'su root' failed for lonvick on /dev/pts/8", "critical", "mymachine", "su",
                    datetime(2026, 10, 11, 14, 14, 15, tzinfo=UTC)),
        ),
        ("Use the BFG!", SyslogMessage("Use the BFG!", "notice")),
        ("<13>Dec 31 23:59:59 host alarmd[7]: x", SyslogMessage("x", "notice", "host", "alarmd",
                                                          datetime(2026, 12, 31, 15, 59, 59, tzinfo=UTC))),
        (  # rsyslog's RSYSLOG_ForwardFormat, MikroTik
            "<13>2026-11-22T20:00:00.123456+08:00 host alarmd: x",
            SyslogMessage("x", "notice", "host", "alarmd", datetime(2026, 11, 22, 12, 0, 0, 123456, UTC)),
        ),
        (  # Huawei's switches
            "<190>Nov 22 2026 20:00:00 HUAWEI %%01IFNET/4/LINK(l)[0]:down",
            SyslogMessage("%%01IFNET/4/LINK(l)[0]:down", "info", "HUAWEI", "",
                          datetime(2026, 11, 22, 12, 0, tzinfo=UTC)),
        ),
        ("<190>2026-11-22 20:00:00 HUAWEI x", SyslogMessage("x", "info", "HUAWEI", "",
                                                      datetime(2026, 11, 22, 12, 0, tzinfo=UTC))),
        (  # H3C's
            "<189>Nov 22 20:00:00 2026 H3C %%10IFNET/3/PHY_UPDOWN: down",
            SyslogMessage("%%10IFNET/3/PHY_UPDOWN: down", "notice", "H3C", "",
                          datetime(2026, 11, 22, 12, 0, tzinfo=UTC)),
        ),
        ("<13>Nov 2 20:00:00.5 h x", SyslogMessage("x", "notice", "h", "", datetime(2026, 11, 2, 12, 0, tzinfo=UTC))),
        ("<13>2026-13-41T20:00:00Z host alarmd: x", SyslogMessage("x", "notice", "host", "alarmd")),
        ("<999>odd", SyslogMessage("<999>odd", "notice")),
        ("<13>Feb 31 10:00:00 host x", SyslogMessage("x", "notice", "host")),
    ],
)  # fmt: skip
def test_parsed_lines(line: str, message: SyslogMessage) -> None:
    assert read(line) == message


def test_the_year_is_the_nearest() -> None:
    early = datetime(2026, 1, 1, 0, 30, tzinfo=UTC)
    assert parse_message(b"<13>Dec 31 23:59:59 h x", ZoneInfo("UTC"), early).at == datetime(
        2025, 12, 31, 23, 59, 59, tzinfo=UTC
    )


def test_a_clock_ahead_of_ours_may_be_in_the_next_year() -> None:
    late = datetime(2026, 12, 31, 23, 59, tzinfo=UTC)
    assert parse_message(b"<13>Jan  1 00:00:30 h x", ZoneInfo("UTC"), late).at == datetime(
        2027, 1, 1, 0, 0, 30, tzinfo=UTC
    )


def test_chinese_devices_write_gbk() -> None:
    assert read("<13>市电中断".encode("gb18030")).text == "市电中断"


@given(st.binary(max_size=300) | st.text(max_size=200).map(lambda text: b"<13>1 " + text.encode("utf-8", "replace")))
def test_anything_is_a_message(line: bytes) -> None:
    assert isinstance(read(line).text, str)


@pytest.mark.parametrize(
    "hostile",
    [
        "<13>1 - - - - - [" + 'a="' * 2700,
        "<13>1 - - - - - " + '[a="\\"]' * 1100,
        "<13>1 - - - - - " + "[a]" * 2700 + "x",
        "<13>1 - - - - - [" + 'a="b" ' * 1300,
        "<13>1 " + "a " * 4000,
        "<13>" + "Oct 11 22:14:15 " * 500,
        "<13>" + "a[" * 4000,
    ],
)
def test_no_line_takes_long(hostile: str) -> None:
    started = time.process_time()
    read(hostile)
    assert time.process_time() - started < 0.05


def test_a_pattern_that_backtracks_in_other_engines_is_quick() -> None:
    started = time.process_time()
    assert compiled("(a+)+$").search("a" * 8000 + "!") is None
    assert time.process_time() - started < 0.1


def test_named_parts() -> None:
    found = compiled(r"防区(?P<zone>\d+)(?P<more>x)?").search("主机:防区12报警")
    assert groups(found) == {"zone": "12"}


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("(", "is no pattern: missing ): (, correct it; the syntax is RE2's"),
        ("(?=a)b", "invalid perl operator: (?=, lookaround is not supported"),
        (r"a\Z", r"write \z or $ for the end"),
        ("(x{1000}){1000}", "invalid repetition size"),
        ("", "at least 1 character"),
    ],
)
def test_a_mistake_in_a_pattern_is_explained(pattern: str, expected: str) -> None:
    with pytest.raises(ValidationError) as refused:
        TypeAdapter(PatternText).validate_python(pattern)
    assert expected in str(refused.value)
