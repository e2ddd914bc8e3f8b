"""SMS and voice calls through a gateway that the YAML describes."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import replace

import pytest
from pydantic import ValidationError

from gateway.errors import BadInput, LinkLost, LoginRefused
from gateway.model import Words
from gateway.notifier import Busy
from gateway.settings.context import Context
from tests.support.notifications import NOTE, notifier
from tests.support.robots import SMS_ACCOUNT

TO = replace(NOTE, recipients=("13800000000",))


@pytest.mark.parametrize("kind", ["sms_gateway", "voice_call"])
async def test_the_request_is_filled_and_the_reference_read(judge, keys, kind):
    receipt = await notifier(keys[kind]).send(TO)
    assert judge.of("sms") == [{"mobile": "13800000000", "content": NOTE.said(), "out_id": "n-1"}]
    assert receipt.reference == "s-1"


async def test_what_is_said_never_becomes_structure(judge, keys):
    hostile = Words('"},"mobile":"1', "{{link}} & a=b\r\nX-Account: evil")
    await notifier(keys["sms_gateway"], language="zh").send(replace(TO, title=hostile, text=hostile))
    [body] = judge.of("sms")
    assert body["mobile"] == "13800000000"
    assert hostile.zh in body["content"]


async def test_the_probe_sends_no_message(judge, keys):
    await notifier(keys["sms_gateway"]).probe(NOTE)
    assert judge.taken == []
    assert judge.asked[0][0] == "/balance"


async def test_a_refused_account_is_told_without_it(judge, keys):
    wrong = deepcopy(keys["sms_gateway"])
    wrong["request"]["headers"] = wrong["probe"]["headers"] = {"X-Account": "account-0815"}
    with pytest.raises(LoginRefused, match="1010") as refusal:
        await notifier(wrong).send(TO)
    assert "0815" not in str(refusal.value.why)
    with pytest.raises(LoginRefused):
        await notifier(wrong).probe(NOTE)


async def test_a_wrong_number_is_refused_for_good_and_not_quoted(judge, keys):
    with pytest.raises(BadInput, match="2004") as refusal:
        await notifier(keys["sms_gateway"]).send(replace(NOTE, recipients=("no-number",)))
    assert "no-number" not in str(refusal.value.why)


@pytest.mark.parametrize(
    ("words", "error"), [({"code": 5000}, Busy), ({"code": 7}, BadInput), ({}, BadInput), ({"code": 0}, None)]
)
async def test_the_code_decides_and_not_the_status(judge, keys, words, error):
    judge.words = words
    sms = notifier(keys["sms_gateway"])
    if error is None:
        await sms.send(TO)
    else:
        with pytest.raises(error):
            await sms.send(TO)


async def test_a_form_and_an_address_are_encoded(judge, keys):
    form = deepcopy(keys["sms_gateway"])
    del form["request"]["json"]
    form["request"] |= {
        "form": {"to": "{{recipient}}", "t": "{{title}}"},
        "url": f"{judge.url}/sms?n={{{{recipient}}}}",
    }
    judge.words = {"code": "0"}
    await notifier(form).send(replace(NOTE, recipients=("1&2",), title=Words("a&b=c", "")))
    assert judge.asked == [("/sms?n=1%262", b"to=1%262&t=a%26b%3Dc")]


async def test_no_number_and_no_listener(judge, keys):
    with pytest.raises(BadInput, match="no number"):
        await notifier(keys["sms_gateway"]).send(NOTE)
    away = deepcopy(keys["sms_gateway"])
    away["request"]["url"] = f"http://127.0.0.1:9/?account={SMS_ACCOUNT}"
    with pytest.raises(LinkLost) as lost:
        await notifier(away).send(TO)
    assert SMS_ACCOUNT not in str(lost.value.why)


@pytest.mark.parametrize(
    ("change", "what"),
    [
        ({"json": {"to": "{{recipent}}"}}, "nothing is called"),
        ({"form": {"a": "b"}}, "both json and form"),
        ({"success": {"field": "a[", "equals": ["0"]}}, "no JMESPath"),
    ],
)
def test_a_wrong_request_is_a_mistake(keys, change, what):
    wrong = deepcopy(keys["sms_gateway"])
    wrong["request"] |= change
    with pytest.raises(ValidationError, match=what):
        notifier(wrong)


def test_a_key_in_plain_text_is_a_mistake(keys, tmp_path):
    wrong = deepcopy(keys["sms_gateway"])
    wrong["request"]["headers"] = {"Authorization": "Bearer abcdef"}
    settings = type(notifier(keys["sms_gateway"])).Settings
    own = {key: wrong[key] for key in ("request", "probe")}
    with pytest.raises(ValidationError, match="'Authorization' is in plain text") as mistake:
        settings.model_validate(own, context=Context(tmp_path))
    assert "abcdef" not in mistake.value.errors()[0]["msg"]
    assert settings.model_validate(own, context=Context(tmp_path, plain_secrets=True))
