"""Residents sign in with a code: what works, what is guessed, and what an answer tells."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Awaitable, Callable
from datetime import timedelta

import pytest

from gateway.auth.users import token_hash
from gateway.config.residents import SignInSection
from gateway.errors import NotRecorded, TooMany
from gateway.limits import RefusalLog
from gateway.residents import rows
from gateway.residents.code_sender import MAX_SENDING
from gateway.residents.limits import WRONG, WRONG_IN_ALL, SignInLimits
from gateway.store import audit
from tests.support.residents import PHONE, UNKNOWN, ask, code_for, sign_in


async def test_a_resident_signs_in_with_the_code_that_was_sent(anju, open_client):
    client = await open_client()
    assert await ask(client, PHONE) == 202
    answer, view = await sign_in(client, PHONE, await code_for(anju, PHONE))
    assert answer.status == 200
    assert view["places"] == ["b3/u1/1502"]
    assert view["name"] == "王建国"
    cookie = answer.cookies["anju_resident"]
    assert cookie["httponly"]
    assert cookie["samesite"] == "Strict"
    assert int(cookie["max-age"]) == 90 * 86400
    identity = await anju.services.residents.devices.find(cookie.value)
    assert identity is not None
    assert identity.person == view["person"]
    assert anju.acted[-1].kind == "resident.signed_in"
    [(_, step, _)] = await anju.store.read(
        lambda c: audit.page(c, audit.StepFilter(action="resident-sign-in"), None, 9)
    )
    assert step.user == f"resident:{view['person']}"


async def test_a_number_may_be_written_in_any_way(anju, open_client):
    client = await open_client()
    assert await ask(client, "+86 138-1234 5678") == 202
    answer, _ = await sign_in(client, "138 1234 5678", await code_for(anju, PHONE))
    assert answer.status == 200


async def test_a_code_signs_in_once_and_for_five_minutes(anju, open_client):
    client = await open_client()
    await ask(client, PHONE)
    code = await code_for(anju, PHONE)
    assert (await sign_in(client, PHONE, code))[0].status == 200
    assert (await sign_in(client, PHONE, code))[0].status == 401
    await ask(client, PHONE)
    code = await code_for(anju, PHONE, 2)
    anju.now += timedelta(minutes=5)
    assert (await sign_in(client, PHONE, code))[0].status == 401


async def test_after_five_wrong_tries_the_right_code_is_void(anju, open_client):
    client = await open_client()
    await ask(client, PHONE)
    code = await code_for(anju, PHONE)
    for _ in range(5):
        answer, _ = await sign_in(client, PHONE, _other(code))
        assert answer.status == 401
    assert (await sign_in(client, PHONE, code))[0].status == 401
    assert anju.refusals.counts()[WRONG] == 6


def test_guesses_are_limited_by_number_and_by_address():
    limits = SignInLimits(RefusalLog(), SignInSection, clock=lambda: 0.0)
    for each in range(10):
        limits.attempt(b"number", f"10.0.0.{each}")
    with pytest.raises(TooMany):
        limits.attempt(b"number", "10.0.0.99")
    for each in range(30):
        limits.attempt(f"n{each}".encode(), "2001:db8::1")
    with pytest.raises(TooMany):
        limits.attempt(b"another", "2001:db8::2")  # of the same network


async def test_too_many_guesses_are_refused_with_the_time_to_wait(anju, open_client):
    client, limits = await open_client(), anju.services.residents.sign_in._limits
    for each in range(30):
        limits.attempt(f"n{each}".encode(), "127.0.0.1")
    answer, body = await sign_in(client, PHONE, "000000")
    assert answer.status == 429
    assert body["error"]["code"] == "too_many"
    assert int(answer.headers["Retry-After"]) > 0


async def test_many_wrong_codes_in_all_are_reported_to_the_guard(anju):
    limits = anju.services.residents.sign_in._limits
    for number in range(300):
        limits.wrong(f"10.0.{number % 250}.1")
    with pytest.raises(Exception, match="too many"):
        limits.attempt(b"n", "10.1.1.1")
    assert anju.refusals.counts()[WRONG_IN_ALL] == 1
    assert WRONG_IN_ALL.grave


async def test_nothing_is_sent_to_a_number_that_nobody_has_and_the_answer_is_the_same(anju, open_client):
    client = await open_client()
    answers = []
    for number in (PHONE, UNKNOWN):
        async with client.post("/api/v1/resident/code", json={"phone": number}) as answer:
            hidden = {"Date"}
            headers = {name: value for name, value in answer.headers.items() if name not in hidden}
            answers.append((answer.status, headers, await answer.text()))
    assert answers[0] == answers[1]
    await code_for(anju, PHONE)
    assert [number for number, _ in anju.codes] == [PHONE]


async def test_asking_too_often_is_202_too_and_sends_nothing(anju, open_client):
    client = await open_client()
    assert [await ask(client, PHONE) for _ in range(5)] == [202] * 5
    await code_for(anju, PHONE, 3)
    await asyncio.sleep(0)
    assert len(anju.codes) == 3
    assert sum(count for refusal, count in anju.refusals.counts().items() if refusal.source == "resident-sign-in") == 2


async def test_the_door_plate_limits_too(anju, open_client):
    limits = anju.services.residents.sign_in._limits
    for number in range(10):
        limits.ask(f"n{number}".encode(), f"10.0.0.{number}", "plate")
    with pytest.raises(Exception, match="too many"):
        limits.ask(b"another", "10.0.1.1", "plate")
    limits.ask(b"another", "10.0.1.1", "another plate")


Work = list[str]


async def _work_of(anju, do: Callable[[], Awaitable[object]]) -> Work:
    """Every statement that the store runs for it, without its values, and every MAC that is made."""
    work: Work = []
    ours = asyncio.current_task()  # the background sends and purges meanwhile
    vault = anju.store.vault
    write, read, mac = anju.store.write, anju.store.read, vault.mac

    def watched(unit):
        def run(connection: sqlite3.Connection):
            connection.set_trace_callback(lambda text: work.append(" ".join(text.split("'")[::2])[:60].split("X")[0]))
            try:
                return unit(connection)
            finally:
                connection.set_trace_callback(None)

        return run

    async def watched_write(unit, *, urgent=False):
        if asyncio.current_task() is not ours:
            return await write(unit, urgent=urgent)
        work.append("write")
        return await write(watched(unit), urgent=urgent)

    async def watched_read(query):
        if asyncio.current_task() is not ours:
            return await read(query)
        work.append("read")
        return await read(watched(query))

    def watched_mac(purpose, data):
        if asyncio.current_task() is ours:
            work.append(f"mac {purpose} {len(data)}")
        return mac(purpose, data)

    anju.store.write, anju.store.read, vault.mac = watched_write, watched_read, watched_mac
    try:
        await do()
    finally:
        anju.store.write, anju.store.read, vault.mac = write, read, mac
    return work


async def test_a_known_and_an_unknown_number_cause_the_same_work(anju, open_client):
    """Not the wall clock, which other processes move: the same statements and the same MACs in the same order."""
    sign = anju.services.residents.sign_in
    known = await _work_of(anju, lambda: sign.ask(PHONE, "10.0.0.1"))
    unknown = await _work_of(anju, lambda: sign.ask(UNKNOWN, "10.0.0.2"))
    assert known == unknown
    assert known[0].startswith("mac resident phone")
    assert len(known) == 4, known

    async def fail(number: str) -> None:
        with pytest.raises(Exception, match="code is wrong"):
            await sign.sign_in(number, "xxxxxx", "10.0.0.3", "phone")

    tried = [await _work_of(anju, lambda number=number: fail(number)) for number in (PHONE, UNKNOWN)]
    assert tried[0] == tried[1]
    never_asked = await _work_of(anju, lambda: fail("13511112222"))
    assert never_asked == tried[0]


async def test_codes_numbers_and_tokens_are_not_in_the_database_in_clear(anju, open_client):
    client = await open_client()
    await ask(client, PHONE)
    code = await code_for(anju, PHONE)
    row = await anju.store.read(lambda c: dict(c.execute("SELECT * FROM resident_codes").fetchone()))
    assert code.encode() not in row["code"]
    assert PHONE.encode() not in row["phone"]
    answer, _ = await sign_in(client, PHONE, code)
    token = answer.cookies["anju_resident"].value
    stored = await anju.store.read(lambda c: [tuple(each) for each in c.execute("SELECT * FROM resident_devices")])
    assert token_hash(token) in stored[0]
    assert all(text not in repr(stored) for text in (token, PHONE, code))
    assert await anju.store.read(lambda c: c.execute("SELECT count(*) FROM notifications").fetchone()[0]) == 0


async def test_a_phone_is_listed_and_revoked_and_only_its_owner_may(anju, open_client):
    devices = anju.services.residents.devices
    [person, other] = [(await anju.services.residents.directory.with_number(n))[0] for n in (PHONE, "13987654321")]
    one = await devices.remember(person, "message", "微信 · iPhone", timedelta(days=90))
    assert [device.name for device in await devices.of(person)] == ["微信 · iPhone"]
    with pytest.raises(Exception, match="no such phone"):
        await devices.revoke(other, one.identity.device, f"resident:{other}")
    assert await devices.find(one.token) is not None
    await devices.revoke(person, one.identity.device, f"resident:{person}")
    assert await devices.find(one.token) is None
    assert await devices.of(person) == []


async def test_a_phone_is_forgotten_after_90_days(anju):
    devices = anju.services.residents.devices
    person = (await anju.services.residents.directory.with_number(PHONE))[0]
    one = await devices.remember(person, "message", "phone", timedelta(days=90))
    anju.now += timedelta(days=90, seconds=-1)
    assert await devices.find(one.token) is not None
    anju.now += timedelta(seconds=1)
    assert await devices.find(one.token) is None


async def test_a_person_has_ten_phones_at_most(anju):
    devices = anju.services.residents.devices
    person = (await anju.services.residents.directory.with_number(PHONE))[0]
    first = await devices.remember(person, "message", "0", timedelta(days=90))
    for number in range(1, rows.MAX_DEVICES + 1):
        anju.now += timedelta(seconds=1)
        await devices.remember(person, "message", str(number), timedelta(days=90))
    assert len(await devices.of(person)) == rows.MAX_DEVICES
    assert await devices.find(first.token) is None


@pytest.mark.parametrize("role", ["guard", "property"])
async def test_a_code_made_at_the_counter_signs_in_and_is_on_record(anju, open_client, role):
    clerk, phone = await open_client(role), await open_client()
    person = (await anju.services.residents.directory.with_number(PHONE))[0]
    async with clerk.post("/api/v1/resident/codes/counter", json={"person": person}) as answer:
        assert answer.status == 201, await answer.text()
        made = await answer.json()
    assert made["url"].startswith("https://anju.example/r/key/")
    assert (await sign_in(phone, PHONE, made["code"]))[0].status == 200
    step = await _step(anju, "resident-key")
    assert (step.user, step.data) == (role, {"person": person, "way": "counter"})
    assert made["code"] not in repr(anju.acted)


async def test_a_code_is_made_for_residents_only(anju, open_client):
    clerk = await open_client("property")
    async with clerk.post("/api/v1/resident/codes/counter", json={"person": "nobody"}) as answer:
        assert answer.status == 404


async def test_a_key_on_paper_signs_in_once(anju):
    keys, residents = anju.services.residents.keys, anju.services.residents
    person = (await residents.directory.with_number(PHONE))[0]
    key = await keys.for_letter(person, "anju")
    assert await keys.whose(key.token) == person
    signed_in = await keys.use(key.token, "10.0.0.1", "phone")
    assert (await residents.devices.find(signed_in.token)).person == person
    assert await keys.whose(key.token) is None
    for token in (key.token, "A" * 32, "", key.token[:-1] + "x"):
        with pytest.raises(Exception, match="not valid"):
            await keys.use(token, "10.0.0.1", "phone")


async def test_another_letter_makes_the_earlier_one_void(anju):
    keys = anju.services.residents.keys
    person = (await anju.services.residents.directory.with_number(PHONE))[0]
    first, second = [await keys.for_letter(person, "anju") for _ in range(2)]
    assert await keys.whose(first.token) is None
    assert await keys.whose(second.token) == person


def _other(code: str) -> str:
    return f"{(int(code) + 1) % 10**6:06}"


async def _step(anju, action: str):
    """The only step of this name."""
    [(_, step, _)] = await anju.store.read(lambda c: audit.page(c, audit.StepFilter(action=action), None, 9))
    return step


async def test_a_code_that_can_not_be_sent_keeps_no_other_from_being_sent(anju, open_client, monkeypatch):
    client, directory = await open_client(), anju.services.residents.directory
    asked, whole = [], type(directory).with_number

    async def breaks(self, number):
        asked.append(number)
        if len(asked) <= MAX_SENDING:
            raise NotRecorded("the disk can't be read")
        return await whole(self, number)

    monkeypatch.setattr(type(directory), "with_number", breaks)
    for number in range(MAX_SENDING):
        anju.services.residents.sender.hand_over(f"1380000{number:04}", "1", anju.now + timedelta(minutes=5))
    assert await ask(client, PHONE) == 202
    assert await code_for(anju, PHONE)


async def test_an_ended_sign_in_is_kept_as_long_as_the_settings_say(anju, open_client):
    client = await open_client()
    await ask(client, PHONE)
    await sign_in(client, PHONE, await code_for(anju, PHONE))
    count = "SELECT count(*) FROM resident_devices"
    for passed, kept in ((170, 1), (20, 0)):  # remembered for 90 days, then kept for another 90
        anju.now += timedelta(days=passed)
        await anju.services.residents.purge()
        assert await anju.store.read(lambda c: c.execute(count).fetchone()[0]) == kept, passed


async def test_a_code_goes_to_the_number_of_the_register_and_to_no_other(anju, open_client):
    """`+1 381 234 5678` is a number of America: its digits are those of a resident's, and its phone is another's."""
    client, other = await open_client(), f"+{PHONE}"
    assert await ask(client, other) == 202
    assert await ask(client, PHONE) == 202
    code = await code_for(anju, PHONE)
    assert [number for number, _ in anju.codes] == [PHONE]
    assert (await sign_in(client, other, code))[0].status == 401
    assert (await sign_in(client, PHONE, code))[0].status == 200
