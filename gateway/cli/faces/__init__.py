"""`anju faces enrol|calibrate`: whom the cameras are to know, and how alike two faces must be."""

from __future__ import annotations

import click

from gateway.cli.faces.calibrate import calibrate
from gateway.cli.faces.enrol import enrol


@click.group("faces")
def command() -> None:
    """The faces of the enrolled."""


command.add_command(enrol)
command.add_command(calibrate)
