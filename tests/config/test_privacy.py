"""The section `privacy` of residents.yaml, and what `anju check` says of the law, each with its clause."""

from __future__ import annotations

import pytest

from gateway.config.residents import ConsentKind, PrivacySection, ResidentsSettings
from gateway.config.residents.privacy import DEFAULT_TEXTS

CAMERA = "- {id: cam, kind: camera, name: NAME, place: gate/east, source: 'rtsp://127.0.0.1/s', watch: [WATCH]}"


def hints(folder, residents: str = "", *, name: str = "东门", watch: str = "motion", more: str = "") -> list[str]:
    folder.compound(f"name: x\nplaces: {{gate/east: 东门}}\n{more}")
    folder.devices(CAMERA.replace("NAME", name).replace("WATCH", watch))
    if residents:
        (folder.path / "residents.yaml").write_text(residents, "utf-8")
    return [f"{hint.file.name}:{hint.line}: {hint.what}" for hint in folder.load().hints]


def test_a_plain_compound_has_nothing_to_answer_for(folder):
    assert hints(folder) == []


def test_recordings_of_less_than_thirty_days_need_the_managers_reason(folder):
    short = "retention:\n  clips: 7d\n"
    [hint] = hints(folder, more=short)
    assert hint.startswith("compound.yaml:4: recordings are kept for 7 days")
    assert "Order 799" in hint
    assert hints(folder, "privacy: {video_shorter_because: 公安分局的平台另存 90 天}", more=short) == []
    assert hints(folder, more="retention:\n  clips: 30d\n") == []


def test_pictures_kept_for_years_are_told(folder):
    [hint] = hints(folder, more="retention: {snapshots: 400d}\n")
    assert "PIPL), art. 19" in hint


def test_faces_need_a_purpose_and_somebody_who_answers(folder):
    told = hints(folder, watch="faces")
    assert [line.split(":")[0] for line in told] == ["compound.yaml", "devices.yaml"]
    assert "art. 17" in told[0]
    assert "art. 4" in told[1]
    assert hints(folder, "privacy: {contact: 物业 110, faces_because: 夜间无人值守}", watch="faces") == []


@pytest.mark.parametrize(("watch", "law"), [("motion", "Order 799"), ("faces", "art. 13")])
def test_a_camera_in_a_private_place_is_told(folder, watch, law):
    told = hints(folder, "privacy: {contact: 物业, faces_because: 必要}", name="泳池更衣室", watch=watch)
    assert [line for line in told if "private place" in line and law in line]


def test_the_wording_of_a_consent_can_be_the_compounds_own(folder):
    own = "告知书" * 20
    hints(folder, f"privacy:\n  consents:\n    face: {{version: '3', zh: {own}, en: {'The whole text. ' * 3}}}\n")
    privacy = folder.load().residents.privacy
    assert (privacy.text(ConsentKind.FACE).version, privacy.text(ConsentKind.FACE).zh) == ("3", own)
    assert privacy.text(ConsentKind.CARE) == DEFAULT_TEXTS[ConsentKind.CARE]


def test_an_unknown_kind_and_an_empty_text_are_mistakes(folder):
    (folder.path / "residents.yaml").write_text("privacy: {consents: {fase: {version: '1', zh: x, en: x}}}", "utf-8")
    assert folder.mistakes()


def test_every_kind_has_a_shipped_wording():
    assert set(DEFAULT_TEXTS) == set(ConsentKind)
    assert PrivacySection().consents == {}


def test_the_shipped_file_shows_the_defaults(root, folder):
    (folder.path / "residents.yaml").write_text((root / "config/residents.yaml").read_text("utf-8"), "utf-8")
    assert folder.load().residents.privacy == ResidentsSettings().privacy
