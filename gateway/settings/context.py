"""The validation context: the existing names, and the folder that file paths are relative to.

It is passed as pydantic's context. Without one (a driver's own test) names and files are not checked.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Protocol

from pydantic import AfterValidator, ValidationInfo

from gateway.settings.mend import Wrong, did_you_mean


@dataclass(frozen=True, slots=True)
class KnownNames:
    """Existing names. `doubtful`: prefixes of names whose entries are wrong; missing names below are no mistake."""

    names: Collection[str] = ()
    doubtful: tuple[str, ...] = ()

    def lacks(self, name: str) -> bool:
        """Whether the name certainly does not exist."""
        return name not in self.names and not any(name.startswith(start) for start in self.doubtful)


ANY_NAME = KnownNames(doubtful=("",))


@dataclass(slots=True)
class Context:
    """`plain` collects secrets in plain text (allowed with `plain_secrets`), so that they can be masked."""

    directory: Path
    plain_secrets: bool = False
    places: KnownNames = ANY_NAME
    devices: KnownNames = ANY_NAME
    rules: KnownNames = ANY_NAME
    plain: list[str] = field(default_factory=list)


class _Lookup(Protocol):
    def __call__(self, context: Context) -> KnownNames: ...


def _must_exist(noun: str, lookup: _Lookup) -> AfterValidator:
    def check(value: str, info: ValidationInfo) -> str:
        if isinstance(info.context, Context) and lookup(info.context).lacks(value):
            names = lookup(info.context).names
            raise Wrong(f"{noun} {value!r} does not exist", did_you_mean(value, names))
        return value

    return AfterValidator(check)


PlaceRef = Annotated[str, _must_exist("place", lambda context: context.places)]
"""A place's path in the settings of a driver or rule; must exist."""


def _branch(value: str, info: ValidationInfo) -> str:
    if isinstance(info.context, Context):
        places = info.context.places
        if places.lacks(value) and not any(name.startswith(f"{value}/") for name in places.names):
            raise Wrong(f"no place is or begins with {value!r}", did_you_mean(value, places.names))
    return value


PlaceBranch = Annotated[str, AfterValidator(_branch)]
"""A place and all places below it: `wall` covers `wall/n1`."""
DeviceRef = Annotated[str, _must_exist("device", lambda context: context.devices)]
"""A device's id in the settings of a rule; must exist."""
RuleRef = Annotated[str, _must_exist("rule", lambda context: context.rules)]
"""A rule's id in the settings of the desk; must exist."""


def _existing_file(value: Path, info: ValidationInfo) -> Path:
    if not isinstance(info.context, Context):
        return value
    path = info.context.directory / value
    if not path.is_file():
        raise Wrong(f"file {str(value)!r} does not exist", f"put it at {path} or give its path")
    return path.absolute()


ExistingFile = Annotated[Path, AfterValidator(_existing_file)]
"""A file's path, relative to the configuration's folder. The file must exist; the value is absolute."""
