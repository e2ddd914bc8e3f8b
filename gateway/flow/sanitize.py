"""Makes a signal's data fit for the database and for a browser's JSON."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from gateway.model import Signal


def sanitized(signal: Signal) -> Signal:
    """The signal with lone surrogates replaced by `?`, and NaN and infinity by None.

    A signal that can't be written would never be acknowledged: its device would send it again and again.
    """
    try:
        json.dumps(signal.data, ensure_ascii=False, allow_nan=False).encode()
        (signal.source_id or "").encode()
    except ValueError:
        source = signal.source_id
        return replace(signal, data=_clean(signal.data), source_id=source and _text(source))
    return signal


def _clean(value: Any) -> Any:
    match value:
        case str():
            return _text(value)
        case float() if not math.isfinite(value):
            return None
        case Mapping():
            return {_text(str(name)): _clean(each) for name, each in value.items()}
        case list() | tuple():
            return [_clean(each) for each in value]
    return value


def _text(text: str) -> str:
    return text.encode(errors="replace").decode()
