"""Bodies of strangers: trees out of JSON, forms and XML; whatever comes is read or told."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.errors import BadInput
from gateway.protocols.mapping.bodies import detect_format, read_tree
from gateway.protocols.mapping.timestamps import parse_timestamp

SHANGHAI = ZoneInfo("Asia/Shanghai")
EIGHT = datetime(2026, 11, 22, 0, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("body", "form", "tree"),
    [
        (b'{"a": [1, {"b": "c"}]}', "json", {"a": [1, {"b": "c"}]}),
        (b"a=1&b=%E9%98%B2&a=2&c=", "form", {"a": ["1", "2"], "b": "防", "c": ""}),
        (b"<a><b>1</b><b>2</b><c/></a>", "xml", {"a": {"b": ["1", "2"], "c": ""}}),
        (b'<x:a xmlns:x="urn:x" n="7"> text <x:b/></x:a>', "xml", {"a": {"_n": "7", "_text": "text", "b": ""}}),
        ('<?xml version="1.0" encoding="GBK"?><a>防区</a>'.encode("gbk"), "xml", {"a": "防区"}),
        ('<?xml version="1.0" encoding="UTF-8"?><a>防区</a>'.encode("gbk"), "xml", {"a": "防区"}),
        ("<a>防区</a>".encode("gbk"), "xml", {"a": "防区"}),
        ("<a>防区</a>".encode("utf-8-sig"), "xml", {"a": "防区"}),
        (b'<?xml version="1.0" encoding="iso-8859-1"?><a>\xe4</a>', "xml", {"a": "ä"}),
    ],
)
def test_trees(body: bytes, form, tree) -> None:
    assert read_tree(body, form) == tree


EAST = {"code": "1130", "name": "东门"}
JSON_OF_EAST = '{"code": "1130", "name": "东门"}'


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gbk", "utf-16"])
@pytest.mark.parametrize("named", ["", "application/json", "application/json; charset=utf-8"])
def test_chinese_hosts_write_gbk_whatever_they_call_it(encoding: str, named: str) -> None:
    assert read_tree(JSON_OF_EAST.encode(encoding), "json", named) == EAST


@pytest.mark.parametrize(
    "body",
    ["code=1130&name=东门".encode("gbk"), b"code=1130&name=%B6%AB%C3%C5", b"code=1130&name=%E4%B8%9C%E9%97%A8"],
)
def test_forms_are_in_gbk_too(body: bytes) -> None:
    assert read_tree(body, "form") == EAST


def test_what_is_named_decides_where_both_would_do() -> None:
    """The two characters of 联通 are the well-known ones whose GBK is UTF-8 as well."""
    body = "name=联通".encode("gbk")
    assert read_tree(body, "form", 'application/x-www-form-urlencoded; charset="GB2312"') == {"name": "联通"}


@pytest.mark.parametrize(
    ("named", "body", "form"),
    [
        ("application/json; charset=utf-8", b"", "json"),
        ("text/plain", b' {"a": 1}', "json"),
        ("", b"<a/>", "xml"),
        ("multipart/form-data", b"a=1", "form"),
        ("application/x-www-form-urlencoded", b"{", "json"),  # as curl -d says of all that it sends
        ("application/x-www-form-urlencoded", b"\xef\xbb\xbf<a/>", "xml"),
        ("application/json", b"<a/>", "xml"),
        ("application/json", b"a=1", "json"),
    ],
)
def test_the_format_is_what_is_named_or_looks_like(named: str, body: bytes, form: str) -> None:
    assert detect_format(named, body) == form


CAMERA = "<E><type>fielddetection</type><name>{}</name></E>"


@pytest.mark.parametrize(
    ("body", "name"),
    [
        (CAMERA.format("A&B"), "A&B"),
        (CAMERA.format("A&amp;B &#65; & &foo;"), "A&B A & &foo;"),
        (CAMERA.format("\x01门\x1f"), "门"),
        (CAMERA.format("门") + "\0\0\r\n", "门"),
        ("\ufeff" + CAMERA.format("门"), "门"),
        ("\r\n\r\n" + CAMERA.format("门"), "门"),
        (CAMERA.format("门").replace("type", "hik:type"), "门"),
        (CAMERA.format("门").replace("<name>", "<name xsi:nil='false'>"), {"_nil": "false", "_text": "门"}),
    ],
)
def test_what_cameras_leave_in_their_xml_costs_no_alarm(body: str, name: object) -> None:
    assert read_tree(body.encode(), "xml") == {"E": {"type": "fielddetection", "name": name}}


PIECES = [b"<a>", b"</a>", b"{", b'"a":', b"[", b"]", b"}", b"1", b",", b"&", b"=", b"<!DOCTYPE"]


@given(
    st.binary(max_size=300) | st.text(max_size=200).map(str.encode) | st.lists(st.sampled_from(PIECES)).map(b"".join),
    st.sampled_from(["json", "form", "xml"]),
)
def test_anything_is_read_or_told(body: bytes, form) -> None:
    with suppress(BadInput):
        read_tree(body, form)


@pytest.mark.parametrize(
    ("value", "form", "read"),
    [
        ("2026-11-22T08:00:00+08:00", None, EIGHT),
        ("2026-11-22 08:00:00", None, EIGHT),
        ("2026-11-22T00:00:00Z", None, EIGHT),
        (1795305600, None, EIGHT),
        ("1795305600000", None, EIGHT),
        ("22/11/2026 08:00", "%d/%m/%Y %H:%M", EIGHT),
        ("soon", None, None),
        (None, None, None),
        (float("1e300"), None, None),
        ([1], None, None),
    ],
)
def test_times_are_read_or_left_out(value: object, form: str | None, read: datetime | None) -> None:
    assert parse_timestamp(value, form, SHANGHAI) == read
