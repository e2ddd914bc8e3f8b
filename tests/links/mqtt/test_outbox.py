from __future__ import annotations

import pytest

from gateway.errors import LinkLost
from gateway.links.mqtt.codec import MqttDecoder
from gateway.links.mqtt.outbox import MAX_QUEUED, WINDOW, ClientOutbox, OutgoingMessage
from gateway.links.mqtt.packets import Publish


def said(data: bytes) -> list[Publish]:
    decoder = MqttDecoder()
    decoder.feed(data)
    return [packet for packet in iter(decoder.take, None) if isinstance(packet, Publish)]


def message(text: str, expires_at: float = 100.0) -> OutgoingMessage:
    return OutgoingMessage("t", text.encode(), retain=False, expires_at=expires_at)


def test_only_a_window_goes_out_unacknowledged() -> None:
    outbox = ClientOutbox()
    for number in range(WINDOW + 5):
        outbox.queue(message(str(number)))
    assert len(said(outbox.take_sendable(0))) == WINDOW
    assert outbox.take_sendable(0) == b""
    outbox.acknowledged(1)
    assert said(outbox.take_sendable(0)) == [Publish("t", str(WINDOW).encode(), 1, WINDOW + 1)]


def test_what_is_too_old_is_not_said() -> None:
    outbox = ClientOutbox()
    outbox.queue(message("open the door", expires_at=5))
    outbox.queue(message("later", expires_at=50))
    assert [packet.payload for packet in said(outbox.take_sendable(5))] == [b"later"]


def test_a_client_that_came_back_hears_it_again_unless_it_is_too_late() -> None:
    outbox = ClientOutbox()
    outbox.queue(message("open the door", expires_at=5))
    outbox.queue(message("sound", expires_at=50))
    outbox.take_sendable(0)
    outbox.resend_unacknowledged()
    assert said(outbox.take_sendable(10)) == [Publish("t", b"sound", 1, 2, dup=True)]
    assert outbox.unacknowledged == 1


def test_a_client_that_came_back_and_takes_less_now_hears_no_more_at_once() -> None:
    outbox = ClientOutbox()
    for text in ("a", "b" * 100, "c", "d", "e"):
        outbox.queue(message(text))
    outbox.window = 4
    assert len(said(outbox.take_sendable(0))) == 4
    outbox.resend_unacknowledged()
    outbox.window, outbox.max_packet = 2, 50
    assert [(one.payload, one.dup) for one in said(outbox.take_sendable(0))] == [(b"a", True), (b"c", True)]
    outbox.acknowledged(1)
    assert [(one.payload, one.dup) for one in said(outbox.take_sendable(0))] == [(b"d", True)]
    outbox.resend_unacknowledged()
    outbox.acknowledged(4)  # late, from before
    assert [(one.payload, one.dup) for one in said(outbox.take_sendable(0))] == [(b"c", True), (b"e", False)]
    for packet_id in (3, 5):
        outbox.acknowledged(packet_id)
    assert (outbox.unacknowledged, outbox._bytes) == (0, 0)


def test_it_is_bounded_by_number_and_bytes() -> None:
    outbox = ClientOutbox()
    for number in range(MAX_QUEUED):
        outbox.queue(message(str(number)))
    with pytest.raises(LinkLost):
        outbox.queue(message("one more"))
    with pytest.raises(LinkLost):
        ClientOutbox().queue(OutgoingMessage("t", b"x" * (2 << 20), retain=False))


def test_packet_ids_wrap_around_those_in_flight() -> None:
    outbox = ClientOutbox()
    outbox.queue(message("first"))
    outbox.take_sendable(0)
    for number in range(65534):
        outbox.queue(message(str(number)))
        (packet,) = said(outbox.take_sendable(0))
        assert packet.packet_id is not None
        outbox.acknowledged(packet.packet_id)
    outbox.queue(message("again"))
    (packet,) = said(outbox.take_sendable(0))
    assert packet.packet_id == 2


def test_an_acknowledgement_nobody_waits_for_is_nothing() -> None:
    ClientOutbox().acknowledged(77)
