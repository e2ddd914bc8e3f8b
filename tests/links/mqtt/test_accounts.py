from __future__ import annotations

from gateway.links.mqtt.accounts import MOST_REMEMBERED, SECONDS_A_TRY, TRIES, Accounts


def test_only_the_right_password_is_admitted() -> None:
    accounts = Accounts({"a": "secret"})
    assert accounts.admits("a", b"secret", "10.0.0.1", 0)
    for user, password in (("a", b"Secret"), ("a", None), ("a", b""), ("b", b"secret"), (None, None), ("", b"")):
        assert not accounts.admits(user, password, "10.0.0.2", 0)


def test_guessing_is_slow_even_with_the_right_one_among_the_guesses() -> None:
    accounts = Accounts({"a": "secret"})
    for _ in range(TRIES):
        assert not accounts.admits("a", b"wrong", "10.0.0.1", 0)
    assert not accounts.admits("a", b"secret", "10.0.0.1", 1)
    assert accounts.admits("a", b"secret", "10.0.0.1", SECONDS_A_TRY + 1)


def test_neither_neighbours_nor_other_accounts_suffer() -> None:
    accounts = Accounts({"a": "secret", "b": "other"})
    for _ in range(20):
        accounts.admits("a", b"wrong", "10.0.0.1", 0)
        accounts.admits("nobody", b"wrong", "10.0.0.1", 0)
    assert accounts.admits("a", b"secret", "10.0.0.2", 0)
    assert accounts.admits("b", b"other", "10.0.0.1", 0)


def test_what_it_remembers_is_bounded() -> None:
    accounts = Accounts({})
    for number in range(MOST_REMEMBERED + 100):
        accounts.admits("x", b"y", f"10.0.{number}", 0)
    assert len(accounts._wrong) == MOST_REMEMBERED
