"""The section `commands` of desk.yaml: which commands need a second press, or a reason."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, StringConstraints

from gateway.settings.section import Section

ActionName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,39}$")]


class CommandSection(Section):
    """Commands are named as devices name them: unlock, open, sound, arm."""

    confirm: Annotated[
        tuple[ActionName, ...], Field(description="commands that a second press confirms; all others act at once")
    ] = (
        "unlock",
        "open",
        "close",
        "sound",
        "on",
        "pulse",
        "arm",
        "disarm",
        "bypass",
        "unbypass",
        "reset",
        "announce",
    )
    reason: Annotated[tuple[ActionName, ...], Field(description="commands that also need a reason, in words")] = ()
    strict: Annotated[
        bool,
        Field(
            description="refuse those of `confirm` from programs too that send no `confirmed`; the console always does"
        ),
    ] = False
