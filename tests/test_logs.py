"""What goes to stderr, and what does not."""

from __future__ import annotations

import os
import subprocess
import sys

SAYS = """
import logging
from gateway import logs
logs.set_up()
logging.getLogger("zeep.xsd.types.simple").exception("Error during xml -> python translation")
logging.getLogger("paho").warning("a warning")
"""


def test_a_camera_with_dates_of_its_own_does_not_fill_the_log() -> None:
    done = subprocess.run([sys.executable, "-c", SAYS], capture_output=True, text=True, check=True, env=os.environ)
    assert done.stderr == "WARNING paho: a warning\n"
