"""Signing in, and everything that must not let anybody in."""

from __future__ import annotations

import hashlib
import logging
from datetime import timedelta

import pytest

from gateway.auth.accounts import IDLE_TIMEOUT, MAX_AGE
from gateway.auth.throttle import MAX_WAIT_S
from gateway.errors import NotRecorded
from gateway.model import Role

SESSION = "/api/v1/session"


def set_cookie(answer) -> str:
    [header] = [value for value in answer.headers.getall("Set-Cookie") if value.startswith("anju_session=")]
    return header


async def attempt(client, user="guard", password="wrong", **headers) -> int:
    async with client.post(SESSION, json={"user": user, "password": password}, headers=headers) as answer:
        return answer.status


async def test_signing_in_and_out(anju, open_client):
    client = await open_client()
    async with client.post(SESSION, json={"user": "guard", "password": "guard"}) as answer:
        assert answer.status == 200
        signed_in = await answer.json()
        header = set_cookie(answer)
    assert signed_in["user"] == "guard"
    assert signed_in["role"] == "guard"
    assert signed_in["expires_at"].endswith("Z")
    for flag in ("HttpOnly", "SameSite=Strict", "Path=/"):
        assert flag in header
    assert "Secure" not in header
    assert "Domain" not in header
    async with client.get(SESSION) as answer:
        assert await answer.json() == signed_in
    async with client.delete(SESSION) as answer:
        assert answer.status == 204
    async with client.get(SESSION) as answer:
        assert answer.status == 401


async def test_behind_a_proxy_with_https_the_cookie_is_secure(open_client):
    client = await open_client()
    headers = {"X-Forwarded-Proto": "https"}
    async with client.post(SESSION, json={"user": "guard", "password": "guard"}, headers=headers) as answer:
        assert "Secure" in set_cookie(answer)
        assert answer.headers["Strict-Transport-Security"]


async def test_a_session_that_was_ended_is_of_no_use_to_who_kept_its_cookie(open_client):
    client = await open_client("guard")
    [cookie] = client.cookie_jar
    await client.delete(SESSION)
    thief = await open_client()
    async with thief.get(SESSION, headers={"Cookie": f"anju_session={cookie.value}"}) as answer:
        assert answer.status == 401


async def test_a_planted_session_is_not_taken_over_and_ends(open_client):
    """Session fixation: whoever knows the cookie that came with the sign-in gains nothing by it."""
    attacker = await open_client("installer")
    [planted] = [cookie.value for cookie in attacker.cookie_jar]
    victim = await open_client()
    headers = {"Cookie": f"anju_session={planted}"}
    async with victim.post(SESSION, json={"user": "guard", "password": "guard"}, headers=headers) as answer:
        assert planted not in set_cookie(answer)
    async with attacker.get(SESSION) as answer:
        assert answer.status == 401


async def test_a_session_outlasts_a_shift_and_not_a_day(anju, open_client):
    client = await open_client("guard")
    for hours in (8, 14):
        anju.now += timedelta(hours=hours) - timedelta(minutes=1)
        async with client.get(SESSION) as answer:
            assert answer.status == 200, f"after {hours} h more"
    anju.now += timedelta(hours=3)
    async with client.get(SESSION) as answer:
        assert answer.status == 401
    assert MAX_AGE > IDLE_TIMEOUT > timedelta(hours=14)


async def test_an_unused_session_ends(anju, open_client):
    client = await open_client("guard")
    anju.now += IDLE_TIMEOUT + timedelta(seconds=1)
    async with client.get(SESSION) as answer:
        assert answer.status == 401


async def test_a_new_password_and_removal_end_sessions(anju, open_client):
    guard, installer = await open_client("guard"), await open_client("installer")
    await anju.users.set_password("guard", "another-one")
    await anju.users.remove("installer")
    for client in (guard, installer):
        async with client.get(SESSION) as answer:
            assert answer.status == 401


async def test_the_store_holds_no_token_and_no_password(anju, open_client):
    client = await open_client("guard")
    bearer = await anju.users.issue_token("guard", anju.now)
    [cookie] = [cookie.value for cookie in client.cookie_jar]
    dump = await anju.store.read(
        lambda c: [
            tuple(row)
            for table in ("web_users", "web_sessions", "web_tokens")
            for row in c.execute(f"SELECT * FROM {table}")
        ]
    )
    text = repr(dump)
    assert cookie not in text
    assert bearer not in text
    assert repr(hashlib.sha256(cookie.encode()).digest()) in text
    assert text.count("$argon2id$") == len(Role)


