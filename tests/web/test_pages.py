"""The residents' page, the API's description and the guard-room app's files."""

from __future__ import annotations

import io
import json
import re
import ssl
import subprocess
from datetime import timedelta

import aiohttp
import pytest
from PIL import Image

from gateway.limits import RateLimit
from gateway.web.pages import door_plate
from gateway.web.pages.door_plate.limits import PageLimits, ReportLimits
from gateway.web.pages.photo import InvalidPhoto, sanitize_photo
from tests.web.conftest import NAMES, PHONES, world


@pytest.fixture
async def plate(anju) -> str:
    [issued] = await anju.door_plates.issue(["b3/u1/1502"], anju.now)
    return f"/d/{issued.token}"


def photo(width=640, height=480, kind="JPEG", **save) -> bytes:
    written = io.BytesIO()
    Image.effect_noise((width, height), 40).convert("RGB").save(written, kind, **save)
    return written.getvalue()


def form(category="noise", text="楼上装修", picture=None, **fields) -> aiohttp.FormData:
    data = aiohttp.FormData(default_to_multipart=True)
    for name, value in {"category": category, "text": text, **fields}.items():
        data.add_field(name, value)
    if picture is not None:
        data.add_field("photo", io.BytesIO(picture), filename="IMG_0001.jpg", content_type="image/jpeg")
    return data


async def send(client, path, data=None, status=303, **more):
    async with client.post(path, data=data or form(), allow_redirects=False, **more) as answer:
        text = await answer.text()
        assert answer.status == status, text
        return answer, text


async def page(client, path, status=200, **headers) -> str:
    async with client.get(path, headers=headers) as answer:
        assert answer.status == status
        assert answer.content_type == "text/html"
        return await answer.text()


async def test_the_page_says_where_it_is_and_whom_to_call(open_client, plate):
    text = await page(await open_client(), plate)
    assert "3号楼1单元1502室" in text
    assert "西子御园" in text
    assert 'href="tel:052383201234"' in text
    assert 'lang="zh-CN"' in text


async def test_it_speaks_the_readers_language_or_the_one_they_choose(open_client, plate):
    client = await open_client()
    assert "Room 1502" in await page(client, plate, **{"Accept-Language": "en-US,en;q=0.9"})
    assert "Room 1502" in await page(client, f"{plate}?lang=en", **{"Accept-Language": "zh-CN"})
    assert "1502室" in await page(client, f"{plate}?lang=zh", **{"Accept-Language": "en"})
    assert "1502室" in await page(client, f"{plate}?lang=<script>", **{"Accept-Language": "zh"})


async def test_it_never_shows_who_lives_there(anju, open_client, plate):
    """Whatever is asked and however it ends, and also to somebody who is signed in."""
    client = await open_client("manager")
    await anju.alert()
    texts = [
        await page(client, plate),
        await page(client, f"{plate}?lang=en"),
        await page(client, f"{plate}?sent=1"),
        await page(client, "/d/wrong", status=404),
        (await send(client, plate, form(category="?"), status=400))[1],
        (await send(client, plate, form(text=""), status=400))[1],
    ]
    for text in texts:
        for secret in (*NAMES, *PHONES, "王", "苏M12345"):
            assert secret not in text


async def test_all_a_phone_loads_is_small_and_needs_no_script(anju, open_client, plate):
    client = await open_client()
    text = await page(client, plate)
    addresses = set(re.findall(r'(?:href|src)="(/static/[^"]+)"', text))
    assert len(addresses) == 4
    total = len(text.encode())
    for address in addresses:
        async with client.get(address) as answer:
            total += len(await answer.read())
            assert "immutable" in answer.headers["Cache-Control"]
    assert total < 50_000
    assert "<style" not in text
    assert " style=" not in text
    assert " on" not in re.sub(r">[^<]*<", "><", text).replace(" only", "")


async def test_a_report_lands_in_front_of_the_guard(anju, open_client, plate):
    client = await open_client()
    answer, _ = await send(client, plate, form("stranger", "  地下车库有人徘徊\n穿黑衣 \x1b[2J "))
    assert re.fullmatch(r"/d/r/[A-Za-z0-9_-]{32}\?new=1", answer.headers["Location"])
    [signal] = anju.reported
    assert signal.device == "anju"
    assert signal.kind == "report.made"
    assert signal.data == {"category": "stranger", "text": "地下车库有人徘徊\n穿黑衣 [2J", "place": "b3/u1/1502"}
    assert signal.picture is None
    assert "值班室已收到" in await page(client, f"{plate}?sent=1")


