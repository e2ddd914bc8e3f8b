"""Sentences for people, in the two languages of the screen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from gateway.model.json import Json


@dataclass(frozen=True, slots=True)
class Words:
    """One sentence in the two languages of the screen."""

    zh: str
    en: str

    __iter__ = None  # else __getitem__ would make `"x" in words` search without end

    def __getitem__(self, language: str) -> str:
        return self.en if language == "en" else self.zh

    def __str__(self) -> str:
        """The English one, for logs and the command line."""
        return self.en

    @classmethod
    def of(cls, said: Text) -> Words:
        """A text in one language is used for both."""
        return said if isinstance(said, Words) else cls(said, said)


Text = Words | str
"""A sentence for people: in both languages, or in one."""


def as_data(said: Text) -> Json | str:
    """The form in a signal's data: `{"zh", "en"}`, or the text itself."""
    return {"zh": said.zh, "en": said.en} if isinstance(said, Words) else said


def from_data(data: object) -> Text:
    """The reverse of `as_data`; anything else becomes its text."""
    if isinstance(data, Mapping) and {"zh", "en"} <= data.keys():
        return Words(str(data["zh"]), str(data["en"]))
    return str(data)
