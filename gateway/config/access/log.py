"""The section `log`: who may look back at people's ways."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from gateway.settings.section import Section


class LogSection(Section):
    """Looking at the record of one person."""

    reason: Annotated[
        bool, Field(description="whether asking for one person's ways needs a reason; it is on record either way")
    ] = False
