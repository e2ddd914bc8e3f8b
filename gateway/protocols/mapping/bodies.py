"""Parses a body in JSON, a form or XML to dicts, lists and text, bounded."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import suppress
from typing import Any, Literal
from urllib.parse import parse_qsl
from xml.etree import ElementTree as ET

from gateway.errors import BadInput
from gateway.model import Words
from gateway.protocols.charset import decode_text
from gateway.protocols.json_text import read_json, text_of
from gateway.protocols.onvif.xml import clean_xml

Format = Literal["json", "form", "xml"]
Tree = Any
"""dict, list, str, int, float, bool or None."""
MAX_FIELDS = 1000
MAX_FORM_BYTES = 256 * 1024
"""Pictures come in multipart bodies or in JSON, not in forms."""
MAX_VALUES = 100_000
"""Values in JSON. A picture in Base64 is one value, however large."""
_XML_HEAD = 128
"""Bytes at the beginning of XML that hold its encoding."""
_MAX_ERROR_LENGTH = 200
"""Characters of a parser's error, which may quote its input."""
MAX_DEPTH = 64
BLANK = b" \t\r\n\0\xef\xbb\xbf"
"""Bytes that may surround a body, with those of the BOM."""
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
_RAW_AMPERSAND = re.compile(r"&(?!(?:amp|lt|gt|quot|apos|#[0-9]{1,7}|#x[0-9A-Fa-f]{1,6});)")
_PREFIX = re.compile(r"(</?)[A-Za-z_][\w.-]{0,60}:(?=[A-Za-z_])")
_PREFIXED_ATTRIBUTE = re.compile(r"(?<=\s)(?!xml)[A-Za-z_][\w.-]{0,60}:(?=[A-Za-z_][\w.-]{0,60}\s*=\s*[\"'])")
_GBK = re.compile(r"charset\s*=\s*\"?gb", re.IGNORECASE)

_FORMATS: dict[str, Format] = {
    "application/json": "json",
    "application/x-www-form-urlencoded": "form",
    "application/xml": "xml",
    "text/xml": "xml",
}


def detect_format(content_type: str, body: bytes) -> Format:
    """The format of a body. Its first byte decides, for many devices send the wrong type."""
    first = body.lstrip(BLANK)[:1]
    if first == b"<":
        return "xml"
    if first in {b"{", b"["}:
        return "json"
    return _FORMATS.get(content_type.partition(";")[0].strip().lower(), "form")


def read_tree(body: bytes, form: Format, content_type: str = "") -> Tree:
    """Parse a body; raises BadInput that says what is wrong with it."""
    if not body.strip():
        raise BadInput(Words("内容为空", "the body is empty"), body)
    match form:
        case "json":
            return _json(body, content_type)
        case "form":
            return _form(body, content_type)
        case "xml":
            root = ET.fromstring(_xml(body))  # noqa: S314  # clean_xml() lets no DTD, no depth and no size pass
            return {_name(root.tag): _element(root)}


def _json(body: bytes, content_type: str) -> Tree:
    # Counted before parsing: a million empty lists in 3 MB become more than 60 MB of objects.
    if body.count(b",") > MAX_VALUES:
        raise BadInput(Words(f"JSON 超过 {MAX_VALUES} 个值", f"more than {MAX_VALUES} values in the JSON"), body)
    try:
        tree = read_json(text_of(body, gbk_first=_GBK.search(content_type) is not None))
    except ValueError as error:
        raise BadInput(Words(f"内容不是 JSON{_position(error)}", f"the body is no JSON: {error}"), body) from None
    if _depth_beyond(tree, MAX_DEPTH):
        raise BadInput(Words(f"JSON 嵌套超过 {MAX_DEPTH} 层", f"the JSON is deeper than {MAX_DEPTH}"), body)
    return tree


def _position(error: ValueError) -> str:
    return f"（第 {error.lineno} 行第 {error.colno} 个字符起）" if isinstance(error, json.JSONDecodeError) else ""


def _depth_beyond(tree: Tree, left: int) -> bool:
    below: Iterator[Tree] = iter(tree.values() if isinstance(tree, dict) else tree if isinstance(tree, list) else ())
    return left < 0 or any(_depth_beyond(each, left - 1) for each in below)


def _encodings(content_type: str) -> Iterator[str]:
    """The encodings to try, in order: GBK first if it is declared.

    A Chinese device that declares nothing, or UTF-8, may send GBK all the same, and no alarm may be lost for that.
    """
    if _GBK.search(content_type):
        yield "gb18030"
    yield from ("utf-8-sig", "gb18030")


def _pairs(body: bytes, content_type: str) -> list[tuple[str, str]]:
    for encoding in _encodings(content_type):
        with suppress(UnicodeDecodeError):
            return parse_qsl(
                body.decode(encoding),
                keep_blank_values=True,
                strict_parsing=True,
                encoding=encoding,
                errors="strict",
                max_num_fields=MAX_FIELDS,
            )
    raise ValueError("neither UTF-8 nor GBK")


def _form(body: bytes, content_type: str) -> Tree:
    if len(body) > MAX_FORM_BYTES:  # forms hold no pictures, so no report is as large as this
        zh, en = f"表单超过 {MAX_FORM_BYTES} 字节", f"the body is no form: more than {MAX_FORM_BYTES} bytes"
        raise BadInput(Words(zh, en), body)
    try:
        pairs = _pairs(body, content_type)
    except ValueError as error:
        raise BadInput(Words("内容不是表单", f"the body is no form: {error}"[:_MAX_ERROR_LENGTH]), body) from None
    tree: dict[str, Tree] = {}
    for name, value in pairs:
        tree[name] = [*_listed(tree[name]), value] if name in tree else value  # a repeated field becomes a list
    return tree


def _xml(body: bytes) -> bytes:
    """The XML as it is, or if it can't be read, with cameras' usual mistakes repaired."""
    text = _xml_text(body.strip(BLANK))
    try:
        return clean_xml(text)
    except BadInput as error:
        try:
            return clean_xml(_repaired(text))
        except BadInput:
            raise error from None  # the error of the original: the repaired text is nothing that anybody sent


def _repaired(text: bytes) -> bytes:
    """Without control characters and undeclared prefixes, and with every raw & (of a person's name) escaped."""
    repaired = _CONTROL.sub("", decode_text(text))
    repaired = _RAW_AMPERSAND.sub("&amp;", repaired)
    return _PREFIXED_ATTRIBUTE.sub("", _PREFIX.sub(r"\1", repaired)).encode()


def _xml_text(body: bytes) -> bytes:
    """In UTF-8. XML that declares UTF-8 or nothing may be GBK all the same: cameras write the names of zones so."""
    if b"encoding" in body[:_XML_HEAD] and b"utf-8" not in body[:_XML_HEAD].lower():
        return body
    return decode_text(body).encode()


def _element(element: ET.Element) -> Tree:
    """The text of an element without attributes and children; else a dict, with attributes as `_name`, text `_text`."""
    tree: dict[str, Tree] = {f"_{_name(name)}": value for name, value in element.attrib.items()}
    for child in element:
        name, value = _name(child.tag), _element(child)
        tree[name] = [*_listed(tree[name]), value] if name in tree else value
    text = (element.text or "").strip()
    if not tree:
        return text
    return {**tree, "_text": text} if text else tree


def _name(tag: str) -> str:
    return tag.rpartition("}")[2]


def _listed(value: Tree) -> list[Tree]:
    return value if isinstance(value, list) else [value]
