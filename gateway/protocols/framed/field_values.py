"""The values of a frame's fields, and conditions on them."""

from __future__ import annotations

from collections.abc import Mapping

from gateway.protocols.framed.fields import Value
from gateway.protocols.framed.settings import When

FieldValues = Mapping[str, Value | None]
"""Field name → value; None if the frame is too short for it or it can't be read."""
SIZE = "size"
"""Name of the frame's length in bytes in a `when`, beside the fields."""


class MissingField(ValueError):
    """A field that a message needs can't be read in this frame."""


def matches(when: When, values: FieldValues) -> bool:
    """Return True if every field of `when` has one of its values; an empty `when` matches all frames."""
    return all(values.get(name) in allowed for name, allowed in when.items())


def required(name: str, values: FieldValues) -> Value:
    """Return the value of a field. Raises MissingField if it could not be read."""
    value = values.get(name)
    if value is None:
        raise MissingField(repr(name))
    return value
