"""Sets up logging: one line per event on stderr, readable at a terminal, JSON under systemd."""

from __future__ import annotations

import logging
import sys

import structlog
from structlog.tracebacks import ExceptionDictTransformer
from structlog.typing import EventDict, Processor, WrappedLogger

from gateway.masking import masked, masked_values


def _without_secrets(_logger: WrappedLogger, _name: str, event: EventDict) -> EventDict:
    """Mask credentials in every value, so that no log call needs to think of passwords in addresses."""
    return {name: masked_values(value) for name, value in event.items()}


def _text_without_secrets(_logger: WrappedLogger, _name: str, line: object) -> str:
    return masked(str(line))


class _Masking(logging.Formatter):
    """Masks credentials in what libraries log."""

    def format(self, record: logging.LogRecord) -> str:
        """The record's text, masked."""
        return masked(super().format(record))


# Tracebacks are without the frames' local variables, which may hold keys and passwords.
_FOR_PEOPLE: tuple[Processor, ...] = (
    structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback),
    _text_without_secrets,  # after a renderer the event is text
)
_FOR_SYSTEMD: tuple[Processor, ...] = (
    structlog.processors.ExceptionRenderer(ExceptionDictTransformer(show_locals=False)),
    _without_secrets,
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
        cache_logger_on_first_use=True,  # a log call then costs a fraction
    )
    # zeep logs twenty lines for each date in a camera's own format; its callers report what can't be parsed.
    logging.getLogger("zeep").setLevel(logging.CRITICAL)
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_Masking("%(levelname)s %(name)s: %(message)s"))
    logging.basicConfig(level=logging.WARNING, handlers=[handler])
