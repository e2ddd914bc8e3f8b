"""`anju keys`: replaces the key that encrypts personal data, when it is lost for good."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from pathlib import Path

import click

from gateway.cli.common import data_option
from gateway.cli.control_client import is_running
from gateway.store import Store
from gateway.store.sealed import SealedData, delete_sealed
from gateway.store.vault import key_file, make_key


@click.group()
def command() -> None:
    """The key that encrypts phones, door plates and faces: new."""


@command.command()
@click.option("--yes", is_flag=True, help="Do not ask.")
@data_option
def new(yes: bool, data: Path) -> None:
    """Create a new key and delete what the lost one encrypted: phones, door plates, faces. The old file is renamed.

    If there is a backup, put back its keys folder instead.
    """
    if is_running(data):
        raise click.ClickException("a gateway runs on this data: stop it first")
    if not yes:
        click.confirm("Data encrypted with the old key can never be read again. Continue?", abort=True)
    path = key_file(data)
    # Delete before the key is replaced: the store refuses a key that does not fit the data.
    deleted = asyncio.run(_delete_sealed(data))
    try:
        if path.exists():
            path.replace(path.with_name(f"{path.name}.old-{datetime.now(UTC):%Y%m%dT%H%M%SZ}"))
        make_key(path)
    except OSError as error:
        raise click.ClickException(f"{path} can't be written: {error.strerror or error}") from error
    click.echo(f"new key created; deleted: {deleted.words if deleted else 'nothing'}")
    click.echo("import the residents again for their phones, print new door plates, and enrol faces again")


async def _delete_sealed(data: Path) -> SealedData:
    async with Store.open(data) as store:
        return await store.write(delete_sealed)
