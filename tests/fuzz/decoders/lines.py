"""Lines of text: syslog by TCP, in both ways to end a message, and by UDP; captures."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

from drivers.syslog_lines import SyslogLines, _applies
from gateway.errors import BadInput
from gateway.links import capture
from gateway.protocols.syslog.message import parse_message
from gateway.protocols.syslog.stream import MAX_MESSAGE_BYTES, OverlongMessage, SyslogStreamDecoder
from gateway.settings.patterns import groups
from tests.fuzz.subject import Feed, Subject, device, recordable

NOW = datetime(2026, 11, 22, 8, 0, 0, tzinfo=UTC)


@lru_cache
def _lines_driver() -> SyslogLines:
    patterns = [
        {"match": r"Zone (?P<zone>\d+) alarm( by (?P<cause>\w+))?", "kind": "zone.alarm", "app": "alarmd"},
        {"match": "市电(断电|中断)", "kind": "panel.mains_lost"},
        {"match": r"#(?P<id>\S*)", "kind": "x.d"},
        {"match": r"(?P<a>.*)fan(?P<b>(.|\s)*)", "kind": "device.faulted", "severity": ["critical", "notice"]},
    ]
    settings = SyslogLines.Settings.model_validate(
        {"listen": "127.0.0.1:5514", "transport": ["tcp", "udp"], "patterns": patterns}
    )
    return SyslogLines(device("syslog_lines"), settings, None, None)


def _line(line: bytes) -> None:
    driver, message = _lines_driver(), parse_message(line, ZoneInfo("Asia/Shanghai"), NOW)
    for pattern, each in driver._patterns:
        if found := pattern.search(message.text) if _applies(each, message) else None:
            recordable(driver._signal(each, groups(found), message, None))


def _syslog() -> Feed:
    stream = SyslogStreamDecoder()

    def feed(chunk: bytes) -> None:
        for item in stream.feed(chunk) if chunk else stream.end():
            if not isinstance(item, OverlongMessage):
                _line(item)

    return feed


_SYSLOG = [
    b'<34>1 2026-11-22T08:00:00.003Z host alarmd 12 ID47 [a@1 k="v\\"" z=""][b] \xef\xbb\xbfZone 12 alarm by cut',
    b"<13>Nov 22 08:00:00 host alarmd[77]: Zone 3 alarm",
    b"<191>Feb 29 23:59:59 h fan failure #77",
    b"no header at all",
    "<10>Nov  2 08:00:00 ups 市电中断".encode("gb18030"),
    "<2>1 - - - - - - 市电断电".encode(),
]


def _capture(file: bytes) -> None:
    for _, piece in capture.pieces(file.decode("utf-8", "replace").splitlines()):
        capture.redacted(piece.data, [b"secret"])


_TAPE = (
    b'{"anju": "capture", "device": "d", "kind": "k"}\n'
    b'{"t": 0.01, "way": "in", "data": "aa5501", "peer": "10.0.0.7:1"}\n'
)


def subjects() -> Sequence[Subject]:
    ended = [line + b"\n" for line in _SYSLOG]
    counted = [b"%d %s" % (len(line), line) for line in _SYSLOG]
    parts, keys = (b'[a b="', b'"]', b" - - - ", b"<999>"), (b'"t"', b'"data"', b"null", b"{}", b"\n")
    return [
        Subject("syslog-lines", _syslog, lambda: ended, words=(b"\n", b"<"), holds=4 * MAX_MESSAGE_BYTES),
        Subject(
            "syslog-counted", _syslog, lambda: counted, words=(b"\n", b"9 <", b"99999 <1"), holds=4 * MAX_MESSAGE_BYTES
        ),
        Subject("syslog-datagrams", lambda: _line, lambda: _SYSLOG, whole=True, words=parts),
        Subject("capture", lambda: _capture, lambda: [_TAPE], (BadInput,), whole=True, words=keys),
    ]
