"""A notifier is healthy only while it proves that it delivers."""

from __future__ import annotations

from datetime import timedelta

from gateway.errors import LinkLost
from gateway.model import Severity, Words
from gateway.notify.proofs import Proof
from tests.notify.conftest import NOON, Bench
from tests.support.notifications import message

GONE = LinkLost(Words("连不上", "can't be reached"))


async def status(bench):
    [found] = await bench.outbox.status()
    return found


async def test_a_new_notifier_is_probed_at_once_and_unhealthy_before(bench):
    await bench.use(bench.world.entry())
    assert not (await status(bench)).healthy
    await bench.work()
    assert bench.world.probes == 1
    assert (await status(bench)).healthy
    assert (await status(bench)).proof.proved == NOON


async def test_it_is_probed_only_when_nothing_was_sent_for_a_while(bench):
    await bench.use(bench.world.entry(probe_every="40m"))
    await bench.work()
    for _ in range(8):
        bench.advance(minutes=20)
        await bench.enqueue(message(bench.now.minute + 60 * bench.now.hour))
        await bench.work()
    assert bench.world.probes == 1
    bench.advance(minutes=39)
    await bench.work()
    assert bench.world.probes == 1
    bench.advance(minutes=1)
    await bench.work()
    assert bench.world.probes == 2


async def test_an_hour_without_a_proof_is_an_alert_that_clears(bench):
    await bench.use(bench.world.entry())
    await bench.work()
    bench.world.fault = GONE
    for _ in range(59):
        bench.advance(minutes=1)
        await bench.work()
        await bench.watch()
    assert bench.world.open == {}
    assert (await status(bench)).healthy
    bench.advance(minutes=1)
    await bench.work()
    await bench.watch()
    assert bench.world.begun == [("it", Severity.HIGH)]
    assert bench.world.open["it"].zh == "通知渠道 it 已一小时未能证明可以送达：连不上"
    assert not (await status(bench)).healthy
    assert bench.world.probes - 1 == 6  # at 45 minutes, then after 1, 1, 2, 4 and 5
    for _ in range(30):
        bench.advance(minutes=1)
        await bench.watch()
    assert len(bench.world.begun) == 1
    bench.world.fault = None
    bench.advance(minutes=5)
    await bench.work()
    await bench.watch()
    assert bench.world.open == {}
    assert (await status(bench)).healthy


async def test_an_alert_that_a_person_closed_comes_again_only_after_a_proof(bench):
    await bench.use(bench.world.entry())
    bench.world.fault = GONE
    bench.advance(hours=1)
    await bench.watch()
    bench.world.open.clear()
    bench.advance(hours=3)
    await bench.watch()
    assert bench.world.open == {}
    bench.world.fault = None
    await bench.work()
    await bench.watch()
    bench.advance(hours=1)
    await bench.watch()
    assert set(bench.world.open) == {"it"}


async def test_a_send_that_fails_is_no_proof_and_one_that_works_is(bench):
    await bench.use(bench.world.entry())
    bench.world.fault = GONE
    await bench.enqueue(message())
    await bench.work()
    assert (await status(bench)).proof == Proof(NOON, None, GONE.why)
    assert (await status(bench)).waiting == 1
    bench.world.fault = None
    bench.advance(minutes=1)
    await bench.work()
    assert (await status(bench)).healthy


async def test_restarts_do_not_hide_that_there_is_no_proof(bench):
    await bench.use(bench.world.entry())
    bench.world.fault = GONE
    await bench.work()
    bench.advance(minutes=50)
    again = Bench(bench.store, bench.world, bench.now)
    await again.use(bench.world.entry())
    await again.watch()
    again.advance(minutes=10)
    await again.watch()
    assert set(bench.world.open) == {"it"}


async def test_a_proof_outlives_a_restart(bench):
    await bench.use(bench.world.entry())
    await bench.work()
    bench.advance(minutes=30)
    again = Bench(bench.store, bench.world, bench.now)
    await again.use(bench.world.entry())
    assert (await status(again)).healthy
    await again.work()
    assert bench.world.probes == 1


async def test_new_settings_must_prove_themselves(bench):
    await bench.use(bench.world.entry())
    await bench.work()
    bench.advance(minutes=10)
    await bench.use(bench.world.entry(number=1))
    assert not (await status(bench)).healthy
    await bench.work()
    assert bench.world.probes == 2
    assert (await status(bench)).healthy


async def test_another_language_or_hour_voids_no_proof(bench):
    await bench.use(bench.world.entry())
    await bench.work()
    bench.advance(minutes=10)
    await bench.use(bench.world.entry(language="en", quiet="22:00-07:00"))
    await bench.work()
    assert bench.world.probes == 1
    assert (await status(bench)).healthy
    assert bench.outbox._senders["it"].entry.common.language == "en"


async def test_the_alert_of_a_removed_notifier_ends(bench):
    await bench.use(bench.world.entry())
    bench.advance(hours=1)
    await bench.watch()
    assert set(bench.world.open) == {"it"}
    await bench.use()
    await bench.watch()
    assert bench.world.open == {}
    assert await bench.outbox.status() == []


def test_a_clock_that_was_set_back_makes_nothing_missing():
    proof = Proof(NOON, NOON + timedelta(hours=5))
    assert proof.is_healthy(NOON)
