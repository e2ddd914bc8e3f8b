"""`anju reload`: have the running gateway read its configuration again, and say what that changes."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from gateway.cli.common import data_option
from gateway.cli.control_client import gateway_on

PATIENCE_S = 120.0
"""A large configuration is read in seconds, and drivers may take ten to end."""
_LISTS = {"devices": "device", "rules": "rule", "places": "place", "accounts": "MQTT account"}


@click.command("reload")
@click.argument("config_dir", required=False, type=click.Path(path_type=Path, exists=True, file_okay=False))
@data_option
@click.option("--dry-run", is_flag=True, help="Only show what would change.")
def command(config_dir: Path | None, data: Path, dry_run: bool) -> None:
    """Have the gateway that runs on this data read its configuration again.

    The gateway checks the files first. If there is a mistake, it is printed as by `anju check`, the exit
    status is 1 and the old configuration stays in force. Else the difference is shown and put in force:
    only devices that changed are restarted. CONFIG_DIR, if given, must be the folder it was started with.
    """
    asked = {"do": "reload", "dry_run": dry_run, "config": str(config_dir.resolve()) if config_dir else None}
    console = Console(soft_wrap=True)
    with gateway_on(data, PATIENCE_S) as answers:
        said = ""
        for answer in answers(asked):
            said = answer["say"]
            if said == "difference":
                _show(console, answer)
            elif said == "refused":
                for mistake in answer["mistakes"]:
                    click.echo(mistake)
                click.echo("Nothing has changed: the old configuration stays in force.", err=True)
                raise click.exceptions.Exit(1)
    if said == "done":
        console.print("In force.", style="green")
    elif not dry_run:
        raise click.ClickException("the gateway ended before it was done: look into its log")


def _show(console: Console, difference: Mapping[str, Any]) -> None:
    """Added, changed and removed, each by name."""
    table = Table(box=None, show_header=False, pad_edge=False)
    for part, noun in _LISTS.items():
        changes = difference.get(part, {})
        for name in changes.get("added", ()):
            table.add_row("[green]+[/]", noun, escape(name), "")
        for name, keys in changes.get("changed", {}).items():
            table.add_row("[yellow]~[/]", noun, escape(name), escape(", ".join(keys)))
        for name in changes.get("removed", ()):
            table.add_row("[red]-[/]", noun, escape(name), "")
    for key in difference.get("settings", ()):
        table.add_row("[yellow]~[/]", "compound", escape(key), "")
    if table.row_count:
        console.print(table)
    for key in difference.get("restart", ()):
        console.print(f"[bold yellow]needs a restart:[/] {escape(key)}")
    if not table.row_count and not difference.get("restart"):
        console.print("Nothing is different from what is in force.")
