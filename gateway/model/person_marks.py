"""Persons in sentences that are kept: their id stands there as a mark, and the name is put in when it is shown.

A reason of an alert says `发现布控人员 {person:p-77}`. So no name is written into the journal, the decisions, the index
of words or a report, and none has to be found again there when a person is deleted.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from gateway.model.words import Words

_MARK = re.compile(r"\{person:([^{}\s]{1,80})\}")
NameOf = Callable[[str], str | None]
"""The name of the person with this id; None for an unknown one, and for one who was deleted."""


def person_mark(person: str) -> str:
    """What stands for the person in a sentence; the text itself where it is no id."""
    mark = f"{{person:{person}}}"
    return mark if _MARK.fullmatch(mark) else person


def with_names(words: Words, name_of: NameOf) -> Words:
    """The sentence with names in the place of marks; the id where the name is not known."""
    if "{person:" not in words.zh and "{person:" not in words.en:
        return words
    return Words(named(words.zh, name_of), named(words.en, name_of))


def named(text: str, name_of: NameOf) -> str:
    """One text with names in the place of marks."""
    return _MARK.sub(lambda found: name_of(found[1]) or found[1], text)


def named_data(data: Any, name_of: NameOf) -> Any:
    """JSON that was kept, such as a signed report, with names in all of its texts."""
    if isinstance(data, str):
        return named(data, name_of)
    if isinstance(data, Mapping):
        return {key: named_data(value, name_of) for key, value in data.items()}
    if isinstance(data, Sequence):
        return [named_data(value, name_of) for value in data]
    return data


def with_ids(words: Words) -> Words:
    """The sentence with ids in the place of marks: for what leaves the compound."""
    return with_names(words, lambda _person: None)
