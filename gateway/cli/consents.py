"""`anju consents list|give|withdraw`: what people agreed to, such as the recognition of their face."""

from __future__ import annotations

import asyncio
import getpass
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar, cast

import click

from gateway.cli.common import data_option
from gateway.cli.control_client import refresh_register
from gateway.config import load
from gateway.config.residents import ConsentKind, PrivacySection
from gateway.privacy.consents import Consents, GivenConsent, How
from gateway.store import Store

T = TypeVar("T")
KINDS = [kind.value for kind in ConsentKind]
_person = click.argument("person", metavar="PERSON")
_kind = click.argument("kind", type=click.Choice(KINDS))
_by = click.option("--by", default=getpass.getuser, show_default="the system's user", help="Who records it.")


@click.group()
def command() -> None:
    """Consents: list, record one that was given on paper or at the counter, withdraw."""


@command.command("list")
@_person
@data_option
def list_(person: str, data: Path) -> None:
    """List all consents of PERSON (an id, see `anju people list`), newest first."""
    for one in _run(data, PrivacySection(), lambda consents: consents.of_person(person)):
        ended = f"withdrawn {one.withdrawn_at:%Y-%m-%d %H:%M}" if one.withdrawn_at else "in force"
        guardian = f"for a child, by {one.guardian}" if one.guardian else ""
        columns = (
            one.kind,
            f"version {one.version}",
            f"{one.given_at:%Y-%m-%d %H:%M}",
            one.how,
            ended,
            guardian,
            one.basis,
        )
        click.echo("\t".join(filter(None, columns)))


@command.command()
@_person
@_kind
@click.option("--how", type=click.Choice(["counter", "paper", "law"]), default="paper", show_default=True)
@click.option("--guardian", default="", help="The parent or guardian who agreed; needed for a person under 14.")
@click.option("--basis", default="", help="With --how law: by what law or order no consent is needed (watch list).")
@click.option(
    "--config",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    envvar="ANJU_CONFIG",
    help="The folder whose residents.yaml has the wording; default: the shipped wording.",
)
@_by
@data_option
def give(person: str, kind: str, how: str, guardian: str, basis: str, config: Path | None, by: str, data: Path) -> None:
    """Record that PERSON agreed to KIND. Keep the signed paper: its wording must be that of residents.yaml."""
    settings = load(config).residents.privacy if config else PrivacySection()
    given = GivenConsent(person, ConsentKind(kind), cast("How", how), by, guardian.strip(), basis.strip())
    _run(data, settings, lambda consents: consents.give(given))
    click.echo(f"recorded: {person} agreed to {kind}, version {settings.text(given.kind).version}")


@command.command()
@_person
@_kind
@_by
@data_option
def withdraw(person: str, kind: str, by: str, data: Path) -> None:
    """Withdraw the consent of PERSON to KIND. What it was for, such as face templates, is deleted at once."""
    _run(data, PrivacySection(), lambda consents: consents.withdraw(person, ConsentKind(kind), by))
    refresh_register(data)
    click.echo(f"withdrawn: {person}, {kind}; what it was for is deleted")


def _run(data: Path, settings: PrivacySection, act: Callable[[Consents], Awaitable[T]]) -> T:
    async def run() -> T:
        async with Store.open(data) as store:
            return await act(Consents(store, lambda: datetime.now(UTC), lambda: settings))

    return asyncio.run(run())
