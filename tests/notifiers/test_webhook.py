"""The signed webhook, judged by the library `standardwebhooks`."""

from __future__ import annotations

import base64
import json

import pytest
from pydantic import ValidationError

from gateway.errors import LoginRefused
from gateway.notifiers.webhook import sign
from tests.support.notifications import NOTE, notifier
from tests.support.robots import HOOK_SECRET

OTHER = "whsec_" + base64.b64encode(b"another secret of 32 bytes......").decode()


async def test_it_is_verified_and_carries_the_notification(judge, keys):
    receipt = await notifier(keys["webhook"]).send(NOTE)
    [body] = judge.of("webhook")
    assert body["type"] == "anju.notification"
    assert body["data"]["title"] == {"zh": "【重要】东门", "en": "[High] East gate"}
    assert body["data"]["severity"] == "high"
    assert judge.ids == ["n-1"]
    assert receipt.reference == "HTTP 200"


async def test_the_id_stays_at_a_retry(judge, keys):
    hook = notifier(keys["webhook"])
    await hook.send(NOTE)
    await hook.send(NOTE)
    assert judge.ids == ["n-1", "n-1"]


async def test_a_new_secret_beside_the_old_is_taken_and_another_alone_is_not(judge, keys):
    await notifier(keys["webhook"], secrets=[OTHER, HOOK_SECRET]).send(NOTE)
    with pytest.raises(LoginRefused, match="No matching signature") as refusal:
        await notifier(keys["webhook"], secrets=[OTHER]).send(NOTE)
    assert OTHER not in str(refusal.value.why)


async def test_a_probe_is_an_event_of_its_own_type(judge, keys):
    await notifier(keys["webhook"]).probe(NOTE)
    assert [body["type"] for body in judge.of("webhook")] == ["anju.probe"]


async def test_an_echoed_token_of_the_address_is_not_quoted(judge, keys):
    judge.status = 400
    with pytest.raises(Exception, match="refused it") as refusal:
        await notifier(keys["webhook"], url=f"{judge.url}/hook?token=s3cr3t-token").send(NOTE)
    assert "s3cr3t" not in str(refusal.value)


def test_the_published_vector_is_reproduced():
    body = b'{"test": 2432232314}'
    mark = sign("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, body)
    assert mark == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
    assert json.loads(body)


@pytest.mark.parametrize("secret", ["whsec_!!", "whsec_" + base64.b64encode(b"short").decode(), "plain"])
def test_what_is_no_secret_is_refused_and_not_shown(keys, secret):
    with pytest.raises(ValidationError, match="no webhook secret"):
        notifier(keys["webhook"], secrets=[secret])
