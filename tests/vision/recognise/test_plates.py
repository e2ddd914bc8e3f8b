from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from gateway.vision.recognise.plates import PlateReader
from gateway.vision.stream.picture import photograph
from tests.vision.clips import paste, plate, wall


@pytest.fixture(scope="module")
def reader() -> PlateReader:
    return PlateReader()


@pytest.mark.parametrize("text", ["苏M12345", "粤B8K2F7", "京A00001", "浙AD1234"])
def test_reads_a_plate_in_a_picture(reader: PlateReader, text: str) -> None:
    (read,) = reader.find(paste(wall(720, 1280), plate(text, 240), 500, 400))
    assert read.text == text
    assert read.score > 0.8
    x, y, width, height = read.box
    assert 480 < x < x + width < 760
    assert 380 < y < y + height < 490


def test_two_plates_the_surest_first(reader: PlateReader) -> None:
    picture = paste(paste(wall(720, 1280), plate("苏M12345", 240), 200, 400), plate("沪C8GK31", 300), 800, 200)
    reads = reader.find(picture)
    assert {read.text for read in reads} == {"苏M12345", "沪C8GK31"}
    assert reads[0].score >= reads[1].score


def test_a_wall_has_no_plate(reader: PlateReader) -> None:
    assert reader.find(wall(720, 1280)) == []


def test_a_picture_cut_to_a_plate_is_read_whole(reader: PlateReader) -> None:
    (read,) = reader.find(plate("苏M12345", 110))
    assert read.text == "苏M12345"
    assert read.box == (0, 0, 110, 30)


@pytest.mark.parametrize("size", [(1, 1), (3, 200), (200, 3), (24, 94)])
def test_any_size_of_picture_can_be_tried(reader: PlateReader, size: tuple[int, int]) -> None:
    for read in reader.find(np.zeros((*size, 3), np.uint8)):
        assert read.score <= 1


@pytest.mark.parametrize(("folder", "every", "least"), [("photos", 1, 0.92), ("crops", 3, 0.88)])
def test_real_plates(reader: PlateReader, shared_data: Path, folder: str, every: int, least: float) -> None:
    files = sorted((shared_data / "plates" / folder).glob("*.jpg"))[::every]
    right = 0
    for file in files:
        reads = reader.find(photograph(str(file)))
        right += bool(reads) and reads[0].text == file.stem
    assert right / len(files) >= least
