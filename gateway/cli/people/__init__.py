"""`anju people`: residents, vehicles and cards, as lists and room by room."""

from __future__ import annotations

import click

from gateway.cli.people.lists import export, import_, list_
from gateway.cli.people.privacy import data_, erase
from gateway.cli.people.rooms import find, move_out, remove, show


@click.group()
def command() -> None:
    """Residents, vehicles and cards: import, export, find, show, move out, remove, their data, erase."""


for each in (import_, export, list_, find, show, move_out, remove, data_, erase):
    command.add_command(each)
