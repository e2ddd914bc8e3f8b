"""A body in JSON, a form or XML → dicts, lists and text, bounded."""

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
from gateway.protocols.charset import decoded
from gateway.protocols.json_text import read_json, text_of
from gateway.protocols.onvif.xml import clean_xml

Format = Literal["json", "form", "xml"]
Tree = Any
"""dict, list, str, int, float, bool or None."""
MOST_FIELDS = 1000
LARGEST_FORM = 256 * 1024
"""Bytes; pictures come in parts, or in JSON."""
MOST_VALUES = 100_000
"""In JSON. A picture in Base64 is one of them, however large."""
_DECLARED = 128
"""Bytes at the beginning of XML in which its encoding stands."""
_LONGEST_SAID = 200
"""Characters of a parser's complaint, which may hold what it complains of."""
DEEPEST = 64
BLANK = b" \t\r\n\0\xef\xbb\xbf"
"""In front of a body or behind it, with the BOM."""
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


def format_of(content_type: str, body: bytes) -> Format:
    """What a body is in: its first byte decides, for many devices name the wrong type."""
    first = body.lstrip(BLANK)[:1]
    if first == b"<":
        return "xml"
    if first in {b"{", b"["}:
        return "json"
    return _FORMATS.get(content_type.partition(";")[0].strip().lower(), "form")


def read_tree(body: bytes, form: Format, content_type: str = "") -> Tree:
    """Raises BadInput that says what is wrong with it."""
    if not body.strip():
        raise BadInput(Words("内容为空", "the body is empty"), body)
    match form:
        case "json":
            return _json(body, content_type)
        case "form":
            return _form(body, content_type)
        case "xml":
            root = ET.fromstring(_xml(body))  # noqa: S314  # cleaned() lets no DTD, no depth and no size pass
            return {_name(root.tag): _element(root)}


def _json(body: bytes, content_type: str) -> Tree:
    if body.count(b",") > MOST_VALUES:
        raise BadInput(Words(f"JSON 超过 {MOST_VALUES} 个值", f"more than {MOST_VALUES} values in the JSON"), body)
    try:
        tree = read_json(text_of(body, gbk_first=_GBK.search(content_type) is not None))
    except ValueError as error:
        raise BadInput(Words(f"内容不是 JSON{_spot(error)}", f"the body is no JSON: {error}"), body) from None
    if _depth_beyond(tree, DEEPEST):
        raise BadInput(Words(f"JSON 嵌套超过 {DEEPEST} 层", f"the JSON is deeper than {DEEPEST}"), body)
    return tree


def _spot(error: ValueError) -> str:
    return f"（第 {error.lineno} 行第 {error.colno} 个字符起）" if isinstance(error, json.JSONDecodeError) else ""


def _depth_beyond(tree: Tree, left: int) -> bool:
    below: Iterator[Tree] = iter(tree.values() if isinstance(tree, dict) else tree if isinstance(tree, list) else ())
    return left < 0 or any(_depth_beyond(each, left - 1) for each in below)


def _encodings(content_type: str) -> Iterator[str]:
    """To be tried in turn. What is named comes first where it is GBK; a Chinese host that names nothing, or UTF-8, may
    mean GBK all the same, and an alarm must not be lost for its name.
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
                max_num_fields=MOST_FIELDS,
            )
    raise ValueError("neither UTF-8 nor GBK")


def _form(body: bytes, content_type: str) -> Tree:
    if len(body) > LARGEST_FORM:
        zh, en = f"表单超过 {LARGEST_FORM} 字节", f"the body is no form: more than {LARGEST_FORM} bytes"
        raise BadInput(Words(zh, en), body)
    try:
        pairs = _pairs(body, content_type)
    except ValueError as error:
        raise BadInput(Words("内容不是表单", f"the body is no form: {error}"[:_LONGEST_SAID]), body) from None
    tree: dict[str, Tree] = {}
    for name, value in pairs:
        tree[name] = [*_listed(tree[name]), value] if name in tree else value
    return tree


def _xml(body: bytes) -> bytes:
    """As it is, or where that can't be read, with what cameras leave in it mended."""
    text = _xml_text(body.strip(BLANK))
    try:
        return clean_xml(text)
    except BadInput as error:
        try:
            return clean_xml(_mended(text))
        except BadInput:
            raise error from None


def _mended(text: bytes) -> bytes:
    """Without control characters and undeclared prefixes, and with a raw & of somebody's name for what it is."""
    said = _CONTROL.sub("", decoded(text))
    said = _RAW_AMPERSAND.sub("&amp;", said)
    return _PREFIXED_ATTRIBUTE.sub("", _PREFIX.sub(r"\1", said)).encode()


def _xml_text(body: bytes) -> bytes:
    """In UTF-8 where it says UTF-8 or nothing and is GBK: cameras name their zones so."""
    if b"encoding" in body[:_DECLARED] and b"utf-8" not in body[:_DECLARED].lower():
        return body
    return decoded(body).encode()


def _element(element: ET.Element) -> Tree:
    """Text, where there is nothing else; attributes are `_name`, and the text beside them is `_text`."""
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
