"""`anju people erase|data`: everything about a person, deleted or as a file."""

from __future__ import annotations

import asyncio
import getpass
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import click

from gateway.cli.common import check_new_file, data_option
from gateway.cli.control_client import NotRunning, connect
from gateway.config.residents import PrivacySection
from gateway.model import Step
from gateway.privacy import make_privacy
from gateway.privacy.export import as_archive
from gateway.store import Store, audit

PATIENCE_S = 600.0
_by = click.option("--by", default=getpass.getuser, show_default="the system's user", help="Who has it done.")


@click.command()
@click.argument("person")
@click.option("--reason", required=True, help="Why, such as: moved out, asked for it in writing. Stands in the audit.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@_by
@data_option
def erase(person: str, reason: str, yes: bool, by: str, data: Path) -> None:
    """Delete everything about PERSON (an id, see `anju people list`). It can't be undone.

    Register, cards, face, history, sign-ins, requests; in signals, alerts, notes and the audit the name, phones and
    plates are taken out. The audit keeps who had it done, when and why, and stays valid. Exit status 1 if a file of
    the data folder still holds something.
    """
    if not yes:
        click.confirm(f"Delete everything about {person}? It can't be undone", abort=True)
    rows, left = _by_gateway(person, reason, by, data) or asyncio.run(_alone(person, reason, by, data))
    click.echo(f"{person}: {rows} rows deleted or cleaned")
    for file in left:
        click.echo(f"still in {file}: stop the gateway at a quiet hour, then `anju people erase` once more", err=True)
    if left:
        raise SystemExit(1)


def _by_gateway(person: str, reason: str, by: str, data: Path) -> tuple[int, Sequence[str]] | None:
    """Have the running gateway do it, which holds open alerts in memory; None when none runs."""
    try:
        with connect(data, PATIENCE_S) as send:
            for reply in send({"do": "erase", "person": person, "by": by, "why": reason}):
                if reply["say"] == "refused":
                    raise click.ClickException("; ".join(reply["mistakes"]))
                if reply["say"] == "done":
                    return int(reply["rows"]), list(reply["left"])
    except NotRunning:
        return None
    raise click.ClickException("the gateway ended meanwhile; it goes on with the deletion when it starts again")


async def _alone(person: str, reason: str, by: str, data: Path) -> tuple[int, Sequence[str]]:
    async def nothing() -> None: ...

    async with Store.open(data) as store:
        privacy = make_privacy(store, lambda: datetime.now(UTC), PrivacySection, nothing)
        erasure = await privacy.erasures.order(person, by, reason)
        await privacy.erasures.finish_all()
        state = await privacy.erasures.state(erasure)
        return sum(state.counts.values()), state.left


@click.command("data")
@click.argument("person")
@click.option("--reason", required=True, help="Why, such as: asked for it at the counter. Stands in the audit.")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), default=Path("my-data.zip"), show_default=True)
@click.option("--timezone", default="Asia/Shanghai", show_default=True)
@_by
@data_option
def data_(person: str, reason: str, out: Path, timezone: str, by: str, data: Path) -> None:
    """Write everything about PERSON into a file for them: JSON, and a page to read."""
    file = check_new_file(out)
    file.write_bytes(asyncio.run(_export(person, reason, timezone, by, data)))
    click.echo(f"{file} written: give it to the person and to nobody else")


async def _export(person: str, reason: str, timezone: str, by: str, data: Path) -> bytes:
    async def nothing() -> None: ...

    async with Store.open(data) as store:
        privacy = make_privacy(store, lambda: datetime.now(UTC), PrivacySection, nothing)
        found = await privacy.data_of(person)
        step = Step("", "person-export", by, datetime.now(UTC), reason, {"person": person})
        await store.write(lambda connection: audit.append(connection, step))
        return as_archive(found, "", ZoneInfo(timezone))