async def test_after_wrong_passwords_the_next_try_waits_and_the_right_one_gets_in(anju, open_client):
    client = await open_client()
    assert [await attempt(client) for _ in range(30)] == [401] * 30
    assert len(anju.pauses) == 25, "the first five are answered at once"
    assert all(0 < seconds <= MAX_WAIT_S for seconds in anju.pauses)
    assert await attempt(client, "guard", "guard") == 200
    assert await attempt(client, "supervisor", "supervisor") == 200
    assert sum(anju.services.accounts._refusals.counts().values()) == 30


async def test_one_address_waits_over_all_users(anju, open_client):
    client = await open_client()
    assert [await attempt(client, f"user{n}") for n in range(22)] == [401] * 22
    assert len(anju.pauses) == 2
    assert await attempt(client, "guard", "guard") == 200


async def test_one_user_waits_over_all_addresses_but_not_where_they_signed_in_before(anju, open_client):
    guard_room = {"X-Forwarded-For": "192.0.2.7"}
    client = await open_client()
    assert await attempt(client, "guard", "guard", **guard_room) == 200
    codes = [await attempt(client, **{"X-Forwarded-For": f"198.51.100.{n}"}) for n in range(32)]
    assert codes == [401] * 32
    assert len(anju.pauses) == 2
    assert await attempt(client, "guard", "guard", **guard_room) == 200
    assert len(anju.pauses) == 2
    assert await attempt(client, "guard", "guard", **{"X-Forwarded-For": "203.0.113.9"}) == 200
    assert len(anju.pauses) == 3


async def test_the_same_network_of_ipv6_counts_as_one(anju, open_client):
    client = await open_client()
    assert [await attempt(client, **{"X-Forwarded-For": f"2001:db8::{n:x}"}) for n in range(6)] == [401] * 6
    assert len(anju.pauses) == 1


async def test_a_wrong_user_and_a_wrong_password_look_alike(open_client):
    answers = []
    for user in ("guard", "nobody-of-that-name"):
        client = await open_client()
        async with client.post(SESSION, json={"user": user, "password": "wrong"}) as answer:
            answers.append((answer.status, await answer.json()))
    assert answers[0] == answers[1]


async def test_a_programs_token_needs_no_cookie_and_can_be_made_void(anju, open_client):
    token = await anju.users.issue_token("supervisor", anju.now)
    client = await open_client()
    headers = {"Authorization": f"Bearer {token}"}
    async with client.get(SESSION, headers=headers) as answer:
        assert await answer.json() == {"user": "supervisor", "role": "supervisor", "expires_at": None}
    anju.now += timedelta(days=400)
    async with client.get("/api/v1/alerts", headers=headers) as answer:
        assert answer.status == 200
    assert await anju.users.revoke_tokens("supervisor") == 1
    async with client.get("/api/v1/alerts", headers=headers) as answer:
        assert answer.status == 401


async def test_tokens_are_not_sessions_nor_sessions_tokens(anju, open_client):
    signed_in = await open_client("guard")
    [session] = [cookie.value for cookie in signed_in.cookie_jar]
    token = await anju.users.issue_token("guard", anju.now)
    client = await open_client()
    for headers in (
        {"Authorization": f"Bearer {session}"},
        {"Authorization": f"Basic {token}"},
        {"Cookie": f"anju_session={token}"},
        {"Authorization": "Bearer "},
    ):
        async with client.get(SESSION, headers=headers) as answer:
            assert answer.status == 401


async def test_a_bad_authorization_is_not_made_good_by_a_cookie(open_client):
    client = await open_client("guard")
    async with client.get(SESSION, headers={"Authorization": "Bearer anju_wrong"}) as answer:
        assert answer.status == 401


FOREIGN = [
    {"Origin": "https://evil.example"},
    {"Origin": "null"},
    {"Origin": "http://127.0.0.1:1"},
    {"Origin": "https://anju.example.evil.example"},
    {"Origin": "http://anju.example"},
    {"Origin": "file://"},
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site"},
]


