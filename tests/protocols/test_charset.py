"""Text that does not say in which encoding it is."""

from __future__ import annotations

import pytest

from gateway.protocols.charset import decode_text


@pytest.mark.parametrize("text", ["客厅", "通", "1号楼·厨房（北）", "hall", "", "玥玥卧室"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gbk", "gb18030"])
def test_chinese_is_read_in_either(text: str, encoding: str) -> None:
    assert decode_text(text.encode(encoding)) == text


@pytest.mark.parametrize("text", ["Küche", "Дверь", "πόρτα", "باب", "🔥"])
def test_other_languages_are_read_in_utf_8(text: str) -> None:
    assert decode_text(text.encode()) == text


def test_what_is_named_decides_and_what_is_neither_is_marked() -> None:
    assert decode_text("联通".encode("gbk"), gbk_first=True) == "联通"
    assert decode_text(b"a\xff\xffb") == "a��b"
