"""What a reader's events say: cards, PINs, its cover and its power."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from osdp import Event, StatusReportType

from gateway.model import Signal
from gateway.protocols.credential import wiegand
from gateway.protocols.credential.keypad import PinCollector
from gateway.protocols.osdp.settings import OsdpReader

_CONDITIONS: Sequence[tuple[tuple[str, str], Mapping[str, Any]]] = (
    (("reader.restored", "reader.tampered"), {}),
    (("device.restored", "device.faulted"), {"why": {"zh": "读卡器供电故障", "en": "the reader's power fails"}}),
)
"""Of a local status' two bytes, cover and power (SIA OSDP 2.2, osdp_LSTATR): what 0 and 1 are told as."""


class ReaderEvents:
    """One reader's: it gathers keys, and tells its cover and its power when they change."""

    def __init__(self, reader: OsdpReader, pin_pause: float) -> None:
        self._reader = reader
        self._keypad = PinCollector(pin_pause)
        self._state: list[bool] = [False] * len(_CONDITIONS)

    def take(self, event: Mapping[str, Any], now: float) -> Sequence[Signal]:
        """The signals of an event as libosdp tells it. BadInput for a card that can't be read."""
        match event.get("event"):
            case Event.CardRead:
                return [self._card(event)]
            case Event.KeyPress:
                return self._pins(self._keypad.press(event["data"], now))
            case Event.Status if event["type"] == StatusReportType.Local:
                return self._changes(event["report"])
        return ()

    def due(self, now: float) -> Sequence[Signal]:
        """The PIN that nobody finished, once its pause is over."""
        return self._pins(self._keypad.expire(now))

    def _card(self, event: Mapping[str, Any]) -> Signal:
        data: bytes = event["data"]
        bits: int = event.get("length", len(data) * 8)
        card = wiegand.decode(wiegand.from_bytes(data, bits), bits, self._reader.format)
        return self._signal("credential.presented", card.data())

    def _changes(self, report: bytes) -> Sequence[Signal]:
        signals = []
        for index, (kinds, data) in enumerate(_CONDITIONS[: len(report)]):
            holds = report[index] != 0
            if holds != self._state[index]:
                self._state[index] = holds
                signals.append(self._signal(kinds[holds], data if holds else {}))
        return signals

    def _pins(self, counts: Sequence[int]) -> Sequence[Signal]:
        return [self._signal("pin.entered", {"digits": count}) for count in counts]

    def _signal(self, kind: str, data: Mapping[str, Any]) -> Signal:
        """Fresh: a reader does not tell again what was answered, which sequence numbers see to."""
        return Signal(device=self._reader.id, kind=kind, data=data, fresh=True)
