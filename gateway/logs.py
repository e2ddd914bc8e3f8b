"""One line an event on stderr: for people at a terminal, as JSON under systemd."""

from __future__ import annotations

import logging
import sys

import structlog
from structlog.tracebacks import ExceptionDictTransformer
from structlog.typing import Processor

# Without the locals of the frames: there are keys and passwords among them.
_FOR_PEOPLE: tuple[Processor, ...] = (structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback),)
_FOR_SYSTEMD: tuple[Processor, ...] = (
    structlog.processors.ExceptionRenderer(ExceptionDictTransformer(show_locals=False)),
    structlog.processors.JSONRenderer(ensure_ascii=False),
)


def set_up(level: int = logging.INFO) -> None:
    """Send structlog and the libraries' logging to stderr."""
    at_terminal = sys.stderr.isatty()
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            *(_FOR_PEOPLE if at_terminal else _FOR_SYSTEMD),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
    # Twenty lines for each date that a camera writes in its own way: what can't be read is told by who asked.
    logging.getLogger("zeep").setLevel(logging.CRITICAL)
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr, format="%(levelname)s %(name)s: %(message)s")
