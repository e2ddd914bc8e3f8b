"""`anju clips`: lists, exports and verifies the recordings of alerts."""

from __future__ import annotations

import asyncio
import getpass
import sqlite3
from datetime import UTC, datetime
from pathlib import Path

import click

from gateway.cli.common import data_option
from gateway.recording import rows
from gateway.recording.clip import RecordedClip
from gateway.recording.export import ExportResult, export
from gateway.recording.manifest import MANIFEST, verify_export
from gateway.recording.storage import ClipStorage
from gateway.store import Store

_FOLDER = click.Path(file_okay=False, path_type=Path)
_MAX_LISTED = 50


@click.group()
def command() -> None:
    """Recordings of alerts: list, export, verify."""


@command.command("export")
@click.argument("alert")
@click.option("--out", type=_FOLDER, required=True, help="The folder to write to; created if it does not exist.")
@click.option(
    "--by", default=getpass.getuser, show_default="the system user", help="Who exports; written to the audit log."
)
@data_option
def export_(alert: str, out: Path, by: str, data: Path) -> None:
    """Write the recordings of ALERT, its history and their hashes to a folder."""

    async def run() -> ExportResult:
        async with Store.open(data) as store:
            return await export(store, ClipStorage.in_data_folder(data), alert, out, by, datetime.now(UTC))

    exported = asyncio.run(run())
    click.echo(f"{exported.clips} {'recording' if exported.clips == 1 else 'recordings'} of {alert} → {out / MANIFEST}")
    if exported.problems:
        raise click.ClickException("; ".join(exported.problems))


@command.command("list")
@click.argument("alert", required=False)
@data_option
def list_(alert: str | None, data: Path) -> None:
    """List the newest recordings, or those of ALERT."""

    def query(connection: sqlite3.Connection) -> list[RecordedClip]:
        return rows.of_alert(connection, alert) if alert else rows.newest(connection, _MAX_LISTED)

    async def run() -> list[RecordedClip]:
        async with Store.open(data) as store:
            return await store.read(query)

    for clip in asyncio.run(run()):
        seconds = (clip.ended - clip.began).total_seconds()
        click.echo(f"{clip.began:%Y-%m-%dT%H:%M:%SZ}\t{seconds:.0f} s\t{clip.camera}\t{clip.alert}\t{clip.file}")


@command.command()
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
def verify(folder: Path) -> None:
    """Check that an exported FOLDER was not changed since its export."""
    try:
        differences = verify_export(folder)
    except (OSError, ValueError) as error:
        raise click.ClickException(f"{folder} can't be verified: {error}") from None
    if differences:
        raise click.ClickException("; ".join(differences))
    click.echo(f"{folder} is as it was exported")
