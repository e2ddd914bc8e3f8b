"""The settings of residents.yaml: what the compound offers residents and visitors, and what it keeps of them.

The file is optional, and so is every key. Each section is a file of this folder.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, model_validator

from gateway.config.residents.homes import HomeSection, HomeZone, ScheduledArming, check_places
from gateway.settings.section import Section

__all__ = ["HomeSection", "HomeZone", "ResidentsSettings", "ScheduledArming"]


class ResidentsSettings(Section):
    """residents.yaml"""

    homes: Annotated[
        tuple[HomeSection, ...], Field(max_length=5000, description="homes with an alarm of their own (户内报警)")
    ] = ()

    @model_validator(mode="after")
    def _consistent(self) -> ResidentsSettings:
        check_places(self.homes)
        return self
