"""Emits several signals that came in one message, also when the disk is full."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from gateway.driver import Emit
from gateway.errors import NotRecorded
from gateway.model import Signal


async def emit_all(
    emit: Emit, signals: Iterable[Signal], committed: Callable[[Signal], None] | None = None
) -> NotRecorded | None:
    """Emit in order and call `committed` for each that was. None once all are, else why not: do not acknowledge then.

    After the first that is not committed only alarms are still emitted: they are shown from memory even then.
    """
    failed: NotRecorded | None = None
    for signal in signals:
        if failed is None or signal.is_alarm:
            try:
                await emit(signal)
            except NotRecorded as error:
                failed = failed or error  # the first reason is the one to report
            else:
                if committed:
                    committed(signal)
    return failed
