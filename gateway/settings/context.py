"""What validators may know while a configuration is read: the names there are, and where files lie.

It travels as pydantic's validation context. Without one (a driver's own test) nothing is looked up.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Protocol

from pydantic import AfterValidator, ValidationInfo

from gateway.settings.mend import Wrong, did_you_mean


@dataclass(frozen=True, slots=True)
class Known:
    """Names that exist. `doubtful` are beginnings of names whose own entry is wrong: not judged again."""

    names: Collection[str] = ()
    doubtful: tuple[str, ...] = ()

    def lacks(self, name: str) -> bool:
        return name not in self.names and not any(name.startswith(start) for start in self.doubtful)


ANYTHING = Known(doubtful=("",))


@dataclass(slots=True)
class Context:
    """`plain` collects the secrets that stand in the YAML itself, so that they can be masked."""

    directory: Path
    plain_secrets: bool = False
    places: Known = ANYTHING
    devices: Known = ANYTHING
    plain: list[str] = field(default_factory=list)


class _Lookup(Protocol):
    def __call__(self, context: Context) -> Known: ...


def _must_exist(noun: str, lookup: _Lookup) -> AfterValidator:
    def check(value: str, info: ValidationInfo) -> str:
        if isinstance(info.context, Context) and lookup(info.context).lacks(value):
            names = lookup(info.context).names
            raise Wrong(f"{noun} {value!r} does not exist", did_you_mean(value, names))
        return value

    return AfterValidator(check)


PlaceRef = Annotated[str, _must_exist("place", lambda context: context.places)]
"""A place's path in a driver's or rule's settings; a wrong one is told with its line."""


def _branch(value: str, info: ValidationInfo) -> str:
    if isinstance(info.context, Context):
        places = info.context.places
        if places.lacks(value) and not any(name.startswith(f"{value}/") for name in places.names):
            raise Wrong(f"no place is or begins with {value!r}", did_you_mean(value, places.names))
    return value


PlaceBranch = Annotated[str, AfterValidator(_branch)]
"""A place and all below it: `wall` covers `wall/n1`."""
DeviceRef = Annotated[str, _must_exist("device", lambda context: context.devices)]
"""A device's id in a rule's settings."""


def _existing_file(value: Path, info: ValidationInfo) -> Path:
    if not isinstance(info.context, Context):
        return value
    path = info.context.directory / value
    if not path.is_file():
        raise Wrong(f"file {str(value)!r} does not exist", f"put it at {path} or write where it is")
    return path.absolute()


ExistingFile = Annotated[Path, AfterValidator(_existing_file)]
"""A file's path, relative to the configuration's folder; becomes absolute."""
