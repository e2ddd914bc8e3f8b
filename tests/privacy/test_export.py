"""A person's data as a file holds all that is kept about them, opened, and nothing of others."""

from __future__ import annotations

import io
import json
import zipfile
from zoneinfo import ZoneInfo

import pytest

from gateway.errors import NotFound
from gateway.privacy.export import as_archive, my_data
from tests.privacy.conftest import CARD, ID_NUMBER, NAME, NOW, OTHER, OTHER_PLATE, PHONE, PLATE, ROOM

ZONE = ZoneInfo("Asia/Shanghai")


async def of(life, person: str) -> dict:
    return await life.store.read(lambda c: my_data(c, life.store.vault, person, NOW))


async def test_everything_is_in_it_and_readable(life):
    data = await of(life, life.person)
    [person] = data["persons"]
    assert (person["name"], person["phone"], person["id_number"], person["born"]) == (
        NAME,
        PHONE,
        ID_NUMBER,
        "1965-01-01",
    )
    assert [one["place"] for one in data["memberships"]] == [ROOM]
    assert [one["plate"] for one in data["vehicles"]] == [PLATE]
    assert [one["value"] for one in data["credentials"]] == [CARD]
    assert [one["kind"] for one in data["sightings"]] == ["face.watchlisted"]
    assert [one["text"] for one in data["plates"]] == [PLATE]
    assert data["consents"][0]["kind"] == "face"
    assert "人脸" in data["wordings"][0]["zh"]
    assert any(change.get("after", {}).get("name") == NAME for change in data["register_changes"])


async def test_nothing_of_others_no_secret_and_no_template(life):
    text = json.dumps(await of(life, life.person), ensure_ascii=False)
    for other in (OTHER, OTHER_PLATE, life.other, '"template"', '"digest"', '"photo"'):
        assert other not in text, other


async def test_nothing_says_that_there_is_a_code_for_duress(life):
    async def codes(*kinds: bool) -> str:
        rows = [(ROOM, life.person, kind, bytes([kind]) * 16) for kind in kinds]
        sql = "INSERT OR REPLACE INTO home_codes (place, person, duress, digest, set_at) VALUES (?, ?, ?, ?, 0)"
        await life.store.write(lambda c: c.executemany(sql, rows).rowcount)
        return json.dumps(await of(life, life.person))

    alone = await codes(False)
    assert "home_codes" in alone
    assert await codes(False, True) == alone


async def test_the_archive_has_a_page_and_the_data(life):
    archive = zipfile.ZipFile(io.BytesIO(as_archive(await of(life, life.person), "西子御园", ZONE, "物业 110")))
    assert sorted(archive.namelist()) == ["data.html", "data.json"]
    assert json.loads(archive.read("data.json"))["person"] == life.person
    page = archive.read("data.html").decode()
    for text in (NAME, PHONE, PLATE, "2026-11-30 16:00", "物业 110", "同意记录"):
        assert text in page


async def test_what_people_wrote_is_no_markup(life):
    data = await of(life, life.person)
    data["persons"][0]["name"] = "<script>alert(1)</script>"
    archive = zipfile.ZipFile(io.BytesIO(as_archive(data, "x", ZONE)))
    assert b"<script>" not in archive.read("data.html")


async def test_an_unknown_person_is_told(life):
    with pytest.raises(NotFound):
        await of(life, "p-nobody")