@pytest.mark.parametrize("headers", FOREIGN, ids=lambda headers: next(iter(headers.values())))
async def test_a_change_asked_by_another_sites_page_is_refused(anju, open_client, headers):
    client = await open_client("guard")
    alert = await anju.alert()
    async with client.post(f"/api/v1/alerts/{alert.id}/acknowledge", json={}, headers=headers) as answer:
        assert answer.status == 403
        assert (await answer.json())["error"]["code"] == "wrong_origin"
    async with client.delete(SESSION, headers=headers) as answer:
        assert answer.status == 403
    async with client.get("/api/v1/live", headers={**headers, "Upgrade": "websocket"}) as answer:
        assert answer.status == 403
    assert (await anju.desk.alert(alert.id)).state == "new"


async def test_our_own_pages_may_ask(anju, open_client):
    client = await open_client("guard")
    for origin in (anju.url, "https://anju.example"):
        alert = await anju.alert(key=origin)
        headers = {"Origin": origin}
        async with client.post(f"/api/v1/alerts/{alert.id}/acknowledge", json={}, headers=headers) as answer:
            assert answer.status == 200


async def test_a_form_of_another_page_can_not_pose_as_json(anju, open_client):
    client = await open_client("guard")
    alert = await anju.alert()
    for kind in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"):
        headers = {"Content-Type": kind}
        async with client.post(
            f"/api/v1/alerts/{alert.id}/acknowledge", data=b'{"note": ""}', headers=headers
        ) as answer:
            assert answer.status == 415


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (b'{"user": "guard", "password": "p", "role": "manager"}', "role"),
        (b'{"user": "guard"}', "password"),
        (b'{"user": 7, "password": "secret-word"}', "user"),
        (b'["guard", "secret-word"]', "body"),
        (b"{", "JSON"),
        (b'{"user": "\xff", "password": "secret-word"}', "JSON"),
        (b"[" * 4000, "JSON"),
    ],
)
async def test_what_the_model_does_not_know_is_refused_by_name(open_client, body, says):
    client = await open_client()
    headers = {"Content-Type": "application/json", "Accept-Language": "en"}
    async with client.post(SESSION, data=body, headers=headers) as answer:
        assert answer.status == 400
        message = (await answer.json())["error"]["message"]
    assert says in message
    assert "secret-word" not in message


async def test_a_body_that_is_too_large_is_refused(open_client):
    client = await open_client()
    headers = {"Content-Type": "application/json"}
    for data in (b'{"user": "' + b"a" * 5000 + b'"}', _stream()):
        async with client.post(SESSION, data=data, headers=headers) as answer:
            assert answer.status == 413
            assert (await answer.json())["error"]["code"] == "too_large"


async def _stream():
    for _ in range(8):
        yield b" " * 1000


async def test_a_guard_can_sign_in_while_the_disk_is_full(anju, open_client, monkeypatch):
    client = await open_client()

    async def full(*_args, **_more):
        raise NotRecorded("disk full")

    monkeypatch.setattr(anju.store, "write", full)
    async with client.post(SESSION, json={"user": "guard", "password": "guard"}) as answer:
        assert answer.status == 200
    async with client.get("/api/v1/alerts") as answer:
        assert answer.status == 200
    monkeypatch.undo()
    await anju.users.set_password("guard", "another-one")
    async with client.get(SESSION) as answer:
        assert answer.status == 401


async def test_nothing_secret_is_logged(anju, open_client, capsys, caplog):
    caplog.set_level(logging.DEBUG)
    client = await open_client("guard")
    [cookie] = [cookie.value for cookie in client.cookie_jar]
    token = await anju.users.issue_token("guard", anju.now)
    [plate] = await anju.door_plates.issue(["b3/u1/1502"], anju.now)
    await attempt(client, "guard", "a-mistyped-password")
    async with client.get(SESSION, headers={"Authorization": f"Bearer {token}"}) as answer:
        assert answer.status == 200
    async with client.get(f"/d/{plate.token}") as answer:
        assert answer.status == 200
    said = capsys.readouterr()
    for secret in (cookie, token, plate.token, "a-mistyped-password"):
        assert secret not in said.out + said.err + caplog.text
