"""Words that the sections of access.yaml share."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, Field, ValidationInfo

from gateway.settings.context import Context
from gateway.settings.mend import Wrong, did_you_mean

HERE = "here"
"""Instead of a place: the door's own."""
Kind = Literal["card", "pin", "face", "plate", "pass", "phone", "remote"]
"""What a door can be opened with; `remote`: by a guard, from the desk or the intercom."""
KINDS: tuple[Kind, ...] = ("card", "pin", "face", "plate", "pass", "phone", "remote")
MemberRole = Literal["owner", "tenant", "family", "carer", "resident", "staff", "other"]
Id = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,62}$")]


def _place_or_here(value: str, info: ValidationInfo) -> str:
    if value != HERE and isinstance(info.context, Context):
        places = info.context.places
        if places.lacks(value) and not any(name.startswith(f"{value}/") for name in places.names):
            raise Wrong(f"no place is or begins with {value!r}", did_you_mean(value, [HERE, *places.names]))
    return value


PlaceOrHere = Annotated[str, AfterValidator(_place_or_here)]
"""A place with all places below it, or `here`."""
