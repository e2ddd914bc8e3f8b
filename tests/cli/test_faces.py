from __future__ import annotations

import asyncio
import hashlib
from datetime import UTC, datetime
from pathlib import Path

import cv2
import numpy as np
import pytest
from click.testing import CliRunner, Result

from gateway.cli import main
from gateway.people import faces
from gateway.store import Store
from gateway.vision.face_matching import FaceModels, ModelFile
from tests.support.consents import agreed
from tests.vision.clips import face, wall


def anju(*arguments: object) -> Result:
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A store that knows one person, p1."""

    async def make() -> None:
        async with Store.open(tmp_path / "data") as store:
            await store.write(
                lambda connection: (
                    connection.execute("INSERT INTO persons (id, name, list) VALUES ('p1', 'Eileen', 'watch')").rowcount
                )
            )
            await agreed(store, "p1")

    asyncio.run(make())
    return tmp_path / "data"


def enrolled(data: Path) -> list[str]:
    async def read() -> list[str]:
        async with Store.open(data) as store:
            return [face.person_id for face in (await faces.load_identities(store, datetime.now(UTC))).faces]

    return asyncio.run(read())


def test_one_photograph_of_one_person(data: Path, tmp_path: Path) -> None:
    cv2.imwrite(str(tmp_path / "a.jpg"), face(300))
    result = anju("faces", "enrol", tmp_path / "a.jpg", "--person", "p1", "--data", data)
    assert result.exit_code == 0, result.output
    assert "1 of 1" in result.stdout
    assert enrolled(data) == ["p1"]


def test_a_folder_takes_the_good_and_names_the_faults_of_the_others(data: Path, tmp_path: Path) -> None:
    for person, name, picture in (("p1", "a", face(300)), ("p1", "b", wall()), ("p7", "c", face(320))):
        (tmp_path / "photos" / person).mkdir(parents=True, exist_ok=True)
        cv2.imwrite(str(tmp_path / "photos" / person / f"{name}.jpg"), picture)
    result = anju("faces", "enrol", tmp_path / "photos", "--data", data)
    assert result.exit_code == 1
    assert "1 of 3" in result.stdout
    assert "b.jpg: no face is found" in result.stderr
    assert "no person 'p7'" in result.stderr
    assert enrolled(data) == ["p1"]


def test_a_folder_of_one_person(data: Path, tmp_path: Path) -> None:
    (tmp_path / "eileen").mkdir()
    cv2.imwrite(str(tmp_path / "eileen" / "a.jpg"), face(300))
    result = anju("faces", "enrol", tmp_path / "eileen", "--person", "p1", "--data", data)
    assert "1 of 1" in result.stdout, result.output


def test_whose_photograph_it_is_must_be_said(data: Path, tmp_path: Path) -> None:
    cv2.imwrite(str(tmp_path / "a.jpg"), face(300))
    assert anju("faces", "enrol", tmp_path / "a.jpg", "--data", data).exit_code == 2


def test_a_photograph_or_a_camera_but_not_neither(data: Path) -> None:
    assert anju("faces", "enrol", "--person", "p1", "--data", data).exit_code == 2


def test_no_gateway_that_answers_is_told(data: Path, free_port: int) -> None:
    url = f"http://127.0.0.1:{free_port}"
    result = anju(
        "faces", "enrol", "--person", "p1", "--camera", "gate", "--url", url, "--password", "x", "--data", data
    )
    assert result.exit_code == 1
    assert f"no gateway answers at {url}" in result.stderr


@pytest.fixture
def gallery(tmp_path: Path) -> Path:
    (tmp_path / "gallery" / "eileen").mkdir(parents=True)
    cv2.imwrite(str(tmp_path / "gallery" / "eileen" / "a.jpg"), face(300))
    return tmp_path / "gallery"


def test_calibrate_prints_the_table_and_the_choice(gallery: Path) -> None:
    result = anju("faces", "calibrate", "--gallery", gallery, "--traffic", "100000/day", "--most", "0.1")
    assert result.exit_code == 0, result.output
    assert "1 persons, 1 photographs; 100000 strangers a day" in result.stdout
    (chosen,) = (line for line in result.stdout.splitlines() if line.startswith("chosen"))
    assert "chosen: 0.455" in chosen
    assert "refused" in result.stdout


def test_calibrate_of_the_enrolled_refuses_too_wide_a_distance(data: Path, gallery: Path) -> None:
    anju("faces", "enrol", gallery / "eileen" / "a.jpg", "--person", "p1", "--data", data)
    result = anju("faces", "calibrate", "--data", data, "--distance", "0.6", "--traffic", "9000")
    assert result.exit_code == 1
    assert "0.60 is too wide for 1 persons" in result.stderr
    assert anju("faces", "calibrate", "--data", data, "--distance", "0.45").exit_code == 0


def test_calibrate_of_nobody(data: Path) -> None:
    result = anju("faces", "calibrate", "--data", data)
    assert result.exit_code == 0, result.output
    assert "nobody is enrolled" in result.stdout
    assert "anju faces enrol" in result.stdout
    assert "inf" not in result.stdout


def test_calibrate_gives_figures_that_a_person_can_read(gallery: Path) -> None:
    result = anju("faces", "calibrate", "--gallery", gallery)
    assert result.exit_code == 0, result.output
    assert "e-0" not in result.stdout
    assert "inf" not in result.stdout
    assert "under 0.001" in result.stdout
    assert "over 1,000,000" in result.stdout
    assert "refused: wider than 0.52" in result.stdout


def test_calibrate_says_why_a_distance_above_the_ceiling_is_refused(gallery: Path) -> None:
    result = anju("faces", "calibrate", "--gallery", gallery, "--distance", "0.54")
    assert result.exit_code == 1
    assert "beyond 0.52 similar dress and beards match" in result.stderr


@pytest.mark.parametrize("traffic", ["inf", "nan", "0", "-3", "many"])
def test_calibrate_takes_no_traffic_that_is_none(gallery: Path, traffic: str) -> None:
    assert anju("faces", "calibrate", "--gallery", gallery, "--traffic", traffic).exit_code == 2


def configured(folder: Path, said_of_faces: str) -> Path:
    folder.mkdir(exist_ok=True)
    (folder / "compound.yaml").write_text(
        f"name: 西子御园\nplaces: {{gate: 门}}\nvision: {{faces: {{{said_of_faces}}}}}\n"
    )
    for name in ("devices", "rules"):
        (folder / f"{name}.yaml").write_text(f"{name}: []\n")
    return folder


@pytest.fixture
def own_recogniser(tmp_path: Path) -> tuple[Path, FaceModels]:
    """A folder of YAML that names one, with a distance on its own scale. Its file is never opened here."""
    folder = tmp_path / "config"
    configured(folder, "")
    (folder / "sface.onnx").write_bytes(b"another model")
    named = ModelFile(str(folder / "sface.onnx"), hashlib.sha256(b"another model").hexdigest())
    model = f"{{path: sface.onnx, sha256: {named.sha256}}}"
    configured(folder, f"distance: 1.05, detector: {model}, recogniser: {model}")
    return folder, FaceModels(named, named)


def test_a_recogniser_of_ones_own_is_not_judged_by_dlibs_scale(
    data: Path, own_recogniser: tuple[Path, FaceModels]
) -> None:
    """Two persons 1.2 apart: 1.05 misnames nobody, and 1.3 everybody."""
    config, models = own_recogniser
    apart = np.zeros((2, 4), np.float32)
    apart[1, 0] = 1.2

    async def enrol() -> None:
        async with Store.open(data) as store:
            await store.write(
                lambda connection: (
                    connection.execute("INSERT INTO persons (id, name, list) VALUES ('p2', 'Grace', 'watch')").rowcount
                )
            )
            await agreed(store, "p2")
            for person, template in zip(("p1", "p2"), apart, strict=True):
                await faces.enrol(store, person, template, person.encode(), models)

    asyncio.run(enrol())
    result = anju("faces", "calibrate", "--data", data, "--config", config)
    assert result.exit_code == 0, result.output
    assert "2 persons, 2 photographs" in result.stdout
    assert "chosen: 1.05, as the YAML says" in result.stdout
    assert "97%" not in result.stdout, "that is dlib's"
    refused = anju("faces", "calibrate", "--data", data, "--config", config, "--distance", "1.3")
    assert refused.exit_code == 1
    assert "1.30 is too wide for 2 persons" in refused.stderr
    assert "0.52" not in refused.stderr


def test_calibrate_says_the_distance_that_the_gateway_takes(data: Path, tmp_path: Path) -> None:
    config = configured(tmp_path / "config", "distance: 0.4")
    result = anju("faces", "calibrate", "--data", data, "--config", config)
    assert result.exit_code == 0, result.output
    assert "chosen: 0.4, as the YAML says" in result.stdout


def test_a_distance_that_the_gateway_never_goes_to_is_refused_for_the_fewest(data: Path) -> None:
    result = anju("faces", "calibrate", "--data", data, "--distance", "0.55")
    assert result.exit_code == 1
    assert "Take 0.52 or less" in result.stderr
