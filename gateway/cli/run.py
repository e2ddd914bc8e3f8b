"""`anju run`: runs the gateway."""

from __future__ import annotations

import asyncio
from pathlib import Path

import click

from gateway import logs
from gateway.app import run
from gateway.cli.common import data_option
from gateway.cli.control_client import is_running
from gateway.config import load


@click.command()
@click.argument("config", type=click.Path(exists=True, file_okay=False, path_type=Path))
@data_option
def command(config: Path, data: Path) -> None:
    """Run the gateway with the configuration in the folder CONFIG, until SIGTERM or Ctrl-C."""
    configuration = load(config)
    if is_running(data):
        raise click.ClickException(f"a gateway already runs on {data}: stop it first, or give another --data")
    logs.set_up()
    asyncio.run(run(configuration, data))
