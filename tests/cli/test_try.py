from __future__ import annotations

import json
import os
import struct
import zlib
from pathlib import Path

import cv2
import numpy as np
import pytest
from click.testing import CliRunner, Result

from gateway.cli import main
from tests.vision.clips import face, pass_by, paste, plate, wall, write_clip


def anju(*arguments: object) -> Result:
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


def lines(result: Result) -> list[dict[str, object]]:
    return [json.loads(line) for line in result.stdout.splitlines()]


def save(file: Path, picture: object) -> Path:
    file.parent.mkdir(exist_ok=True)
    assert cv2.imwrite(str(file), picture)  # type: ignore[call-overload]
    return file


def test_plates_one_line_a_file_as_it_was_given(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    save(tmp_path / "车.jpg", paste(wall(720, 1280), plate("苏M12345", 240), 500, 400))
    save(tmp_path / "crop.png", plate("沪C8GK31", 94))
    monkeypatch.chdir(tmp_path)
    result = anju("try", "plate", "车.jpg", "./crop.png")
    assert result.exit_code == 0, result.output
    photo, crop = lines(result)
    assert photo["file"] == "车.jpg"
    (read,) = photo["plates"]  # type: ignore[misc]
    assert read["text"] == "苏M12345"
    assert 0.8 < read["score"] <= 1
    assert [type(number) for number in read["box"]] == [int] * 4
    assert crop["file"] == "./crop.png"
    assert crop["plates"][0]["text"] == "沪C8GK31"  # type: ignore[index]
    assert result.stderr == ""


def test_plates_of_a_clip_are_voted(tmp_path: Path) -> None:
    clip = write_clip(tmp_path / "lane.mp4", pass_by(wall(), plate("苏M12345", 200), 200))
    (line,) = lines(anju("try", "plate", clip))
    assert [read["text"] for read in line["plates"]] == ["苏M12345"]  # type: ignore[attr-defined]


def test_faces_are_named_by_a_gallery_that_refuses_nothing(tmp_path: Path) -> None:
    (tmp_path / "gallery").mkdir()
    save(tmp_path / "gallery" / "eileen" / "1.jpg", face(120))
    save(tmp_path / "gallery" / "wall" / "1.jpg", wall())
    scene = save(tmp_path / "scene.jpg", paste(wall(seed=4), face(230), 100, 60))
    result = anju("try", "face", scene, "--gallery", tmp_path / "gallery")
    assert result.exit_code == 0, result.output
    ((seen,),) = (line["faces"] for line in lines(result))  # type: ignore[misc]
    assert seen["person"] == "eileen"
    assert 0 <= seen["distance"] < 0.5
    assert "no face is found" in result.stderr
    assert "smaller than" in result.stderr


def test_without_a_gallery_everybody_is_a_stranger(tmp_path: Path) -> None:
    scene = save(tmp_path / "scene.jpg", face(300))
    (line,) = lines(anju("try", "face", scene))
    assert [(seen["person"], seen["distance"]) for seen in line["faces"]] == [(None, None)]  # type: ignore[attr-defined]


def test_motion_in_seconds(tmp_path: Path) -> None:
    clip = write_clip(tmp_path / "yard.mp4", pass_by(wall(), face(200), 80, still=30, steps=40))
    (line,) = lines(anju("try", "motion", clip))
    ((start, end),) = line["motion"]  # type: ignore[misc]
    assert start == pytest.approx(3, abs=0.6)
    assert end == pytest.approx(7, abs=0.6)


def test_what_can_not_be_read_is_told_and_the_others_are_tried(tmp_path: Path) -> None:
    broken = tmp_path / "broken.jpg"
    broken.write_bytes(b"nothing")
    good = save(tmp_path / "good.jpg", plate("苏M12345", 120))
    result = anju("try", "plate", broken, good)
    assert result.exit_code == 1
    assert [len(line["plates"]) for line in lines(result)] == [0, 1]  # type: ignore[arg-type]
    assert "broken.jpg" in result.stderr


def test_files_that_are_no_picture_cost_the_others_nothing(tmp_path: Path) -> None:
    """One that is not there, a folder, a header that claims 10 gigapixels, and more a side than warps can count."""
    (tmp_path / "folder.jpg").mkdir()
    header = struct.pack(">I4sIIBBBBB", 13, b"IHDR", 100_000, 100_000, 8, 2, 0, 0, 0)
    huge = tmp_path / "huge.png"
    huge.write_bytes(b"\x89PNG\r\n\x1a\n" + header + struct.pack(">I", zlib.crc32(header[4:])))
    long = save(tmp_path / "long.png", np.zeros((1, 40_000, 3), np.uint8))
    good = save(tmp_path / "good.jpg", plate("苏M12345", 120))
    wrong = [tmp_path / "nowhere.jpg", tmp_path / "folder.jpg", huge, long]
    result = anju("try", "plate", *wrong, good)
    assert result.exit_code == 1
    assert [len(line["plates"]) for line in lines(result)] == [0, 0, 0, 0, 1]  # type: ignore[arg-type]
    told = result.stderr.splitlines()
    assert len(told) == 4
    assert all(str(file) in line for file, line in zip(wrong, told, strict=True))


@pytest.mark.parametrize("size", [(1, 5000), (20_000, 3)])
@pytest.mark.parametrize("recogniser", ["plate", "face"])
def test_a_picture_like_a_thread_shows_nothing(tmp_path: Path, recogniser: str, size: tuple[int, int]) -> None:
    thin = save(tmp_path / "thin.png", np.zeros((*size, 3), np.uint8))
    result = anju("try", recogniser, thin)
    assert result.exit_code == 0, result.output
    assert lines(result) == [{"file": str(thin), f"{recogniser}s": []}]


def test_a_name_that_is_no_text_is_given_back(tmp_path: Path) -> None:
    """Names are bytes: those of an old camera or a Windows share may be GBK."""
    good = save(tmp_path / "good.jpg", plate("苏M12345", 120))
    named = tmp_path / os.fsdecode("车牌".encode("gbk") + b".jpg")
    good.rename(named)
    result = anju("try", "plate", named)
    assert result.exit_code == 0, result.output
    (line,) = lines(result)
    assert line["file"] == str(named)
    assert line["plates"][0]["text"] == "苏M12345"  # type: ignore[index]


def test_a_clip_named_by_its_time_is_no_address(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_clip(tmp_path / "10:30.mp4", pass_by(wall(), plate("苏M12345", 200), 200))
    monkeypatch.chdir(tmp_path)
    (read,) = lines(anju("try", "plate", "10:30.mp4"))[0]["plates"]  # type: ignore[misc]
    assert read["text"] == "苏M12345"
    assert anju("try", "motion", "10:30.mp4").exit_code == 0


def test_a_wrong_province_is_named() -> None:
    result = anju("try", "plate", "--home-province", "X", __file__)
    assert result.exit_code == 2
    assert "'X'" in result.stderr
