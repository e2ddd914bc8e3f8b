"""A time zone's name in the YAML, such as `Asia/Shanghai`, checked against the zones of this machine."""

from __future__ import annotations

from typing import Annotated
from zoneinfo import ZoneInfo, available_timezones

from pydantic import AfterValidator

from gateway.settings.mend import Wrong, closest

_SIMILARITY = 0.85
"""A typing error is about one letter; Asia/Beijing, which does not exist, is no misspelt Asia/Harbin."""


def _timezone(name: str) -> str:
    try:
        ZoneInfo(name)
    # ValueError: an absolute path or `..`; OSError: a folder such as `Asia`, or a name too long for the file system
    except (LookupError, OSError, ValueError):
        meant = closest(name, available_timezones(), _SIMILARITY)
        fix = f"did you mean {meant!r}?" if meant else "write one like Asia/Shanghai, the one of all China"
        raise Wrong(f"{name!r} is no time zone", fix) from None
    return name


TimeZoneName = Annotated[str, AfterValidator(_timezone)]
