"""`anju faces enrol|calibrate`: enrolment of faces, and the distance threshold for matching."""

from __future__ import annotations

import click

from gateway.cli.faces.calibrate import calibrate
from gateway.cli.faces.enrol import enrol


@click.group("faces")
def command() -> None:
    """Enrol faces, and check the matching threshold."""


command.add_command(enrol)
command.add_command(calibrate)
