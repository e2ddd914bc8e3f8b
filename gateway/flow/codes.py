"""Takes a code out of a signal before anybody else sees it: it goes to those who decide by it, and nowhere else."""

from __future__ import annotations

from dataclasses import replace

from gateway.model import Signal

ENTERED, CODE = "pin.entered", "code"


def without_code(signal: Signal) -> Signal:
    """The signal with its code as `secret`, whatever device wrote it into `data`; left is how many digits it has."""
    if signal.kind != ENTERED or CODE not in signal.data:
        return signal
    code = str(signal.data[CODE])
    kept = {name: value for name, value in signal.data.items() if name != CODE}
    return replace(signal, data={"digits": len(code), **kept}, secret=signal.secret or code)
