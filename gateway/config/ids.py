"""The ids of entries: short, permanent, part of MQTT topics and URLs."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator

from gateway.model import DEVICE_ID
from gateway.settings.mend import Wrong

RESERVED_IDS = frozenset({"anju"})
"""`anju` is the gateway itself, as the device of its own signals."""


def check_id(value: str) -> str:
    """Return a valid id; raises Wrong."""
    if not DEVICE_ID.fullmatch(value):
        raise Wrong(f"{value!r} is no id", "use a-z, 0-9, '-' and '_', at most 63 characters, a letter or digit first")
    if value in RESERVED_IDS:
        raise Wrong(f"id {value!r} is the gateway's own", "choose another")
    return value


Id = Annotated[str, AfterValidator(check_id)]
