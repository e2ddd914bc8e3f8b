"""Care on the resident's phone: agreeing, away and back, being fine, what it knows, and other people's homes."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.support.residents import PHONE
from tests.web.conftest import ZONE
from tests.web.test_resident_pages import OTHER_ROOM, ROOM, signed_in, text_of

FAMILY = "13987654321"


@pytest.fixture
async def resident(anju, open_client):
    anju.arming()
    return await signed_in(anju, open_client, PHONE)


async def send(client, status=200, **fields) -> str:
    async with client.post("/r/care", data=fields) as answer:
        assert answer.status == status, await answer.text()
        return await answer.text()


async def test_somebody_agrees_goes_away_comes_back_and_ends_it(anju, resident):
    page = await text_of(resident, "/r/care")
    assert "12 小时" in page
    assert "24 小时" in page
    assert "我本人同意" in page
    assert "一切正常" in await send(resident, do="agree", start="shanghai")
    day = (anju.now.astimezone(ZONE) + timedelta(days=3)).date()
    page = await send(resident, do="away", until=day.isoformat())
    assert "外出中" in page
    assert f"到 {day + timedelta(days=1)} 00:00" in page
    assert "一切正常" in await send(resident, do="back")
    assert "本人报平安" in await send(resident, do="fine")
    assert "我本人同意" in await send(resident, do="end")
    assert anju.services.care.watched(ROOM) is None


@pytest.mark.parametrize("until", ["", "yesterday", "2020-01-01", "9999-12-31", "2099-01-01"])
async def test_a_day_that_can_not_be_is_refused(resident, until):
    await send(resident, do="agree", start="taicang")
    assert "日期要在今天以后" in await send(resident, 400, do="away", until=until)


async def test_the_family_may_switch_and_only_the_person_may_end(anju, resident, open_client):
    await send(resident, do="agree", start="taicang")
    family = await signed_in(anju, open_client, FAMILY)
    assert "不再需要关怀" not in await text_of(family, "/r/care")
    assert "已报平安" in await send(family, do="fine")
    await send(family, 400, do="end")
    assert anju.services.care.watched(ROOM) is not None


async def test_other_homes_and_broken_forms(anju, resident):
    async with resident.post(f"/r/care?room={OTHER_ROOM}", data={"do": "agree", "start": "taicang"}) as answer:
        assert answer.status == 404
    for fields in ({}, {"do": "everything"}, {"do": "agree", "start": "never"}, {"do": "away", "until": "2026-12-24"}):
        await send(resident, 400, **fields)
    with pytest.raises(Exception, match="no care"):
        await anju.services.care.plan(ROOM)


async def test_the_page_is_in_english_too_and_light(resident):
    await send(resident, do="agree", start="taicang")
    page = await text_of(resident, "/r/care?lang=en")
    assert "All is well" in page
    assert not [letter for letter in page.replace("中文", "").replace("西子御园", "") if "一" <= letter <= "鿿"]
    assert "<script" not in page
