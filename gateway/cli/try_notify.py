"""`anju try notify NAME`: sends one test message and prints the receipt, or the exact refusal."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import click

from gateway.cli.common import data_option
from gateway.cli.control_client import NotRunning, connect
from gateway.config import load
from gateway.config.configuration import NotifierEntry
from gateway.errors import BadInput, LinkLost
from gateway.notifier import Receipt
from gateway.notify.compose import TEST
from gateway.notify.deliver import TIMEOUT_S, deliver
from gateway.notify.prober import trial


@click.command("notify")
@click.argument("name")
@click.option("--to", "recipients", multiple=True, metavar="ADDRESS", help="A recipient; SMS and calls need one.")
@click.option(
    "--config",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    help="The folder of the YAML files, when no gateway runs.",
)
@data_option
def notify(name: str, recipients: Sequence[str], config: Path | None, data: Path) -> None:
    """Send one test message by the notifier NAME of desk.yaml.

    The gateway that runs on this data sends it. When none runs, it is sent from here with the settings of --config.
    Prints the receipt as JSON; a refusal goes to stderr as it came, and the exit status is 1.
    """
    try:
        receipt = _by_gateway(name, recipients, data)
    except NotRunning:
        if config is None:
            raise click.UsageError(
                f"No gateway runs on {data}: give the folder of the YAML files by --config."
            ) from None
        receipt = asyncio.run(_from_here(_entry(name, config), recipients))
    click.echo(json.dumps({"notifier": name, **receipt}, ensure_ascii=False))
    if receipt["refused"]:
        raise click.exceptions.Exit(1)


def _by_gateway(name: str, recipients: Sequence[str], data: Path) -> dict[str, object]:
    with connect(data, TIMEOUT_S + 10) as ask:
        answers = list(ask({"do": "notify", "notifier": name, "recipients": list(recipients)}))
    if not answers or answers[-1]["say"] != "done":
        raise click.ClickException(": ".join(answers[-1]["mistakes"]) if answers else "the gateway stopped meanwhile")
    return {"reference": answers[-1]["reference"], "refused": answers[-1]["refused"]}


def _entry(name: str, config: Path) -> NotifierEntry:
    entries = {entry.id: entry for entry in load(config).notifiers}
    if name not in entries:
        known = ", ".join(entries) or "there is none"
        raise click.ClickException(f"no notifier {name!r} in {config / 'desk.yaml'}; known: {known}")
    return entries[name]


async def _from_here(entry: NotifierEntry, recipients: Sequence[str]) -> dict[str, object]:
    notifier = entry.notifier(entry.id, entry.settings)
    said = trial(entry, TEST, datetime.now(UTC), recipients)
    try:
        receipt: Receipt = await deliver(notifier, notifier.send(said))
    except (BadInput, LinkLost) as error:
        raise click.ClickException(f"{type(error).__name__}: {error}") from error
    return {"reference": receipt.reference, "refused": list(receipt.refused)}
