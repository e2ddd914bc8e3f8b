"""A store with the life of a person in it: registered, seen, read, told about, written down."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta

import numpy as np
import pytest

from gateway.desk import DecisionOnEvent, Desk
from gateway.history.search_index import SearchIndex
from gateway.model import Alert, CredentialKind, Raise, Severity, Signal, Words, person_mark
from gateway.people import faces
from gateway.people.register_writer import (
    ChangedBy,
    CredentialData,
    MembershipData,
    PersonData,
    RegisterWriter,
    VehicleData,
)
from gateway.store import Store, journal
from gateway.store.quarantine import record as quarantine
from tests.support.consents import agreed

NOW = datetime(2026, 11, 30, 8, tzinfo=UTC)
ROOM = "b3/u1/1502"
NAME, PHONE, PLATE, ID_NUMBER, CARD = "欧阳建国", "13812345678", "苏M12345", "321284196501011234", "0004417291"
OTHER, OTHER_PLATE = "赵敏", "苏M99999"
TEMPLATE = np.linspace(0.1, 0.9, 128, dtype=np.float32)


@dataclass
class Life:
    """The store, and what happened in it."""

    store: Store
    desk: Desk
    person: str = ""
    other: str = ""
    now: datetime = NOW
    alerts: list[Alert] = field(default_factory=list)

    async def hear(self, device: str, kind: str, **data: object) -> Signal:
        signal = Signal(device=device, kind=kind, data=data, received=self.now)
        recorded = await self.store.write(lambda c: journal.record_signal(c, signal, timedelta(hours=1)))
        return Signal(device=device, kind=kind, data=data, received=self.now, number=recorded.number)

    async def alert(self, signal: Signal, zh: str, en: str, place: str = "gate/east") -> Alert:
        raised = Raise(f"k{signal.number}", Severity.HIGH, place, Words(zh, en), signal.device)
        [alert] = await self.desk.decide([DecisionOnEvent("recognition", raised, signal)], lambda _c: None)
        self.alerts.append(alert)
        return alert

    async def register(self) -> None:
        """Two households; the person was called otherwise before."""
        by = ChangedBy("manager", f"{NAME}来电要求登记")

        def write(connection) -> tuple[str, str]:
            writer = RegisterWriter(connection, self.store.vault, self.now, by)
            person = writer.put_person(PersonData("欧阳建帼", PHONE))
            data = PersonData(NAME, PHONE, ID_NUMBER, date(1965, 1, 1))
            writer.put_person(data, person)
            writer.put_membership(MembershipData(person, ROOM, "owner", self.now))
            writer.put_vehicle(PLATE, VehicleData(ROOM, person=person, since=self.now))
            writer.add_credential(CredentialData(CredentialKind.CARD, CARD, ROOM, person, self.now))
            other = writer.put_person(PersonData(OTHER, "13700001111"))
            writer.put_membership(MembershipData(other, "b3/u1/1503", "owner", self.now))
            writer.put_vehicle(OTHER_PLATE, VehicleData("b3/u1/1503", person=other, since=self.now))
            return person, other

        self.person, self.other = await self.store.write(write)

    async def live(self) -> None:
        """Seen, read, told about by a device and by people, in alerts open and closed, in a refused message."""
        keep = self.store.media.keep
        pictures = [keep(b"\xff\xd8 a face"), keep(b"\xff\xd8 a car"), keep(b"\xff\xd8 another car")]
        face = await self.hear("gate", "face.watchlisted", person=self.person, household=ROOM, snapshot=pictures[0])
        read = await self.hear("lane", "plate.read", text=PLATE, list="watch", household=ROOM, snapshot=pictures[1])
        other = await self.hear("lane", "plate.read", text=OTHER_PLATE, list=None, snapshot=pictures[2])
        report = await self.hear("anju", "report.made", text=f"我是{NAME}，电话 138 1234 5678，楼道漏水", place=ROOM)
        mark = person_mark(self.person)
        closed = await self.alert(face, f"东门 发现布控人员 {mark}", f"Watch-listed person {mark}")
        open_ = await self.alert(read, f"东门 发现布控车辆 {PLATE}", f"Watch-listed vehicle {PLATE}")
        await self.alert(other, f"未登记车辆 {OTHER_PLATE}", f"Unknown vehicle {OTHER_PLATE}")
        await self.alert(report, f"住户报修：{NAME}", f"Report of {NAME}", ROOM)
        await self.desk.step(closed.id, "acknowledge", "guard")
        await self.desk.step(closed.id, "close", "guard", f"{NAME}本人，{PHONE}已回访", {"disposition": "false"})
        await self.desk.incidents.step(open_.incident, "note", "guard", f"车主{NAME}说马上挪车，卡号{CARD}")
        raw = f"user={NAME}&phone={PHONE}".encode("gbk")
        await self.store.write(lambda c: quarantine(c, self.now, "http-gate", Words("看不懂", "not understood"), raw))
        await SearchIndex(self.store).catch_up()


@pytest.fixture
async def life(tmp_path) -> AsyncIterator[Life]:
    async with Store.open(tmp_path / "data", repair=True) as store:
        made = Life(store, Desk(store, lambda: made.now))
        await made.register()
        await made.live()
        await agreed(store, made.person)
        await faces.enrol(store, made.person, TEMPLATE, b"photo")
        yield made
