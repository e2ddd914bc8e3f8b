"""Cleans XML from a camera: bounded size, depth and number of elements, no DTD, UTF-8."""

from __future__ import annotations

import re
from xml.parsers import expat

from gateway.errors import BadInput
from gateway.model import Words

MAX_XML_BYTES = 1 << 20
"""Of one response; 100 events are 42 kB."""
MAX_DEPTH = 64
MAX_ELEMENTS = 8_000
"""100 events are 900; reading 8,000 elements takes the library a tenth of a second."""
MAX_KEPT_BYTES = 64 * 1024
"""Bytes kept of a bad response."""

_DECLARATION = re.compile(r"\s*<\?xml\b[^>]*\?>")
_ENCODING = re.compile(rb"\s*<\?xml\b[^>]{0,100}\bencoding\s*=\s*[\"']([A-Za-z0-9._-]{1,20})[\"']")
_ENCODINGS = {
    "utf-8": "utf-8-sig",
    "utf8": "utf-8-sig",
    "us-ascii": "utf-8",
    "iso-8859-1": "iso-8859-1",
} | dict.fromkeys(("gb2312", "gbk", "gb18030"), "gb18030")


def clean_xml(data: bytes) -> bytes:
    """The same document in UTF-8 without its declaration, safe for any parser; raises BadInput.

    Bytes that are invalid in the declared encoding become U+FFFD: cameras put zone names into their events in GBK and
    declare UTF-8, and an alarm must not be lost for its name.
    """
    if len(data) > MAX_XML_BYTES:
        zh, en = (
            f"内容有 {len(data)} 字节，最多 {MAX_XML_BYTES}",
            f"an answer of {len(data)} bytes, {MAX_XML_BYTES} are the most",
        )
        raise BadInput(Words(zh, en), data[:MAX_KEPT_BYTES])
    declared = _ENCODING.match(data)
    name = declared[1].decode().lower() if declared else "utf-8"
    if name not in _ENCODINGS:
        raise BadInput(Words(f"XML 的编码为 {name!r}", f"XML in the encoding {name!r}"), data[:MAX_KEPT_BYTES])
    text = data.decode(_ENCODINGS[name], errors="replace")
    found = _DECLARATION.match(text)
    clean = text[found.end() if found else 0 :].strip().encode()
    try:
        _XmlScanner().scan(clean)
    except _RejectedXml as unfit:
        raise BadInput(unfit.why, data[:MAX_KEPT_BYTES]) from None
    except (expat.ExpatError, ValueError) as error:
        raise BadInput(_unusable(_location(error), str(error)), data[:MAX_KEPT_BYTES]) from None
    return clean


class _RejectedXml(Exception):
    """Well formed, but not accepted."""

    def __init__(self, zh: str, en: str) -> None:
        super().__init__(en)
        self.why = _unusable(zh, en)


def _unusable(zh: str, en: str) -> Words:
    return Words(f"XML 无法使用：{zh}", f"XML that can't be used: {en}")


def _location(error: Exception) -> str:
    if isinstance(error, expat.ExpatError):
        return f"第 {error.lineno} 行第 {error.offset + 1} 个字符处有语法错误"
    return "有语法错误"


class _XmlScanner:
    """Scans once without building a tree. No entity is ever declared, so none can expand."""

    def __init__(self) -> None:
        self._depth = self._count = 0
        self._parser = expat.ParserCreate(namespace_separator="}")  # as ElementTree: no namespace may hold it
        # Entities can only be declared in a DTD: without one there is no entity bomb.
        self._parser.StartDoctypeDeclHandler = self._doctype
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end

    def scan(self, data: bytes) -> None:
        self._parser.Parse(data, True)

    def _doctype(self, *_: object) -> None:
        raise _RejectedXml("含有 SOAP 禁止的 DTD", "it has a DTD, which SOAP forbids")

    def _start(self, _name: str, _attributes: object) -> None:
        self._depth += 1
        self._count += 1
        if self._depth > MAX_DEPTH or self._count > MAX_ELEMENTS:
            raise _RejectedXml(
                f"超过 {MAX_DEPTH} 层或 {MAX_ELEMENTS} 个元素",
                f"more than {MAX_DEPTH} levels or {MAX_ELEMENTS} elements",
            )

    def _end(self, _name: str) -> None:
        self._depth -= 1
