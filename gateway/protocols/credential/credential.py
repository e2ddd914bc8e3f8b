"""One card, as a reader read it."""

from __future__ import annotations

from dataclasses import dataclass, field

from gateway.model import Json

SHOWN_DIGITS = 4
"""Digits of a card number that people see: enough to tell two cards apart, too few to copy one."""


@dataclass(frozen=True, slots=True)
class Credential:
    """A card. Either `number` or `code` is None.

    `number` is what is printed on the card, `code` the hexadecimal digits of a card whose layout is not known. `bits`
    is the number of bits that the reader sent; None if it sent text.
    """

    format: str
    number: int | None = field(default=None, repr=False)
    facility: int | None = field(default=None, repr=False)
    code: str | None = field(default=None, repr=False)
    bits: int | None = None

    @property
    def masked(self) -> str:
        """The last digits, at most half of them: `**** 2208`."""
        text = str(self.number) if self.code is None else self.code
        return f"**** {text[-min(SHOWN_DIGITS, max(1, len(text) // 2)) :]}"

    def data(self) -> Json:
        """The data of a signal: `credential` and `format` for people, `card` for access decisions."""
        card = {"number": self.number, "facility": self.facility, "hex": self.code, "bits": self.bits}
        return {
            "credential": self.masked,
            "format": self.format,
            "card": {key: value for key, value in card.items() if value is not None},
        }
