"""Phones that residents are signed in on: remembered, listed, revoked."""

from __future__ import annotations

import re
import secrets
import sqlite3
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from gateway.auth.resident import ResidentIdentity
from gateway.auth.users import token_hash
from gateway.errors import NotFound, NotRecorded
from gateway.model import Action, Step, Words, person_mark
from gateway.residents import rows
from gateway.residents.digests import phone_digest, plain_number
from gateway.residents.directory import Directory
from gateway.residents.notices import Notices
from gateway.residents.rows import DeviceRow
from gateway.residents.types import Act
from gateway.store import Store, audit

_SEEN_EVERY = timedelta(hours=1)
"""How often it is noted that a phone is in use, to save disk writes."""
_WAYS = {
    "message": Words("短信验证码", "by a code"),
    "letter": Words("信件二维码", "by a letter"),
    "counter": Words("物业柜台", "at the counter"),
}
_BROWSERS = (("MicroMessenger", "微信"), ("AlipayClient", "支付宝"), ("Edg", "Edge"), ("Firefox", "Firefox"))
_SYSTEMS = ("iPhone", "iPad", "HarmonyOS", "Android", "Windows", "Macintosh", "Linux")


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A new sign-in. `token` goes into the cookie and is kept nowhere else."""

    token: str
    identity: ResidentIdentity
    new_number: bool = False
    """The person signed in with another number before."""


class Devices:
    """The phones of all residents. It is the `ResidentSessions` of the web."""

    def __init__(
        self, store: Store, now: Callable[[], datetime], directory: Directory, act: Act, notices: Notices
    ) -> None:
        self._store, self._now, self._directory, self._act = store, now, directory, act
        self._notices = notices

    async def remember(self, person: str, way: str, name: str, keep: timedelta) -> SignedIn:
        """Sign a person in on a new phone. Raises NotRecorded."""
        now, token = self._now(), secrets.token_urlsafe(32)
        phone = self._phone(person)
        device = DeviceRow(f"p-{secrets.token_hex(8)}", person, phone, name, way, now, now, now + keep, None, "")
        key = token_hash(token)
        is_new: list[bool] = []

        def unit(connection: sqlite3.Connection) -> None:
            is_new.append(phone is not None and rows.had_other_number(connection, person, phone))
            rows.add_device(connection, device, key)
            data = {"device": device.id, "way": way}
            audit.append(connection, Step("", "resident-sign-in", f"resident:{person}", now, data=data))
            for room in self._directory.rooms(person):
                words = self._new_phone(person, name, way, new_number=is_new[-1])
                self._notices.tell_in(connection, room, words, "sign-in", device.id)

        await self._act(self._action("resident.signed_in", f"resident:{person}", device.id, way=way), unit)
        return SignedIn(token, ResidentIdentity(person, device.id, key, device.expires_at), is_new[-1])

    async def find(self, token: str) -> ResidentIdentity | None:
        """Who is signed in on the phone with this token; None once they live nowhere here or have another number."""
        now, key = self._now(), token_hash(token)
        found = await self._store.read(partial(rows.device_by_token, token=key, now=now))
        if found is None or not self._directory.rooms(found.person):
            return None
        if found.phone is not None and found.phone != self._phone(found.person):
            with suppress(NotRecorded):  # ended with the next request; nobody is signed in until then either
                await self._end(found.person, found.id, "number-changed", "anju")
            return None
        if now - found.seen_at > _SEEN_EVERY:
            with suppress(NotRecorded):  # a full disk signs nobody out
                await self._store.write(partial(rows.see_device, device=found.id, now=now))
        return ResidentIdentity(found.person, found.id, key, found.expires_at)

    async def of(self, person: str) -> Sequence[DeviceRow]:
        """The phones that a person is signed in on, newest first."""
        now = self._now()
        return await self._store.read(lambda connection: rows.devices_of(connection, person, now))

    async def revoke(self, person: str, device: str, by: str) -> None:
        """Sign a phone out. Raises NotFound when it is not this person's, or not signed in."""
        if all(each.id != device for each in await self.of(person)):
            raise NotFound("there is no such phone")
        await self._end(person, device, "revoked", by)

    async def _end(self, person: str, device: str, because: str, by: str) -> None:
        now = self._now()

        def unit(connection: sqlite3.Connection) -> None:
            if rows.end_device(connection, device, person, now, because):
                data = {"device": device, "person": person, "because": because}
                audit.append(connection, Step("", "resident-sign-out", by, now, data=data))

        await self._act(self._action("resident.signed_out", by, device, person=person, because=because), unit)

    def _action(self, kind: str, user: str, device: str, **data: str) -> Action:
        return Action(kind=kind, user=user, time=self._now(), data={"phone": device, **data})

    def _new_phone(self, person: str, name: str, way: str, *, new_number: bool) -> Words:
        """What the household is told: it knows whether that is right, and nobody else does."""
        who, by = person_mark(person), _WAYS[way]
        zh, en = f"{who}在一部新手机上登录（{name}，{by.zh}）。", f"{who} signed in on a new phone ({name}, {by.en})."
        if new_number:
            zh += "登录号码与以前不同，如不是本人换号，请马上告诉物业。"
            en += " The number is another one than before: if it was not them, tell the property office at once."
        return Words(zh, en)

    def _phone(self, person: str) -> bytes | None:
        """The digest of the person's present number; None when they have none."""
        known = self._directory.person(person)
        number = plain_number(known.phone) if known is not None else None
        return phone_digest(self._store.vault, number) if number else None


def device_name(user_agent: str) -> str:
    """A name for a phone by which its owner knows it: browser and system. Nothing else of the header is kept."""
    browser = next((name for mark, name in _BROWSERS if mark in user_agent), "")
    if not browser:
        browser = "Safari" if "Safari" in user_agent and "Chrom" not in user_agent else "Chrome"
    system = next((mark for mark in _SYSTEMS if re.search(mark, user_agent)), "")
    return f"{browser} · {system.replace('Macintosh', 'Mac')}" if system else browser
