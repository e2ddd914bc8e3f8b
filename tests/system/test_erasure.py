"""A person's life in a real gateway, then a deletion with kill -9 in it: nothing is left in the data folder's bytes."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from gateway.people import faces
from gateway.people.register_writer import ChangedBy, MembershipData, PersonData, RegisterWriter, VehicleData
from gateway.privacy.identity import Identity
from gateway.store import Store, audit
from tests.support.api import Api, api, enrol, eventually
from tests.support.consents import agreed
from tests.support.gateway import PASSWORD, ROOM, Gateway, TestCompound, TestDevice
from tests.support.mqtt_device import CONNACK, connect, publish, read_packet
from tests.support.ports import HOST

NAME, PHONE, PLATE = "欧阳建国", "13812345678", "苏M12345"
TEMPLATE = np.linspace(0.1, 0.9, 128, dtype=np.float32)
RULES = (
    {"id": "seen", "kind": "recognition"},
    {"id": "home", "kind": "home_alarm"},
    {"id": "told", "kind": "report"},
)


def held(folder: Path, forms: list[bytes]) -> list[str]:
    """Every file below the folder, whatever it is, that holds one of the forms."""
    files = [path for path in folder.rglob("*") if path.is_file()]
    return [path.name for path in files if any(form in path.read_bytes() for form in forms)]


async def seed(data: Path) -> tuple[str, list[bytes]]:
    """The person, watched for, so that what they do rings; returns the id, and what must be nowhere at the end."""
    now = datetime.now(UTC)

    def register(connection) -> str:
        writer = RegisterWriter(connection, store.vault, now, ChangedBy("manager", f"{NAME}登记"))
        person = writer.put_person(PersonData(NAME, PHONE))
        writer.put_membership(MembershipData(person, ROOM, "owner", now))
        writer.put_vehicle(PLATE, VehicleData(ROOM, person=person, since=now))
        return person

    async with Store.open(data) as store:
        person = await store.write(register)
        await agreed(store, person)
        await faces.enrol(store, person, TEMPLATE, b"photo")
        sealed = await store.read(lambda c: bytes(c.execute("SELECT template FROM face_templates").fetchone()[0]))
    forms = Identity(person, (NAME,), (PHONE, "138 1234 5678"), (PLATE,)).byte_forms()
    return person, [*forms, TEMPLATE.astype("<f4").tobytes()[:64], sealed[:24]]


async def say(gateway: Gateway, signals: list[tuple[str, dict[str, Any]]]) -> None:
    """Publish signals by MQTT, each acknowledged."""
    reader, writer = await asyncio.open_connection(HOST, gateway.compound.mqtt_port)
    writer.write(connect("cam", "cam", PASSWORD, clean=True))
    assert (await read_packet(reader))[0] == CONNACK
    for number, (kind, data) in enumerate(signals, 1):
        body = json.dumps({"kind": kind, "id": f"cam-{number}", "data": data}).encode()
        writer.write(publish("anju/v1/cam/signal", body, number))
        async with asyncio.timeout(20):
            while (await read_packet(reader))[0] != 0x40:
                pass
    writer.transport.abort()


async def live(gateway: Gateway, guard: Api, person: str) -> None:
    """Seen, read, told about; one alert stays open, one is closed, and guards write the name down."""
    await say(
        gateway,
        [
            ("face.watchlisted", {"person": person, "list": "watch", "household": ROOM, "distance": 0.3}),
            ("plate.read", {"text": PLATE, "list": "watch", "household": ROOM, "score": 0.9}),
            ("panic.pressed", {"text": f"{NAME}按了求助，电话 138 1234 5678"}),
        ],
    )

    async def rung() -> list[dict[str, Any]] | None:
        found = await guard.alerts()
        return found if len(found) >= 3 else None

    alerts = await eventually(rung, 30)
    by_plate = next(each for each in alerts if PLATE in each["reason"])
    by_face = next(each for each in alerts if "布控人员" in each["reason"])
    assert NAME in by_face["reason"], "the name is put in for the guard"
    await guard.post(f"alerts/{by_face['id']}/note", {"note": f"{NAME}，{PHONE}，本人"})
    await guard.post(f"alerts/{by_face['id']}/acknowledge", {})
    await guard.post(f"alerts/{by_face['id']}/close", {"disposition": "false", "note": f"{PLATE}的车主"})
    await guard.post(f"incidents/{by_plate['incident']}/note", {"note": f"{NAME}答应挪车"})
    await guard.get("history", words=NAME, why=f"找{NAME}")


async def test_nothing_of_the_person_is_left_after_a_deletion_and_a_kill(tmp_path: Path) -> None:
    data = tmp_path / "data"
    person, forms = await seed(data)
    cam = TestDevice("cam", more={"type": "camera"})
    gateway = Gateway(TestCompound(tmp_path / "config", [cam], rules=RULES), data)
    enrol(gateway)
    enrol(gateway, "boss", "manager")
    gateway.start()
    try:
        async with api(gateway) as guard, api(gateway) as boss:
            await guard.sign_in()
            await boss.sign_in("boss")
            await live(gateway, guard, person)
            assert held(data, forms), "there must be something to delete"
            begun = await boss.post(f"people/{person}/erasure", {"why": f"{NAME}书面申请"})
            gateway.kill()
            gateway.start()

            async def ended() -> dict[str, Any] | None:
                state = await boss.get(f"erasures/{begun['id']}")
                return state if state["done"] else None

            state = await eventually(ended, 60)
            assert state["left"] == []
            assert held(data, forms) == [], "while it runs"
            for alert in await guard.alerts():
                assert PLATE not in str(alert)
                assert NAME not in str(alert)
                await guard.close(alert["id"])
        assert gateway.stop() == 0
    finally:
        gateway.kill()
    assert held(data, forms) == [], "and after it ended"
    async with Store.open(data) as store:
        assert await store.read(audit.broken_at) is None