async def test_a_report_sent_twice_by_a_nervous_finger_has_one_source_id(anju, open_client, plate):
    client = await open_client()
    link = re.search(r'name="link" value="([A-Za-z0-9_-]{32})"', await page(client, plate))[1]
    one, _ = await send(client, plate, form(link=link))
    two, _ = await send(client, plate, form(link=link))
    assert one.headers["Location"] == two.headers["Location"] == f"/d/r/{link}?new=1"
    assert anju.reported[0].source_id == anju.reported[1].source_id is not None
    await send(client, plate, form(link="of my own making"))
    await send(client, plate, form(link="A" * 32))
    assert len({signal.source_id for signal in anju.reported}) == 3, "a link that we did not make is not taken"


async def test_a_plain_form_does_too(anju, open_client, plate):
    data = {"category": "other", "text": "hello"}
    await send(await open_client(), plate, data)
    assert anju.reported[0].data["text"] == "hello"


async def test_a_photo_is_written_anew_without_its_tags(anju, open_client, plate):
    exif = Image.Exif()
    exif[0x0110] = "SecretPhone 12"
    exif[0x0112] = 6  # turned
    exif.get_ifd(0x8825)[2] = (32.0, 7.0, 12.5)  # where it was taken
    taken = photo(2400, 1800, exif=exif, quality=60)
    await send(await open_client(), plate, form(picture=taken))
    kept = anju.reported[0].picture
    with Image.open(io.BytesIO(kept)) as image:
        assert image.format == "JPEG"
        assert image.size == (1200, 1600)
        assert not image.getexif()
    assert b"SecretPhone" in taken
    assert b"SecretPhone" not in kept


@pytest.mark.parametrize(
    ("data", "status", "says"),
    [
        (lambda: form(category="lunch"), 400, "请选择是什么事"),
        (lambda: form(text="   "), 400, "请写一句话"),
        (lambda: form(text="长" * 501), 400, "500 字"),
        (lambda: form(picture=b"MZ\x90 not a picture"), 400, "不是照片"),
        (lambda: form(picture=b"<svg xmlns='http://www.w3.org/2000/svg'/>"), 400, "不是照片"),
        (lambda: form(picture=b"\xff\xd8" + b"x" * (2 * 1024 * 1024)), 413, "超过 2 MB"),
        (lambda: form(picture=b"x" * (17 * 1024 * 1024)), 413, "超过 2 MB"),
        (lambda: form(**{f"f{n}": "x" for n in range(20)}), 400, "不完整"),
        (lambda: form(text="x" * 9000), 413, "超过 2 MB"),
    ],
)
async def test_what_can_not_be_taken_is_said_on_the_page(anju, open_client, plate, data, status, says):
    _, text = await send(await open_client(), plate, data(), status=status)
    assert says in text
    assert anju.reported == []


async def test_what_was_written_is_kept_when_something_is_to_be_put_right(open_client, plate):
    _, text = await send(await open_client(), plate, form("noise", "<b>楼上</b>", b"no picture"), status=400)
    assert "&lt;b&gt;楼上&lt;/b&gt;" in text
    assert re.search(r'value="noise" required checked', text)


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        (
            "multipart/form-data; boundary=x",
            b"--x\r\nContent-Disposition: form-data; name=text\r\n\r\n\xff\xfe\r\n--x--\r\n",
        ),
        ("multipart/form-data; boundary=x", b"garbage"),
        ("multipart/form-data", b"garbage"),
        ("application/json", b"{}"),
        (
            "multipart/form-data; boundary=x",
            b"--x\r\nContent-Type: multipart/mixed; boundary=y\r\n\r\n--y--\r\n--x--\r\n",
        ),
    ],
)
async def test_a_form_that_is_none_is_refused_on_the_page(anju, open_client, plate, kind, body):
    client = await open_client()
    async with client.post(plate, data=body, headers={"Content-Type": kind}, allow_redirects=False) as answer:
        assert answer.status in {400, 415}
        assert "上报事项" in await answer.text()
    assert anju.reported == []


async def test_reports_are_limited_for_one_door_and_for_one_address(anju, open_client):
    client = await open_client()
    places = [f"b3/u1/{number}" for number in range(1501, 1510)]
    plates = [f"/d/{issued.token}" for issued in await anju.door_plates.issue(places, anju.now)]
    for _ in range(5):
        await send(client, plates[0])
    _, text = await send(client, plates[0], status=429)
    assert "太频繁" in text
    for door in plates[1:4]:
        for _ in range(5):
            await send(client, door)
    await send(client, plates[5], status=429)
    await send(client, plates[5], headers={"X-Forwarded-For": "203.0.113.5"})
    assert len(anju.reported) == 21


