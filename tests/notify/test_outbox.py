"""The outbox: nothing is lost, nothing doubled, and what can't be sent is told."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from gateway.errors import BadInput, LinkLost, LoginRefused, NotFound
from gateway.model import Severity, Words
from gateway.notifier import Busy, Receipt
from gateway.notify import rows
from gateway.notify.compose import report_message
from tests.notify.conftest import EachAlone, Pager, settled
from tests.support.notifications import message

GONE = LinkLost(Words("连不上", "can't be reached"))


async def test_what_is_enqueued_is_sent_once_with_the_words_of_the_yaml(bench):
    await bench.use(bench.world.entry(language="both", may_name=["room"]))
    personal = {"room": Words("1502室", "Room 1502"), "reason": Words("王建国", "Wang Jianguo")}
    await bench.enqueue(message(personal=personal, link="https://x/#/alerts/i-1"))
    await bench.enqueue(message(personal=personal))
    await bench.work()
    [said] = bench.world.sent
    assert said.said() == "第1件 / Matter 1\n请处理\n1502室\nsee to it\nRoom 1502\nhttps://x/#/alerts/i-1"
    await bench.enqueue(message())
    await bench.work()
    assert len(bench.world.sent) == 1
    assert bench.rows() == {"sent": 1}


async def test_a_transaction_that_fails_leaves_no_message(bench):
    await bench.use(bench.world.entry())

    def unit(connection):
        bench.outbox.enqueue(connection, [message()])
        raise ValueError("the incident's step failed")

    with pytest.raises(ValueError, match="step failed"):
        await bench.store.write(unit)
    await bench.work()
    assert bench.world.sent == []


async def test_after_it_is_sent_nothing_personal_is_left(bench):
    await bench.use(bench.world.entry(may_name=["reason"]))
    await bench.enqueue(message(personal={"reason": Words("王建国", "Wang")}, recipients=["13800000000"]))
    await bench.work()
    dump = "\n".join(await bench.store.read(lambda c: list(c.iterdump())))
    assert "notifications" in dump
    assert "王建国" not in dump
    assert "13800000000" not in dump


async def test_severities_choose_incidents_and_not_reports(bench):
    await bench.use(bench.world.entry(severities=["critical"]))
    words = Words("夜间报告", "The night")
    await bench.enqueue(message(1), message(2, severity=Severity.CRITICAL))
    await bench.enqueue(report_message(report="r/1", notifier="it", title=words, text=words))
    await bench.work()
    assert bench.world.titles() == ["Matter 2", "The night"]


async def test_each_recipient_alone_where_the_kind_wants_it(bench):
    await bench.use(bench.world.entry(kind=EachAlone))
    await bench.enqueue(message(recipients=["1", "2", "1"]))
    await bench.work()
    assert sorted(said.recipients for said in bench.world.sent) == [("1",), ("2",)]
    assert len({said.id for said in bench.world.sent}) == 2


async def test_a_lost_service_is_tried_again_later_and_later_under_the_same_id(bench):
    await bench.use(bench.world.entry())
    bench.world.fault = GONE
    await bench.enqueue(message())
    pauses = []
    for _ in range(9):
        pauses.append(await bench.work())
        bench.advance(seconds=pauses[-1])
        while (left := await bench.work()) and len(bench.world.tried) == len(pauses):
            bench.advance(seconds=left)
    assert 3 < pauses[0] < 7
    assert len(set(bench.world.tried)) == 1
    assert bench.world.probes == 0
    bench.world.fault = None
    bench.advance(minutes=20)
    await bench.work()
    assert bench.world.titles() == ["Matter 1"]
    assert bench.rows() == {"sent": 1}


@pytest.mark.parametrize(
    ("error", "seconds"), [(LoginRefused("no"), 300), (Busy("slow down", 600), 600), (Busy("slow down", 60), 60)]
)
async def test_a_service_that_wants_to_be_left_alone_is(bench, error, seconds):
    await bench.use(bench.world.entry())
    bench.world.fault = error
    await bench.enqueue(message(1), message(2))
    await bench.work()
    assert len(bench.world.tried) == 1
    bench.world.fault = None
    bench.advance(seconds=seconds - 1)
    await bench.work()
    assert bench.world.sent == []
    bench.advance(seconds=2)
    await bench.work()
    assert len(bench.world.sent) == 2


async def test_one_message_that_always_fails_does_not_keep_others_back(bench):
    await bench.use(bench.world.entry())
    bench.world.faults["Matter 1"] = GONE
    await bench.enqueue(message(1), message(2), message(3))
    for _ in range(6):
        bench.advance(seconds=await bench.work() + 0.1)
    assert bench.world.titles() == ["Matter 2", "Matter 3"]


async def test_what_is_refused_for_good_is_told_and_not_tried_again(bench):
    await bench.use(bench.world.entry())
    bench.world.faults["Matter 1"] = BadInput(Words("号码不对", "wrong number"), b"")
    await bench.enqueue(message(1), message(2))
    await bench.work()
    await bench.watch()
    assert bench.world.titles() == ["Matter 2"]
    assert bench.rows() == {"dead": 1, "sent": 1}
    assert bench.world.open["it/undelivered"].zh == "通知渠道 it 有 1 条消息未送达：号码不对"
    await bench.watch()
    assert len(bench.world.begun) == 1


async def test_what_could_not_be_sent_for_a_day_is_told(bench):
    await bench.use(bench.world.entry())
    bench.world.fault = GONE
    await bench.enqueue(message(1), message(2))
    await bench.work()
    bench.advance(hours=24)
    await bench.work()
    await bench.watch()
    assert bench.rows() == {"dead": 2}
    assert "有 2 条消息未送达：超过时限仍未发出：连不上" in bench.world.open["it/undelivered"].zh


async def test_recipients_that_were_refused_while_others_were_not_are_told(bench):
    class Partly(Pager):
        async def send(self, notification):
            return Receipt("250", ["nobody@example.org"])

    await bench.use(bench.world.entry(kind=Partly))
    await bench.enqueue(message())
    await bench.work()
    await bench.watch()
    assert bench.rows() == {"sent": 1}
    assert "1 recipients were refused" in bench.world.open["it/undelivered"].en


async def test_a_third_partys_error_is_no_end_and_its_text_is_not_shown(bench, capsys):
    await bench.use(bench.world.entry())
    bench.world.fault = RuntimeError("https://example.org/?key=s3cr3t")
    await bench.enqueue(message())
    await bench.work()
    fault = bench.outbox._proofs.of("it").fault
    assert fault.en == "it failed (RuntimeError)"
    assert "s3cr3t" not in "".join(capsys.readouterr())
    assert bench.rows() == {"waiting": 1}


async def test_what_a_crash_cut_off_is_sent_again_under_its_id(bench):
    await bench.use(bench.world.entry())
    await bench.enqueue(message())
    [row] = await bench.store.read(lambda c: rows.waiting(c, "it", 9))
    await bench.store.write(lambda c: rows.claim(c, row.id))
    await bench.work()
    assert bench.world.sent == []
    await bench.outbox._senders["it"].start()
    await bench.work()
    assert [said.id for said in bench.world.sent] == [row.id]


async def test_other_settings_hold_from_the_next_message_on(bench):
    await bench.use(bench.world.entry())
    await bench.enqueue(message(1), message(2))
    other = bench.world.entry(number=7, language="en")

    async def reload(notification):
        bench.world.before = None
        await bench.use(other)

    bench.world.before = reload
    await bench.work()
    assert [said.language for said in bench.world.sent] == ["zh", "en"]
    assert bench.outbox._senders["it"].notifier.settings.number == 7


async def test_messages_of_a_removed_notifier_are_told(bench):
    await bench.use(bench.world.entry())
    bench.world.fault = GONE
    await bench.enqueue(message(1), message(2))
    await bench.work()
    await bench.use(bench.world.entry("other"))
    await bench.enqueue(message(3, "never-was"))
    await bench.watch()
    assert bench.rows() == {"dead": 3}
    assert "not in desk.yaml any more" in bench.world.open["it/undelivered"].en
    assert bench.world.open["never-was/undelivered"].en.startswith("1 not delivered")


async def test_it_runs_in_the_background_and_follows_a_reload(bench):
    await bench.outbox.apply([bench.world.entry()], bench.outbox.make([bench.world.entry()]), None)
    async with asyncio.TaskGroup() as tasks:
        running = tasks.create_task(bench.outbox.run())
        await bench.enqueue(message(1))
        await settled(lambda: bench.world.titles() == ["Matter 1"])
        both = [bench.world.entry(), bench.world.entry("other")]
        await bench.outbox.apply(both, bench.outbox.make(both), None)
        await bench.enqueue(message(2), message(3, "other"))
        await settled(lambda: sorted(bench.world.titles()) == ["Matter 1", "Matter 2", "Matter 3"])
        await bench.outbox.apply([], [], None)
        await bench.enqueue(message(4))
        await settled(lambda: "it/undelivered" in bench.world.open)
        running.cancel()


async def test_ended_rows_are_deleted_after_a_month(bench):
    await bench.use(bench.world.entry())
    await bench.enqueue(*(message(number) for number in range(1, 4)))
    await bench.work()
    purge = bench.store.write
    assert await purge(lambda c: rows.purge(c, bench.now - timedelta(days=1))) == 0
    assert await purge(lambda c: rows.purge(c, bench.now + timedelta(days=1))) == 3
    assert bench.rows() == {}


async def test_a_test_goes_out_at_once_and_an_unknown_name_is_told(bench):
    await bench.use(bench.world.entry(quiet="00:00-23:59"))
    receipt = await bench.outbox.try_out("it", ["13800000000"])
    assert receipt.reference == "p-1"
    assert bench.world.sent[0].title.zh == "【测试】通知渠道测试"
    with pytest.raises(NotFound, match="known: it"):
        await bench.outbox.try_out("ti")
