"""Takes a person out of texts and JSON: names, phones, plates, ID numbers, and the id where it stands alone."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from gateway.model import person_mark
from gateway.privacy.identity import Identity, is_searchable
from gateway.store.columns import to_json

ERASED = "[已删除]"
"""Stands where something was taken out; the same in both languages, so that it is never mistaken for a word."""


class Scrubber:
    """Finds what `identity` says, however it is spaced: `138 1234 5678`, `苏M·12345`, `wang jianguo`."""

    def __init__(self, identity: Identity) -> None:
        self._person = identity.person
        names = [_name(name) for name in identity.names if is_searchable(name)]
        spaced = (*identity.phones, *identity.plates, *identity.numbers)
        names += [_spaced(text) for text in spaced if is_searchable(text)]
        # JSON inside of JSON, and what a device sent as it was: characters as \uXXXX.
        names += [re.escape(escaped) for text in identity.texts if "\\u" in (escaped := json.dumps(text)[1:-1])]
        ids = [re.escape(person_mark(identity.person))]
        ids.append(rf"(?<![\w-])(?:person|resident):{re.escape(identity.person)}(?![\w-])")
        self._pattern = re.compile("|".join(names + ids), re.IGNORECASE)
        self._names = re.compile("|".join(names) or r"(?!)", re.IGNORECASE)

    def text(self, text: str) -> str:
        """The text without the person."""
        return ERASED if text == self._person else self._pattern.sub(ERASED, text)

    def column(self, value: str) -> str:
        """A column's text; JSON stays JSON, in its one canonical form. Unchanged when nothing is in it."""
        if value[:1] in {"{", "["}:
            try:
                data = json.loads(value)
            except ValueError:
                return self.text(value)
            scrubbed = self.data(data)
            return value if scrubbed == data else _as_json(scrubbed)
        return self.text(value)

    def names_in(self, value: str) -> bool:
        """Whether a name, phone, plate or number stands in the text; the person's id does not count."""
        return self._names.search(value) is not None

    def without_names(self, value: str) -> str:
        """The text or JSON as it is, but for names, phones, plates and numbers: for the audit, which keeps ids."""
        return self._names.sub(ERASED, value)

    def may_hold(self, value: str) -> bool:
        """A quick look, before JSON is taken apart."""
        return self._person in value or self._pattern.search(value) is not None

    def data(self, data: Any) -> Any:
        """JSON without the person."""
        if isinstance(data, str):
            return self.text(data)
        if isinstance(data, Mapping):
            return {self.text(key): self.data(value) for key, value in data.items()}
        if isinstance(data, Sequence):
            return [self.data(value) for value in data]
        if isinstance(data, int) and not isinstance(data, bool):  # a phone that was sent as a number
            return ERASED if self._pattern.fullmatch(str(data)) else data
        return data


def _as_json(data: Any) -> str:
    return to_json(data) if isinstance(data, dict) else json.dumps(data, ensure_ascii=False, separators=(",", ":"))


def _name(name: str) -> str:
    """A name; of letters as whole words, so that `Li` is not taken out of `light`."""
    words = r"\s+".join(re.escape(word) for word in name.split())
    return words if ord(name[0]) > 0x2E80 else rf"(?<![^\W_]){words}(?![^\W_])"


def _spaced(text: str) -> str:
    """Digits and letters with spaces, dots or strokes between; not as a part of a longer number."""
    body = r"[\s·.\-]?".join(re.escape(character) for character in text if character.isalnum())
    return rf"(?<![0-9A-Za-z]){body}(?![0-9A-Za-z])"
