"""The demo's initial data: accounts, residents, enrolled faces, a door plate."""

from __future__ import annotations

import asyncio
import sqlite3
from datetime import UTC, datetime
from pathlib import Path

from gateway.auth.users import Users
from gateway.config import Configuration
from gateway.config.residents import ConsentKind
from gateway.errors import AnjuError
from gateway.homes.codes import HomeCodes
from gateway.model import CredentialKind, Role
from gateway.people import DoorPlates, faces
from gateway.people.register_writer import ChangedBy, CredentialData, RegisterWriter
from gateway.people.roster import read_roster
from gateway.people.roster_import import import_roster
from gateway.privacy.consents import Consents, GivenConsent, How
from gateway.simulator import door_controller
from gateway.simulator.drawing import PHOTO_FOLDER
from gateway.store import Store
from gateway.store.vault import Vault
from gateway.vision.recognise.faces import FaceReader
from gateway.vision.recognise.photos import Photo, examine
from gateway.web import Passwords

DOOR_PLATE_PLACE = "b3/u1/1502"
CARD_HOLDERS = (
    (door_controller.FORCED, "b1/u1/502", None),
    (door_controller.HELD, "b3/u2/802", None),
    (door_controller.GARAGE, DOOR_PLATE_PLACE, "demo-resident"),
)
"""Whose card is shown at a door; without a person it is the household's."""
PIN = "2580"
"""Of demo-resident."""
HOME_CODES = ("2580", "2581")
"""The code of its alarm, and the one for duress; config/demo/residents.yaml says them too."""
WATCHED = "demo-watched"
PHOTOGRAPHS = {"demo-resident": "collins.jpg", WATCHED: "hopper.jpg"}


async def seed(configuration: Configuration, data: Path) -> str:
    """Write accounts, residents and faces into the store; returns the token of a door plate."""
    now = datetime.now(UTC)
    async with Store.open(data) as store:
        users = Users(store, Passwords())
        for role in Role:
            await users.add(role.value, role, role.value, now)
        await import_roster(store, read_roster(configuration.directory / "people.yaml", configuration.places), now)
        await store.write(lambda connection: hand_out(connection, store.vault, now))
        await _enrol(store)
        await _set_codes(store, now)
        (plate,) = await DoorPlates(store).issue([DOOR_PLATE_PLACE], now)
        return plate.token


def hand_out(connection: sqlite3.Connection, vault: Vault, at: datetime) -> None:
    """Give out the cards that are shown at the simulated doors, and a PIN."""
    writer = RegisterWriter(connection, vault, at, ChangedBy("", "demo"))
    cards, pin = door_controller.CARDS, CredentialData(CredentialKind.PIN, PIN, DOOR_PLATE_PLACE, "demo-resident")
    writer.add_credential(pin)
    for door, place, person in CARD_HOLDERS:
        writer.add_credential(CredentialData(CredentialKind.CARD, str(cards[door]), place, person))


async def _set_codes(store: Store, now: datetime) -> None:
    """The demo resident's codes for the alarm at home."""
    codes = HomeCodes(store, lambda *_: True)
    await store.write(
        lambda connection: codes.set_codes(connection, DOOR_PLATE_PLACE, "demo-resident", *HOME_CODES, now)
    )


async def _enrol(store: Store) -> None:
    def examine_photos() -> list[Photo]:
        reader = FaceReader()
        return [examine(reader, person, PHOTO_FOLDER / name) for person, name in PHOTOGRAPHS.items()]

    consents = Consents(store, lambda: datetime.now(UTC))
    for photo in await asyncio.to_thread(examine_photos):
        if photo.face is None:
            raise AnjuError(f"{photo.file}: {photo.fault.en if photo.fault else 'no face'}")
        watched = photo.person == WATCHED
        how: How = "law" if watched else "counter"
        basis = "演示：公安机关协查通知" if watched else ""
        await consents.give(GivenConsent(photo.person, ConsentKind.FACE, how, Role.MANAGER.value, basis=basis))
        await faces.enrol(store, photo.person, photo.face.template, photo.file.read_bytes())