async def test_photos_are_limited_in_size_for_one_door(tmp_path, monkeypatch):
    hour = timedelta(hours=1)
    limits = ReportLimits(RateLimit(50, hour), RateLimit(50, hour), RateLimit(1_000_000, hour), RateLimit(1e9, hour))
    monkeypatch.setattr(door_plate, "PageLimits", lambda refusals: PageLimits(refusals, report=limits))
    noisy = photo(800, 600, quality=90)
    assert 200_000 < len(noisy) < 400_000
    async with world(tmp_path) as made, aiohttp.ClientSession(made.url) as client:
        one, two = await made.door_plates.issue(["b3/u1/1502", "b3/u1/1503"], made.now)
        for _ in range(1_000_000 // len(noisy)):
            await send(client, f"/d/{one.token}", form(picture=noisy))
        await send(client, f"/d/{one.token}", form(picture=noisy), status=429)
        await send(client, f"/d/{one.token}", form())
        await send(client, f"/d/{two.token}", form(picture=noisy))


async def test_a_report_that_can_not_be_kept_says_to_call(anju, open_client, plate):
    anju.broken_disk = True
    _, text = await send(await open_client(), plate, status=503)
    assert "请直接打电话" in text


async def test_a_page_inside_another_app_may_report_but_not_one_of_another_site(anju, open_client, plate):
    client = await open_client()
    await send(client, plate, headers={"Origin": "null"})
    await send(client, plate, headers={"Origin": anju.url})
    await send(client, plate, status=403, headers={"Origin": "https://evil.example"})
    assert len(anju.reported) == 2


async def test_a_token_that_is_wrong_forged_or_revoked_gets_the_same_friendly_page(anju, open_client, plate):
    client = await open_client()
    token = plate.removeprefix("/d/")
    other = await anju.door_plates.issue(["b3/u1/1503"], anju.now)
    mixed = token[:16] + other[0].token[16:]
    flipped = token[:-1] + ("A" if token[-1] != "A" else "B")
    await anju.door_plates.revoke(["b3/u1/1503"], anju.now)
    seen = set()
    for wrong in ("x", "a" * 32, "a" * 5000, "%E4%B8%AD", mixed, flipped, other[0].token, token + "AAAA"):
        text = await page(client, f"/d/{wrong}", status=404)
        assert "0523-8320 1234" in text
        assert "1503" not in text
        seen.add(text)
        await send(client, f"/d/{wrong}", status=404)
    assert len(seen) == 1
    assert anju.reported == []


async def test_the_page_is_not_kept_by_browsers_or_found_by_search_engines(open_client, plate):
    client = await open_client()
    async with client.get(plate) as answer:
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.headers["X-Robots-Tag"] == "noindex"
        assert answer.headers["Referrer-Policy"] == "same-origin", "with no-referrer a form's Origin would be null"
        assert "Set-Cookie" not in answer.headers


@pytest.mark.parametrize(
    "data",
    [b"", b"\xff\xd8\xff", photo(64, 64)[:200], b"GIF89a" + b"\0" * 40, photo(8, 8, "BMP")],
    ids=["empty", "start", "cut", "gif", "bmp"],
)
def test_what_is_no_photo_is_told_apart(data):
    with pytest.raises(InvalidPhoto):
        sanitize_photo(data)


def test_a_picture_that_would_fill_the_memory_is_not_decoded():
    bomb = io.BytesIO()
    Image.new("1", (30_000, 30_000)).save(bomb, "PNG")
    assert len(bomb.getvalue()) < 2 * 1024 * 1024
    with pytest.raises(InvalidPhoto):
        sanitize_photo(bomb.getvalue())


async def test_the_description_is_whole_and_of_the_same_models(open_client):
    client = await open_client()
    async with client.get("/api/v1/openapi.json") as answer:
        document = await answer.json()
    assert document["openapi"] == "3.1.0"
    schemas = document["components"]["schemas"]
    references = set(re.findall(r"#/components/schemas/(\w+)", json.dumps(document)))
    assert references <= set(schemas)
    closing = document["paths"]["/api/v1/alerts/{id}/close"]["post"]
    assert closing["requestBody"]["content"]["application/json"]["schema"] == {
        "$ref": "#/components/schemas/CloseRequest"
    }
    assert closing["x-roles"] == ["guard", "supervisor"]
    assert schemas["CloseRequest"]["required"] == ["disposition"]
    assert schemas["CloseRequest"]["additionalProperties"] is False
    assert {"id", "rule", "severity", "state", "household", "signals"} <= set(schemas["AlertView"]["required"])
    identifiers = [said["operationId"] for path in document["paths"].values() for said in path.values()]
    assert len(identifiers) == len(set(identifiers))
    assert document["paths"]["/api/v1/session"]["post"]["security"] == []
    assert not any(path.startswith(("/d/", "/static")) for path in document["paths"])


async def test_every_answer_fits_its_description(anju, open_client):
    """What the API gives is what the description promises: required names there, no others."""
    await anju.alert()
    client = await open_client("guard")
    async with client.get("/api/v1/openapi.json") as answer:
        schemas = (await answer.json())["components"]["schemas"]
    for path, model in (("alerts", "AlertView"), ("signals", "SignalView"), ("devices", "DeviceView")):
        async with client.get(f"/api/v1/{path}") as answer:
            for item in (await answer.json())["items"]:
                assert set(schemas[model]["required"]) <= set(item) <= set(schemas[model]["properties"])


async def test_the_description_as_a_page(open_client):
    text = await page(await open_client(), "/api/v1/docs")
    for said in ("/api/v1/alerts/{id}/acknowledge", "AlertView", "supervisor", "Retry-After"):
        assert said in text
    async with (await open_client()).get("/api/v1/openapi.json") as answer:
        assert [path for path in (await answer.json())["paths"] if f"{path}<" not in text] == []
    assert "<script" not in text
    assert " style=" not in text


async def test_without_the_app_the_page_says_how_to_build_it(open_client):
    client = await open_client()
    assert "make setup" in await page(client, "/", status=503)
    assert "not built yet" in await page(client, "/", status=503, **{"Accept-Language": "en"})


async def test_the_apps_files(tmp_path):
    dist = tmp_path / "dist"
    (dist / "assets").mkdir(parents=True)
    (dist / "index.html").write_text("<!doctype html><title>值班台</title>")
    (dist / "assets" / "index-abc123.js").write_text("1")
    (tmp_path / "secrets.yaml").write_text("password: x")
    (dist / "link.txt").symlink_to(tmp_path / "secrets.yaml")
    async with world(tmp_path / "data", console=dist) as made, aiohttp.ClientSession(made.url) as client:
        for path in ("/", "/alerts", "/history/today"):
            async with client.get(path) as answer:
                assert "值班台" in await answer.text()
                assert answer.headers["Cache-Control"] == "no-cache"
        async with client.get("/assets/index-abc123.js") as answer:
            assert "immutable" in answer.headers["Cache-Control"]
            assert answer.content_type in {"text/javascript", "application/javascript"}
        for path in ("/assets/none.js", "/secrets.yaml", "/..%2fsecrets.yaml", "/%2e%2e/secrets.yaml", "/link.txt"):
            async with client.get(aiohttp.client.URL(made.url + path, encoded=True)) as answer:
                assert answer.status == 404, path
        async with client.head("/") as answer:
            assert answer.status == 200


@pytest.mark.needs("openssl", "openssl")
async def test_https(tmp_path):
    certificate, key = tmp_path / "cert.pem", tmp_path / "key.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
         "-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", key, "-out", certificate],
        check=True,
        capture_output=True,
    )  # fmt: skip
    server = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    server.load_cert_chain(certificate, key)
    trusting = ssl.create_default_context(cafile=certificate)
    async with world(tmp_path / "data", server) as made, aiohttp.ClientSession(made.url) as client:
        assert made.url.startswith("https://")
        credentials = {"user": "guard", "password": "guard"}
        own = {"Origin": made.url}
        async with client.post("/api/v1/session", json=credentials, ssl=trusting, headers=own) as answer:
            assert answer.status == 200
            assert "Secure" in answer.headers["Set-Cookie"]
            assert answer.headers["Strict-Transport-Security"]
        plain = {"Origin": made.url.replace("https", "http")}
        async with client.post("/api/v1/session", json=credentials, ssl=trusting, headers=plain) as answer:
            assert answer.status == 403


