"""What goes to stderr, and what does not."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

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


SAYS_A_PASSWORD = """
import logging, structlog, sys
from gateway import logs
TTY
logs.set_up()
url = "rtsp://admin:2024/geheim@cam/1"
logging.getLogger("av").warning("can't open %s", url)
log = structlog.get_logger()
log.info("lost", why=url, more={"urls": [url]})
try:
    raise ValueError(url)
except ValueError:
    log.exception("broke")
"""


@pytest.mark.parametrize("terminal", ["", "sys.stderr.isatty = lambda: True"])
def test_no_password_reaches_a_log_whoever_writes_it(terminal: str) -> None:
    program = SAYS_A_PASSWORD.replace("TTY", terminal)
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, env=os.environ)
    assert done.stderr.count("***@cam/1") >= 4
    assert "geheim" not in done.stderr.replace('url = "rtsp://admin:2024/geheim@cam/1"', "")
