"""By what a person is found in texts: names, phones, number plates and ID numbers."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, fields


@dataclass(frozen=True, slots=True)
class Identity:
    """What is looked for. `blobs` are beginnings of sealed values and templates, in hexadecimal."""

    person: str
    names: Sequence[str] = field(default_factory=tuple)
    phones: Sequence[str] = field(default_factory=tuple)
    plates: Sequence[str] = field(default_factory=tuple)
    numbers: Sequence[str] = field(default_factory=tuple)
    """ID numbers and card numbers."""
    blobs: Sequence[str] = field(default_factory=tuple)

    def to_bytes(self) -> bytes:
        """For the vault: an unfinished deletion keeps it sealed."""
        return json.dumps(asdict(self), ensure_ascii=False, sort_keys=True).encode()

    @classmethod
    def from_bytes(cls, text: bytes) -> Identity:
        """The inverse of `to_bytes`."""
        data = json.loads(text)
        return cls(data["person"], **{one.name: tuple(data.get(one.name, ())) for one in fields(cls)[1:]})

    @property
    def texts(self) -> list[str]:
        """All that is searched for in files."""
        return [text for text in (*self.names, *self.phones, *self.plates, *self.numbers) if is_searchable(text)]

    def byte_forms(self) -> list[bytes]:
        """The texts as they may stand in a file: in four encodings, and escaped as in JSON."""
        forms = [bytes.fromhex(blob) for blob in self.blobs]
        for text in self.texts:
            escaped = json.dumps(text)[1:-1]
            forms += [text.encode("utf-8"), text.encode("utf-16-le"), text.encode("utf-16-be")]
            forms += [text.encode("gb18030"), escaped.encode(), escaped.upper().replace("\\U", "\\u").encode()]
        return list(dict.fromkeys(forms))


def is_searchable(text: str) -> bool:
    """Whether a text is long enough to mean this person: one Chinese character or two letters may mean anything."""
    return len(text) >= (2 if any(ord(character) > 0x2E80 for character in text) else 4)
