from __future__ import annotations

from gateway.links.mqtt.accounts import LONGEST_WAIT_S, TRIES, DeviceAccounts


class Time:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


def test_only_the_right_password_is_admitted() -> None:
    accounts = DeviceAccounts({"a": "secret"})
    assert accounts.admits("a", b"secret")
    for user, password in (("a", b"Secret"), ("a", None), ("a", b""), ("b", b"secret"), (None, None), ("", b"")):
        assert not accounts.admits(user, password)


def test_wrong_ones_wait_for_their_answer_and_the_right_one_gets_in() -> None:
    accounts = DeviceAccounts({"a": "secret"}, Time())
    waits = [accounts.wait_after_wrong("a", "10.0.0.1") for _ in range(TRIES + 20)]
    assert waits[:TRIES] == [0.0] * TRIES
    assert all(0 < wait <= LONGEST_WAIT_S for wait in waits[TRIES:])
    assert accounts.admits("a", b"secret")


def test_neither_neighbours_nor_other_accounts_wait() -> None:
    accounts = DeviceAccounts({"a": "secret", "b": "other"}, Time())
    for _ in range(20):
        accounts.wait_after_wrong("a", "10.0.0.1")
        accounts.wait_after_wrong("nobody", "10.0.0.1")
    assert accounts.wait_after_wrong("a", "10.0.0.2") == 0
    assert accounts.wait_after_wrong("b", "10.0.0.1") == 0
    assert accounts.wait_after_wrong("another nobody", "10.0.0.1") > 0, "names that are made up count as one"


def test_one_network_of_ipv6_is_one_address() -> None:
    accounts = DeviceAccounts({"a": "secret"}, Time())
    waits = [accounts.wait_after_wrong("a", f"2001:db8::{number:x}") for number in range(TRIES + 1)]
    assert waits[-1] > 0


def test_what_was_wrong_is_forgotten() -> None:
    clock = Time()
    accounts = DeviceAccounts({"a": "secret"}, clock)
    for _ in range(TRIES + 1):
        accounts.wait_after_wrong("a", "10.0.0.1")
    clock.now += 60
    assert accounts.wait_after_wrong("a", "10.0.0.1") == 0
