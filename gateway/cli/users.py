"""`anju users`: who may sign in to the guard room. A running gateway sees changes at once."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

import click

from gateway.auth.passwords import Passwords
from gateway.auth.users import Users, password_weakness
from gateway.cli.common import data_option
from gateway.model import Role
from gateway.store import Store

T = TypeVar("T")
_role = click.option(
    "--role", type=click.Choice([role.value for role in Role]), required=True, help="What they may do."
)
_stdin = click.option("--password-stdin", is_flag=True, help="Read the password from the first line of standard input.")


@click.group()
def command() -> None:
    """Users who may sign in: add, list, remove, password, token."""


@command.command()
@click.argument("name")
@_role
@_stdin
@data_option
def add(name: str, role: str, password_stdin: bool, data: Path) -> None:
    """Add NAME, who signs in with a password."""
    password = _password(name, password_stdin)
    _run(data, lambda users: users.add(name, Role(role), password, datetime.now(UTC)))
    click.echo(f"{name} may sign in as {role}")


@command.command("list")
@data_option
def list_(data: Path) -> None:
    """List the users."""
    for user in _run(data, lambda users: users.all()):
        click.echo(f"{user.name}\t{user.role}\tsince {user.created_at:%Y-%m-%d}")


@command.command()
@click.argument("name")
@data_option
def remove(name: str, data: Path) -> None:
    """Remove NAME. Their sessions and tokens end; what they did stays on record."""
    _run(data, lambda users: users.remove(name))
    click.echo(f"{name} may no longer sign in")


@command.command()
@click.argument("name")
@_stdin
@data_option
def password(name: str, password_stdin: bool, data: Path) -> None:
    """Set a new password for NAME. Their sessions end."""
    new = _password(name, password_stdin)
    _run(data, lambda users: users.set_password(name, new))
    click.echo(f"{name} has a new password and must sign in again")


@command.command()
@click.argument("name")
@click.option("--revoke", is_flag=True, help="Revoke every token of NAME instead.")
@data_option
def token(name: str, revoke: bool, data: Path) -> None:
    """Print a long-lived token for a program that acts as NAME. It can't be shown again."""
    if revoke:
        count = _run(data, lambda users: users.revoke_tokens(name))
        click.echo(f"{count} {'token' if count == 1 else 'tokens'} of {name} revoked")
        return
    click.echo(_run(data, lambda users: users.issue_token(name, datetime.now(UTC))))


def _run(data: Path, action: Callable[[Users], Awaitable[T]]) -> T:
    async def run() -> T:
        async with Store.open(data) as store:
            return await action(Users(store, Passwords()))

    return asyncio.run(run())


def _password(name: str, from_stdin: bool) -> str:
    """Prompt twice at a terminal. From a pipe read the first line; a second line must repeat it."""
    if from_stdin or not sys.stdin.isatty():
        first, *again = sys.stdin.read().splitlines() or [""]
        if not from_stdin and again and again[0] != first:
            raise click.ClickException("the two passwords differ")
        password = first
    else:
        password = click.prompt("Password", hide_input=True, confirmation_prompt="Repeat password")
    if why := password_weakness(name, password):
        raise click.ClickException(f"this password can't be used: {why}")
    return password
