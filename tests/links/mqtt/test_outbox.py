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


def message(text: str, until: float = 100.0) -> OutgoingMessage:
    return OutgoingMessage("t", text.encode(), retain=False, until=until)


def test_only_a_window_goes_out_unacknowledged() -> None:
    outbox = ClientOutbox()
    for number in range(WINDOW + 5):
        outbox.post(message(str(number)))
    assert len(said(outbox.send(0))) == WINDOW
    assert outbox.send(0) == b""
    outbox.acknowledged(1)
    assert said(outbox.send(0)) == [Publish("t", str(WINDOW).encode(), 1, WINDOW + 1)]


def test_what_is_too_old_is_not_said() -> None:
    outbox = ClientOutbox()
    outbox.post(message("open the door", until=5))
    outbox.post(message("later", until=50))
    assert [packet.payload for packet in said(outbox.send(5))] == [b"later"]


def test_a_client_that_came_back_hears_it_again_unless_it_is_too_late() -> None:
    outbox = ClientOutbox()
    outbox.post(message("open the door", until=5))
    outbox.post(message("sound", until=50))
    outbox.send(0)
    outbox.again()
    assert said(outbox.send(10)) == [Publish("t", b"sound", 1, 2, dup=True)]
    assert outbox.unacknowledged == 1


def test_a_client_that_came_back_and_takes_less_now_hears_no_more_at_once() -> None:
    outbox = ClientOutbox()
    for text in ("a", "b" * 100, "c", "d", "e"):
        outbox.post(message(text))
    outbox.window = 4
    assert len(said(outbox.send(0))) == 4
    outbox.again()
    outbox.window, outbox.largest = 2, 50
    assert [(one.payload, one.dup) for one in said(outbox.send(0))] == [(b"a", True), (b"c", True)]
    outbox.acknowledged(1)
    assert [(one.payload, one.dup) for one in said(outbox.send(0))] == [(b"d", True)]
    outbox.again()
    outbox.acknowledged(4)  # late, from before
    assert [(one.payload, one.dup) for one in said(outbox.send(0))] == [(b"c", True), (b"e", False)]
    for packet_id in (3, 5):
        outbox.acknowledged(packet_id)
    assert (outbox.unacknowledged, outbox._bytes) == (0, 0)


def test_it_is_bounded_by_number_and_bytes() -> None:
    outbox = ClientOutbox()
    for number in range(MAX_QUEUED):
        outbox.post(message(str(number)))
    with pytest.raises(LinkLost):
        outbox.post(message("one more"))
    with pytest.raises(LinkLost):
        ClientOutbox().post(OutgoingMessage("t", b"x" * (2 << 20), retain=False))


def test_packet_ids_wrap_around_those_in_flight() -> None:
    outbox = ClientOutbox()
    outbox.post(message("first"))
    outbox.send(0)
    for number in range(65534):
        outbox.post(message(str(number)))
        (packet,) = said(outbox.send(0))
        assert packet.packet_id is not None
        outbox.acknowledged(packet.packet_id)
    outbox.post(message("again"))
    (packet,) = said(outbox.send(0))
    assert packet.packet_id == 2


def test_an_acknowledgement_nobody_waits_for_is_nothing() -> None:
    ClientOutbox().acknowledged(77)
