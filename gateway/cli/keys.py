"""`anju keys`: what seals personal data, when it is lost for good."""

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
    """The key that phones, door plates and faces are sealed with: new."""


@command.command()
@click.option("--yes", is_flag=True, help="Do not ask.")
@data_option
def new(yes: bool, data: Path) -> None:
    """Make a new key, and forget what the lost one sealed: phones, door plates, faces. The old file is kept aside.

    Put the keys folder of a backup back instead, where there is one.
    """
    if is_running(data):
        raise click.ClickException("a gateway runs on this data: end it first")
    if not yes:
        click.confirm("What is sealed with the old key can never be read again. Go on?", abort=True)
    path = key_file(data)
    forgotten = asyncio.run(_forget(data))
    try:
        if path.exists():
            path.replace(path.with_name(f"{path.name}.old-{datetime.now(UTC):%Y%m%dT%H%M%SZ}"))
        make_key(path)
    except OSError as error:
        raise click.ClickException(f"{path} can't be written: {error.strerror or error}") from error
    click.echo(f"a new key is made; forgotten: {forgotten.words if forgotten else 'nothing'}")
    click.echo("import the residents again for their phones, print new door plates, and enrol faces again")


async def _forget(data: Path) -> SealedData:
    async with Store.open(data) as store:
        return await store.write(delete_sealed)
