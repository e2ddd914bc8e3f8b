"""WeCom and DingTalk: what they take, and what each refusal means. HTTP is 200 always, so errcode decides."""

from __future__ import annotations

from dataclasses import replace

import pytest

from gateway.errors import BadInput, LinkLost, LoginRefused
from gateway.model import Words
from gateway.notifier import Busy
from gateway.notifiers.dingtalk import sign
from tests.support.notifications import NOTE, notifier
from tests.support.robots import DING_SECRET, DING_TOKEN, WECOM_KEY

SAID = "【重要】东门\n90 秒未接警\nhttps://anju.example/#/alerts/i-1"


async def test_wecom_takes_a_text_that_mentions(judge, keys):
    await notifier(keys["wecom"]).send(replace(NOTE, recipients=("13800000000",)))
    text = {"content": SAID, "mentioned_mobile_list": ["13800000000"]}
    assert judge.of("wecom") == [{"msgtype": "text", "text": text}]


async def test_wecom_takes_markdown_and_both_languages(judge, keys):
    await notifier(keys["wecom"], format="markdown").send(replace(NOTE, language="both"))
    [body] = judge.of("wecom")
    assert body["markdown"]["content"].startswith("【重要】东门 / [High] East gate\n90 秒未接警\nnot acknowledged")


@pytest.mark.parametrize("kind", ["text", "markdown"])
async def test_a_long_text_is_cut_between_characters_and_taken(judge, keys, kind):
    await notifier(keys["wecom"], format=kind).send(replace(NOTE, text=Words("长" * 3000, "x")))
    [body] = judge.of("wecom")
    content = body[kind]["content"]
    assert content.endswith("长…")
    assert len(content.encode()) > (2000 if kind == "text" else 4000)


async def test_wecom_is_probed_without_a_message(judge, keys):
    await notifier(keys["wecom"]).probe(NOTE)
    assert len(judge.asked) == 1
    assert judge.taken == []
    await notifier(keys["wecom"], probe="message").probe(NOTE)
    assert len(judge.of("wecom")) == 1


async def test_a_wrong_key_fails_the_probe_and_the_send_and_is_not_quoted(judge, keys):
    wrong = notifier(keys["wecom"], key="0badc0de-key")
    for work in (wrong.send, wrong.probe):
        with pytest.raises(LoginRefused, match="93000") as refusal:
            await work(NOTE)
        assert "0badc0de" not in str(refusal.value.why)


async def test_a_service_that_takes_anything_is_no_wecom(judge, keys):
    judge.words = {"errcode": 0, "errmsg": "ok"}
    with pytest.raises(LinkLost, match="is this WeCom"):
        await notifier(keys["wecom"]).probe(NOTE)


async def test_dingtalk_takes_what_is_signed(judge, keys):
    await notifier(keys["dingtalk"]).send(replace(NOTE, recipients=("13800000000",)))
    [body] = judge.of("dingtalk")
    assert body == {
        "msgtype": "text",
        "text": {"content": f"{SAID}\n@13800000000"},
        "at": {"atMobiles": ["13800000000"], "isAtAll": False},
    }


def test_the_signature_is_that_of_the_measured_vector():
    assert sign("SEC000", 1700000000000) == "ltBBey5eZrWKh1cPzFIdz3v3xpkc4Tjx4lLsPSHqdtA="


async def test_dingtalk_keyword_is_put_in_front_where_it_is_missing(judge, keys):
    judge.keyword = "安居"
    with pytest.raises(LoginRefused, match="keywords not in content"):
        await notifier(keys["dingtalk"]).send(NOTE)
    await notifier(keys["dingtalk"], keyword="安居").send(NOTE)
    await notifier(keys["dingtalk"], keyword="安居").send(replace(NOTE, title=Words("安居", "Anju")))
    assert [body["text"]["content"].count("安居") for body in judge.of("dingtalk")] == [1, 1]


@pytest.mark.parametrize("more", [{"secret": "SEC1"}, {"secret": None}, {"token": "other-token"}])
async def test_dingtalk_refuses_other_keys_and_none_is_quoted(judge, keys, more):
    with pytest.raises(LoginRefused) as refusal:
        await notifier(keys["dingtalk"], **more).send(NOTE)
    for secret in (DING_SECRET, DING_TOKEN, "other-token"):
        assert secret not in str(refusal.value.why)


@pytest.mark.parametrize(
    ("kind", "code", "error", "seconds"),
    [
        ("wecom", 45009, Busy, 60),
        ("dingtalk", 130101, Busy, 600),
        ("wecom", -1, LinkLost, None),
        ("wecom", 40058, BadInput, None),
        ("dingtalk", 40035, BadInput, None),
        ("dingtalk", 300005, LoginRefused, None),
    ],
)
async def test_each_errcode_says_whether_to_try_again(judge, keys, kind, code, error, seconds):
    judge.words = {"errcode": code, "errmsg": "no"}
    with pytest.raises(error, match=str(code)) as refusal:
        await notifier(keys[kind]).send(NOTE)
    assert type(refusal.value) is error
    assert getattr(refusal.value, "seconds", None) == seconds


@pytest.mark.parametrize("words", [{}, {"errcode": "0"}, {"errcode": True}, {"ok": True}])
async def test_an_answer_without_errcode_is_no_receipt(judge, keys, words):
    judge.words = words
    with pytest.raises(LinkLost, match="without an errcode"):
        await notifier(keys["wecom"]).send(NOTE)


@pytest.mark.parametrize(("status", "error"), [(502, LinkLost), (429, Busy), (403, LoginRefused), (302, BadInput)])
async def test_a_proxys_status_counts_before_the_body(judge, keys, status, error):
    judge.status = status
    with pytest.raises(error, match=str(status)):
        await notifier(keys["dingtalk"]).send(NOTE)


async def test_an_address_where_nobody_listens_is_lost_and_not_quoted(keys):
    with pytest.raises(LinkLost, match="can't be reached") as lost:
        await notifier(keys["wecom"], base="http://127.0.0.1:9").send(NOTE)
    assert WECOM_KEY not in str(lost.value.why)
    assert lost.value.__cause__ is None
