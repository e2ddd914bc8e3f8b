"""What may be changed in a room, as the property orders it and as a resident asks for it: JSON, each with its `do`.

    {"do": "add_person", "name": "李四", "phone": "13800000000", "role": "tenant", "since": "2026-12-01"}
    {"do": "end_vehicle", "plate": "苏M12345"}

Days and times are the compound's own: `since` counts from the beginning of a day, `until` and `at` to its end. Without
`at` something ends now.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

RoleName = Literal["owner", "tenant", "family", "carer", "resident", "staff", "other"]
Moment = Annotated[str, Field(max_length=40, pattern=r"^[0-9T:.+Z -]*$")]
"""A day such as `2026-11-30`, or a time; one without an offset is the compound's own."""
Name = Annotated[str, Field(max_length=60)]
Phone = Annotated[str, Field(max_length=30)]
IdNumber = Annotated[str, Field(max_length=30)]
PersonId = Annotated[str, Field(min_length=1, max_length=63)]
Day = Annotated[str, Field(max_length=10)]
Plate = Annotated[str, Field(min_length=1, max_length=20)]


class Order(BaseModel):
    """Base of all orders."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class NewPerson(Order):
    """Somebody who is registered already (`person`), or a new person with a name."""

    person: PersonId | None = None
    name: Name = ""
    phone: Phone = ""
    id_number: IdNumber = ""
    born: Day = ""
    role: RoleName = "resident"
    since: Moment | None = None
    until: Moment | None = None


class AddPerson(NewPerson):
    """A person moves in."""

    do: Literal["add_person"]


class ChangePerson(Order):
    """Correct a person, in all their rooms. What is left out stays; an empty text removes the value."""

    do: Literal["change_person"]
    person: PersonId
    name: Annotated[str, Field(min_length=1, max_length=60)] | None = None
    phone: Phone | None = None
    id_number: IdNumber | None = None
    born: Day | None = None


class ChangeMembership(Order):
    """Correct a person's role or time in this room. What is left out stays; an empty date removes it."""

    do: Literal["change_membership"]
    person: PersonId
    role: RoleName | None = None
    since: Moment | None = None
    until: Moment | None = None


class MoveOut(Order):
    """These people, or without any everybody, move out. Their cards, PINs and vehicles here end with it.

    The faces of whoever belongs to no room then are no longer known.
    """

    do: Literal["move_out"]
    people: Annotated[tuple[PersonId, ...], Field(max_length=50)] = ()
    at: Moment | None = None


class ChangeTenant(Order):
    """Tenants move out and others in, in one step. Without `leaving` all but the owners leave."""

    do: Literal["change_tenant"]
    people: Annotated[tuple[NewPerson, ...], Field(min_length=1, max_length=20)]
    leaving: Annotated[tuple[PersonId, ...], Field(max_length=50)] = ()
    at: Moment | None = Field(None, description="the last day of those who leave; others come with the next one")


class AddVehicle(Order):
    """Add a vehicle; with `move` also one that is registered with another room."""

    do: Literal["add_vehicle"]
    plate: Plate
    person: PersonId | None = None
    since: Moment | None = None
    until: Moment | None = None
    move: bool = False


class ChangeVehicle(Order):
    """Correct whose vehicle it is, or its dates. What is left out stays; an empty text removes it."""

    do: Literal["change_vehicle"]
    plate: Plate
    person: Annotated[str, Field(max_length=63)] | None = None
    since: Moment | None = None
    until: Moment | None = None


class EndVehicle(Order):
    """The vehicle has no rights here any more."""

    do: Literal["end_vehicle"]
    plate: Plate
    at: Moment | None = None


class AddCard(Order):
    """Give out a card, by its number: digits, hexadecimal digits, or facility:number."""

    do: Literal["add_card"]
    number: Annotated[str, Field(min_length=1, max_length=40)]
    person: PersonId | None = None
    since: Moment | None = None
    until: Moment | None = None


class SetPin(Order):
    """Give a person, or the household as a whole, a PIN for doors. The one they had ends."""

    do: Literal["set_pin"]
    pin: Annotated[str, Field(min_length=4, max_length=10)]
    person: PersonId | None = None
    since: Moment | None = None
    until: Moment | None = None


class EndCredential(Order):
    """The card or PIN is no longer valid."""

    do: Literal["end_credential"]
    credential: Annotated[str, Field(min_length=1, max_length=63)]
    at: Moment | None = None


HouseholdOrder = Annotated[
    AddPerson
    | ChangePerson
    | ChangeMembership
    | MoveOut
    | ChangeTenant
    | AddVehicle
    | ChangeVehicle
    | EndVehicle
    | AddCard
    | SetPin
    | EndCredential,
    Field(discriminator="do"),
]
_ORDERS: TypeAdapter[tuple[HouseholdOrder, ...]] = TypeAdapter(
    Annotated[tuple[HouseholdOrder, ...], Field(min_length=1, max_length=20)]
)


def orders_of(data: object) -> tuple[HouseholdOrder, ...]:
    """The orders that JSON holds. Raises pydantic's ValidationError."""
    return _ORDERS.validate_python(data)
