"""Several things to tell at once, and a disk that takes no more."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from gateway.driver import Emit
from gateway.errors import NotRecorded
from gateway.model import Signal


async def emit_all(
    emit: Emit, signals: Iterable[Signal], kept: Callable[[Signal], None] | None = None
) -> NotRecorded | None:
    """In order, `kept` after each that is committed; None once all are, else why not: its sender is to say it again.

    From the first that is not on, alarms alone are told: they show from memory whatever the disk does.
    """
    failed: NotRecorded | None = None
    for signal in signals:
        if failed is None or signal.is_alarm:
            try:
                await emit(signal)
            except NotRecorded as error:
                failed = failed or error
            else:
                if kept:
                    kept(signal)
    return failed
