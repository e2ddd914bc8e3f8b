"""Types of a signal kind in the YAML: of drivers that map devices' own messages, and of whoever selects by kind."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, Field

from gateway.model import KINDS, is_kind
from gateway.settings.mend import Wrong, did_you_mean

GATEWAY_KINDS = frozenset(
    """command.done command.failed report.made storage.failed storage.restored device.silent device.refused
    certificate.failing certificate.restored notifier.failing notifier.restored desk.unattended desk.attended
    configuration.changed configuration.refused help.called door_plate.scanned door_plate.suspected""".split()
)
"""Kinds that only the gateway itself emits."""


def _check_kind(kind: str) -> str:
    if kind in GATEWAY_KINDS:
        raise Wrong(f"only the gateway itself emits {kind!r}", "choose another kind, or one of your own: x.…")
    if not is_kind(kind):
        raise Wrong(f"{kind!r} is no kind of signal", did_you_mean(kind, KINDS - GATEWAY_KINDS))
    return kind


def _is_any_kind(kind: str) -> str:
    if not is_kind(kind):
        raise Wrong(f"{kind!r} is no kind of signal", did_you_mean(kind, KINDS))
    return kind


SignalKind = Annotated[
    str, AfterValidator(_check_kind), Field(description="of gateway/model.py, or one of your own that begins with x.")
]
AnySignalKind = Annotated[
    str, AfterValidator(_is_any_kind), Field(description="of gateway/model/kinds.py, or one that begins with x.")
]
"""A kind that alerts may be raised on; the gateway's own included."""
