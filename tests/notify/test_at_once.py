"""One-time codes go past the outbox: nothing on disk, no quiet hours, and half of the minute is left to alarms."""

from __future__ import annotations

import pytest

from gateway.errors import LinkLost, NotFound
from gateway.model import Words
from gateway.notifier import Busy
from gateway.notify.at_once import PrivateMessage

CODE = PrivateMessage(
    title=Words("123456", "123456"), text=Words("是您的验证码", "is your code"), recipients=["13800000000"]
)


async def test_it_is_sent_at_once_and_is_never_on_disk(bench, tmp_path):
    await bench.use(bench.world.entry(quiet="00:00-23:59"))
    receipt = await bench.outbox.send_private("it", CODE)
    assert receipt.reference == "p-1"
    assert bench.world.sent[0].said() == "123456\n是您的验证码"
    assert list(bench.world.sent[0].recipients) == ["13800000000"]
    files = [file.read_bytes() for file in tmp_path.rglob("anju.db*")]
    assert files
    assert not any(b"123456" in content or b"13800000000" in content for content in files)


async def test_it_leaves_half_of_the_minute_to_alarms(bench):
    await bench.use(bench.world.entry(per_minute=4))
    await bench.outbox.send_private("it", CODE)
    await bench.outbox.send_private("it", CODE)
    with pytest.raises(Busy):
        await bench.outbox.send_private("it", CODE)
    assert len(bench.world.sent) == 2


async def test_a_fault_and_an_unknown_name_are_told(bench):
    await bench.use(bench.world.entry())
    with pytest.raises(NotFound, match="known: it"):
        await bench.outbox.send_private("ti", CODE)
    bench.world.fault = LinkLost("no answer")
    with pytest.raises(LinkLost, match="no answer"):
        await bench.outbox.send_private("it", CODE)
