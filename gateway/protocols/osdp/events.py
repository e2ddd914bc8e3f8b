"""Turns a reader's events into signals: cards, PINs, tamper and power."""

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
"""The two bytes of a local status, tamper and power (SIA OSDP 2.2, osdp_LSTATR): kinds for 0 and 1, and data of 1."""


class ReaderEvents:
    """The state of one reader's events: the PIN being entered, and its last tamper and power status."""

    def __init__(self, reader: OsdpReader, pin_timeout: float) -> None:
        self._reader = reader
        self._keypad = PinCollector(pin_timeout)
        self._status: list[bool] = [False] * len(_CONDITIONS)

    def handle(self, event: Mapping[str, Any], now: float) -> Sequence[Signal]:
        """Return the signals of a libosdp event. Raises BadInput for a card that can't be read."""
        match event.get("event"):
            case Event.CardRead:
                return [self._card_signal(event)]
            case Event.KeyPress:
                return self._pin_signals(self._keypad.press(event["data"], now))
            # Other status reports (inputs, outputs) are not used.
            case Event.Status if event["type"] == StatusReportType.Local:
                return self._status_signals(event["report"])
        return ()

    def expire_pin(self, now: float) -> Sequence[Signal]:
        """Return the signal of an unfinished PIN once its timeout is over."""
        return self._pin_signals(self._keypad.expire(now))

    def _card_signal(self, event: Mapping[str, Any]) -> Signal:
        data: bytes = event["data"]
        bits: int = event.get("length", len(data) * 8)
        card = wiegand.decode(wiegand.from_bytes(data, bits), bits, self._reader.format)
        return self._signal("credential.presented", card.data())

    def _status_signals(self, report: bytes) -> Sequence[Signal]:
        signals = []
        for index, (kinds, data) in enumerate(_CONDITIONS[: len(report)]):
            is_active = report[index] != 0
            if is_active != self._status[index]:
                self._status[index] = is_active
                signals.append(self._signal(kinds[is_active], data if is_active else {}))
        return signals

    def _pin_signals(self, pins: Sequence[str]) -> Sequence[Signal]:
        return [self._signal("pin.entered", {"digits": len(pin)}, pin) for pin in pins]

    def _signal(self, kind: str, data: Mapping[str, Any], secret: str | None = None) -> Signal:
        # `fresh`: sequence numbers make sure that a reader does not repeat an event whose reply was received.
        return Signal(device=self._reader.id, kind=kind, data=data, fresh=True, secret=secret)
