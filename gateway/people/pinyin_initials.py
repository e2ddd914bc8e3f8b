"""Initials of a Chinese name's pinyin: 王建国 is `wjg`. No dictionary is needed.

The 3,755 common characters of GB 2312 (level 1) stand in the order of their pinyin, so a character's place tells its
initial. Of the others, which stand in the order of radicals, only the commonest in names are listed; the rest fit any
letter. Of a character with several readings the one of GB 2312 counts, and for surnames the one of surnames.
"""

from __future__ import annotations

import bisect

ANY = "?"
"""The initial of a character whose reading is not known here."""
_FIRSTS = "啊芭擦搭蛾发噶哈击喀垃妈拿哦啪期然撒塌挖昔压匝"
_LETTERS = "abcdefghjklmnopqrstwxyz"
_SURNAMES = {
    character: letter
    for letter, characters in {
        "c": "褚谌", "d": "邓", "g": "盖", "h": "郝", "j": "靳", "k": "阚", "l": "骆娄", "m": "缪", "p": "朴逄",
        "q": "仇覃亓", "s": "单佘邵", "w": "邬", "x": "解肖邢奚", "y": "尉闫阎", "z": "曾查翟昝",
    }.items()
    for character in characters
}  # fmt: skip
"""Surnames that are not in level 1, or are read otherwise there."""
_GIVEN = {
    character: letter
    for letter, characters in {
        "b": "斌彬", "c": "琛翀", "f": "菲", "h": "昊泓涵晗晖", "j": "婧瑾珺璟", "k": "恺珂", "l": "璐莉琳",
        "m": "铭淼", "n": "楠", "q": "琪沁淇琦祺", "r": "睿榕", "s": "晟珊", "t": "婷湉", "w": "炜", "x": "鑫璇昕曦",
        "y": "妍芸瑜煜烨怡钰滢昱懿焱瑗瑛祎翊", "z": "梓桢",
    }.items()
    for character in characters
}  # fmt: skip
"""Characters outside level 1 that are common in given names."""


def _level_1(character: str) -> int | None:
    """The place of the character in level 1 of GB 2312; None for any other."""
    try:
        code = character.encode("gb2312")
    except UnicodeEncodeError:
        return None
    number = int.from_bytes(code, "big")
    return number if len(code) == 2 and 0xB0A1 <= number <= 0xD7F9 else None


_BEGINS = [int.from_bytes(first.encode("gb2312"), "big") for first in _FIRSTS]


def _initial(character: str, *, surname: bool) -> str:
    if character.isascii():
        return character.lower() if character.isalnum() else ""
    if surname and character in _SURNAMES:
        return _SURNAMES[character]
    if character in _GIVEN:
        return _GIVEN[character]
    place = _level_1(character)
    return ANY if place is None else _LETTERS[bisect.bisect_right(_BEGINS, place) - 1]


def initials(name: str) -> str:
    """One letter for each character, in small letters; ANY where the reading is not known."""
    return "".join(_initial(character, surname=number == 0) for number, character in enumerate(name))


def fits(wanted: str, known: str) -> bool:
    """Whether the letters stand one after the other in the initials; ANY fits each letter."""
    if ANY not in known:
        return wanted in known
    last = len(known) - len(wanted)
    return any(
        all(have in (letter, ANY) for letter, have in zip(wanted, known[start:], strict=False))
        for start in range(last + 1)
    )