async def test_a_name_with_markup_in_it_is_shown_as_text(tmp_path):
    async with world(tmp_path / "data", name='<script>alert("1")</script>') as made:
        [issued] = await made.door_plates.issue(["b3/u1/1502"], made.now)
        async with aiohttp.ClientSession(made.url) as client:
            assert "<script>alert" not in await page(client, f"/d/{issued.token}")


@pytest.mark.parametrize("left", ["", "/anju"], ids=["taken away", "left"])
async def test_a_door_plate_below_a_path_of_a_proxy(tmp_path, left):
    """The proxy takes the path away or leaves it; what the page names goes through the proxy again."""
    async with (
        world(tmp_path, public_url="https://example.org/anju") as made,
        aiohttp.ClientSession(made.url) as client,
    ):
        [issued] = await made.door_plates.issue(["b3/u1/1502"], made.now)
        text = await page(client, f"{left}/d/{issued.token}")
        addresses = set(re.findall(r'(?:href|src)="([^"]+/static/[^"]+)"', text))
        assert addresses
        assert all(address.startswith("/anju/static/") for address in addresses)
        answer, _ = await send(client, f"{left}/d/{issued.token}", form("noise", "楼上装修"))
        assert re.fullmatch(r"/anju/d/r/[A-Za-z0-9_-]{32}\?new=1", answer.headers["Location"])
