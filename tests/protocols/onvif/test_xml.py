"""What passes the gate can't hurt what stands behind it."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.errors import BadInput
from gateway.protocols.onvif.xml import MAX_DEPTH, MAX_ELEMENTS, MAX_KEPT_BYTES, MAX_XML_BYTES, clean_xml


def test_text_in_gbk_that_says_utf8_is_not_lost() -> None:
    said = b'<?xml version="1.0" encoding="UTF-8"?><a>' + "北门".encode("gbk") + b"</a>"
    assert clean_xml(said).startswith("<a>�".encode())


@pytest.mark.parametrize("name", ["GB2312", "gbk", "gb18030"])
def test_chinese_encodings_are_read(name: str) -> None:
    said = f'<?xml version="1.0" encoding="{name}"?><a>'.encode() + "北门".encode(name) + b"</a>"
    assert clean_xml(said) == "<a>北门</a>".encode()


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b'<?xml version="1.0" encoding="UTF-7"?><a/>', "utf-7"),
        (b'<!DOCTYPE a SYSTEM "http://192.0.2.1/x"><a/>', "DTD"),
        (b'<a xmlns="}"/>', "can't be used"),
        (b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>', "DTD"),
        ('<!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>'.encode("utf-16"), "invalid|not well-formed"),
        (b"<a>&x;</a>", "undefined entity"),
        (b"<a>" * (MAX_DEPTH + 1) + b"</a>" * (MAX_DEPTH + 1), "levels"),
        (b"<a>" + b"<b/>" * MAX_ELEMENTS + b"</a>", "elements"),
        (b"<a>" + b"b" * MAX_XML_BYTES + b"</a>", "the most"),
        (b"<a\x00/>", "not well-formed"),
        (b"", "no element"),
    ],
)
def test_what_is_refused(data: bytes, why: str) -> None:
    with pytest.raises(BadInput, match=why) as caught:
        clean_xml(data)
    assert len(caught.value.data) <= MAX_KEPT_BYTES


@given(st.binary(max_size=300) | st.text(alphabet="<>/&;!?[]\"'=ab: xmlnsDOCTYPE", max_size=300).map(str.encode))
def test_anything_is_cleaned_or_refused(data: bytes) -> None:
    with suppress(BadInput):
        assert b"<!DOCTYPE" not in clean_xml(data) or b"<![CDATA[" in data or b"<!--" in data
