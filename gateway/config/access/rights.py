"""Who may pass: residents of places, groups, and those who are barred."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Self

from pydantic import Field, model_validator

from gateway.config.access.names import HERE, Id, Kind, MemberRole, PlaceOrHere
from gateway.settings.mend import Wrong
from gateway.settings.section import Section

PersonId = Annotated[str, Field(min_length=1, max_length=100)]
Plate = Annotated[str, Field(min_length=4, max_length=12)]


class PeopleSection(Section):
    """People by their ids in the register, and vehicles by their plates."""

    persons: Annotated[tuple[PersonId, ...], Field(max_length=2000, description="ids of the register")] = ()
    plates: Annotated[tuple[Plate, ...], Field(max_length=2000, description="number plates")] = ()


Groups = Annotated[
    Mapping[Id, PeopleSection],
    Field(max_length=100, description="lists of people under a name of your choice, such as cleaners"),
]


class RightSection(Section):
    """Lets people through a door. All its keys must hold; one right of a door is enough."""

    residents: Annotated[
        tuple[PlaceOrHere, ...],
        Field(max_length=100, description="who lives there or below; here: at the door's own place"),
    ] = ()
    groups: Annotated[tuple[Id, ...], Field(max_length=50, description="who is on these lists")] = ()
    roles: Annotated[
        tuple[MemberRole, ...], Field(max_length=7, description="only those in these roles; none: all of them")
    ] = ()
    kinds: Annotated[
        tuple[Kind, ...], Field(max_length=7, description="only with these; none: all that the door takes")
    ] = ()
    schedule: Annotated[Id | None, Field(description="only then; left out: always")] = None

    @model_validator(mode="after")
    def _check_somebody(self) -> Self:
        if not self.residents and not self.groups:
            raise Wrong("this right lets nobody in", "name `residents`, such as [here], or `groups`")
        return self


RESIDENTS_HERE = RightSection(residents=(HERE,))
