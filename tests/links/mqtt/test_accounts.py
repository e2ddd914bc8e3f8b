from __future__ import annotations

from gateway.links.mqtt.accounts import FREE_ATTEMPTS, MAX_DELAY_S, DeviceAccounts


class Time:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


def test_only_the_right_password_is_admitted() -> None:
    accounts = DeviceAccounts({"a": "secret"})
    assert accounts.is_valid("a", b"secret")
    for user, password in (("a", b"Secret"), ("a", None), ("a", b""), ("b", b"secret"), (None, None), ("", b"")):
        assert not accounts.is_valid(user, password)


def test_wrong_ones_wait_for_their_answer_and_the_right_one_gets_in() -> None:
    accounts = DeviceAccounts({"a": "secret"}, Time())
    waits = [accounts.delay_after_failure("a", "10.0.0.1") for _ in range(FREE_ATTEMPTS + 20)]
    assert waits[:FREE_ATTEMPTS] == [0.0] * FREE_ATTEMPTS
    assert all(0 < wait <= MAX_DELAY_S for wait in waits[FREE_ATTEMPTS:])
    assert accounts.is_valid("a", b"secret")


def test_neither_neighbours_nor_other_accounts_wait() -> None:
    accounts = DeviceAccounts({"a": "secret", "b": "other"}, Time())
    for _ in range(20):
        accounts.delay_after_failure("a", "10.0.0.1")
        accounts.delay_after_failure("nobody", "10.0.0.1")
    assert accounts.delay_after_failure("a", "10.0.0.2") == 0
    assert accounts.delay_after_failure("b", "10.0.0.1") == 0
    assert accounts.delay_after_failure("another nobody", "10.0.0.1") > 0, "names that are made up count as one"


def test_one_network_of_ipv6_is_one_address() -> None:
    accounts = DeviceAccounts({"a": "secret"}, Time())
    waits = [accounts.delay_after_failure("a", f"2001:db8::{number:x}") for number in range(FREE_ATTEMPTS + 1)]
    assert waits[-1] > 0


def test_what_was_wrong_is_forgotten() -> None:
    clock = Time()
    accounts = DeviceAccounts({"a": "secret"}, clock)
    for _ in range(FREE_ATTEMPTS + 1):
        accounts.delay_after_failure("a", "10.0.0.1")
    clock.now += 60
    assert accounts.delay_after_failure("a", "10.0.0.1") == 0
