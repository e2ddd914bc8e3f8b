"""What a silence is about, as people write it: a device, a rule, a place with all below it, or one rule of a device."""

from __future__ import annotations

from dataclasses import dataclass

from gateway.model import DEVICE_ID, PLACE_PATH


class UnknownSource(ValueError):
    """A text that names no source; the message says how to write one."""


@dataclass(frozen=True, slots=True)
class Source:
    """What is not None must be equal; `place` covers the places below it too."""

    device: str | None = None
    rule: str | None = None
    place: str | None = None

    def covers(self, rule: str, device: str | None, place: str) -> bool:
        """Whether an alert of this rule, device and place comes from here."""
        if self.place is not None:
            return place == self.place or place.startswith(f"{self.place}/")
        return self.device in {None, device} and self.rule in {None, rule}

    def __str__(self) -> str:
        if self.place is not None:
            return f"place:{self.place}"
        if self.device is None:
            return f"rule:{self.rule}"
        return self.device if self.rule is None else f"{self.rule}@{self.device}"


def parse_source(text: str) -> Source:
    """The reverse of `str`; `device:ID` is a device too. Raises UnknownSource."""
    name, colon, rest = text.partition(":")
    if colon and name == "place" and PLACE_PATH.fullmatch(rest):
        return Source(place=rest)
    if colon and name == "rule" and rest:
        return Source(rule=rest)
    rule, at, device = (rest if colon and name == "device" else text).rpartition("@")
    if DEVICE_ID.fullmatch(device) and bool(rule) == bool(at):
        return Source(device=device, rule=rule or None)
    raise UnknownSource(f"{text!r} is no source: write a device's id, rule:ID, place:PATH or RULE@DEVICE")
