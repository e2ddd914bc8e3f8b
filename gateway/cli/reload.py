"""`anju reload`: makes the running gateway reload its configuration, and shows the changes."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from gateway.cli.common import data_option
from gateway.cli.control_client import connect

REPLY_TIMEOUT_S = 120.0
"""A large configuration takes seconds to read, and drivers may take ten to stop."""
_LISTS = {"devices": "device", "rules": "rule", "places": "place", "accounts": "MQTT account", "notifiers": "notifier"}


@click.command("reload")
@click.argument("config_dir", required=False, type=click.Path(path_type=Path, exists=True, file_okay=False))
@data_option
@click.option("--dry-run", is_flag=True, help="Only show what would change.")
def command(config_dir: Path | None, data: Path, dry_run: bool) -> None:
    """Make the gateway that runs on this data reload its configuration.

    The gateway checks the files first. Mistakes are printed as by `anju check`, the exit status is 1 and the
    old configuration stays in use. Otherwise the changes are shown and applied: only changed devices are
    restarted. CONFIG_DIR, if given, must be the folder that the gateway was started with.
    """
    request = {"do": "reload", "dry_run": dry_run, "config": str(config_dir.resolve()) if config_dir else None}
    console = Console(soft_wrap=True)
    with connect(data, REPLY_TIMEOUT_S) as answers:
        kind = ""
        for answer in answers(request):
            kind = answer["say"]
            if kind == "difference":
                _print_difference(console, answer)
            elif kind == "refused":
                for mistake in answer["mistakes"]:
                    click.echo(mistake)
                click.echo("Nothing has changed: the old configuration stays in use.", err=True)
                raise click.exceptions.Exit(1)
    if kind == "done":
        console.print("Applied.", style="green")
    elif not dry_run:
        raise click.ClickException("the gateway stopped before the reload was done: see its log")


def _file_of(key: str) -> str:
    """The stem of the file that a changed key stands in."""
    return next((stem for stem in ("desk", "plan", "access", "residents") if key.startswith(f"{stem}.")), "compound")


def _print_difference(console: Console, difference: Mapping[str, Any]) -> None:
    """Print what is added, changed and removed, each by name."""
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
        table.add_row("[yellow]~[/]", _file_of(key), escape(key), "")
    if table.row_count:
        console.print(table)
    for key in difference.get("restart", ()):
        console.print(f"[bold yellow]needs a restart:[/] {escape(key)}")
    if not table.row_count and not difference.get("restart"):
        console.print("No differences.")
