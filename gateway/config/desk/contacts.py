"""The section `contacts` of desk.yaml: whom guards call, by the short names that procedures use."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from pydantic import AfterValidator, Field, StringConstraints

from gateway.config.compound import Bilingual, Name
from gateway.settings.mend import Wrong
from gateway.settings.section import Section

RESIDENTS = "residents"
"""In place of a contact: those who live where the incident is, from the register."""


def _not_reserved(value: str) -> str:
    if value == RESIDENTS:
        raise Wrong(f"{value!r} means those who live where the incident is", "choose another name")
    return value


ContactId = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]{0,39}$"), AfterValidator(_not_reserved)]
Phone = Annotated[str, StringConstraints(pattern=r"^\+?[0-9][0-9 ,*#()-]{1,38}$")]


class ContactSection(Section):
    """Somebody to call."""

    name: Annotated[Name, Field(description="shown beside the number: a text, or {zh: …, en: …}")]
    phone: Annotated[Phone, Field(description="in quotes: '0523-8320 1234'")]


def _contact(zh: str, en: str, phone: str) -> ContactSection:
    return ContactSection(name=Bilingual(zh=zh, en=en), phone=phone)


NATIONAL: Mapping[str, ContactSection] = {
    "police": _contact("公安报警", "Police", "110"),
    "fire-brigade": _contact("消防救援", "Fire brigade", "119"),
    "ambulance": _contact("医疗急救", "Ambulance", "120"),
    "power-company": _contact("国家电网供电服务热线", "State Grid hotline", "95598"),
}
"""Known without being written; the same name in desk.yaml replaces one."""
Contacts = Annotated[
    dict[ContactId, ContactSection],
    Field(
        max_length=100,
        description="whom procedures call; police (110), fire-brigade (119), ambulance (120) and power-company (95598)"
        " are known, and the shipped procedures also call supervisor, manager, engineer, gas-company, lift-company",
    ),
]
