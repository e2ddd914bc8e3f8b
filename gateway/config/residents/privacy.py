"""The section `privacy` of residents.yaml: what is told to people whose data is kept, and how long it is kept."""

from __future__ import annotations

from datetime import timedelta
from enum import StrEnum
from typing import Annotated

from pydantic import Field

from gateway.model import Words
from gateway.settings.durations import Duration, parse_duration
from gateway.settings.section import Section

FILING_THRESHOLD = 100_000
"""Faces from which the use of face recognition is filed with the province's cyberspace office, within 30 workdays."""
SHORTEST_VIDEO = timedelta(days=30)
"""Order 799: recordings of public places are kept for at least 30 days."""


class ConsentKind(StrEnum):
    """What a person can agree to. Each is asked apart, and can be withdrawn apart."""

    FACE = "face"
    CARE = "care"
    VISITOR_PHOTO = "visitor_photo"


class ConsentText(Section):
    """What a person is told before agreeing. Whoever changes a text gives it a new version."""

    version: Annotated[str, Field(min_length=1, max_length=20, description="stands on record with each consent")]
    zh: Annotated[str, Field(min_length=20, max_length=4000)]
    en: Annotated[str, Field(min_length=20, max_length=4000)]

    @property
    def words(self) -> Words:
        """The text in both languages."""
        return Words(self.zh, self.en)


_FACE = ConsentText(
    version="1",
    zh="为了在您进出小区和单元门时辨认您，我们想登记您的人脸。照片不保存，只保存由照片算出的特征，加密存放在本小区的网关里，"
    "不外传、不作他用。这不是进门的唯一办法：门卡、密码、访客码和物业值班员都可以开门，不同意也不影响使用。"
    "您搬离、撤回同意或要求删除时，特征会立即删除，最迟不超过一小时。您可以随时在住户页面或物业前台撤回同意。",
    en="To recognise you at the gates and unit doors we ask to enrol your face. The photograph is not kept; what is"
    " kept is a template made from it, encrypted in this compound's gateway. It is used for nothing else."
    " It is not the only way in: cards, PINs, passes and the guard open every door, and saying no changes nothing."
    " It is deleted at once, in an hour at the latest, when you move out, withdraw this or ask for it. You can withdraw"
    " at any time, on your page or at the property's counter.",
)
_CARE = ConsentText(
    version="1",
    zh="您愿意的话，网关会留意您家中是否还有动静（门、电梯、水表、活动传感器），您选定的时间内一直没有，就请物业来看看您。"
    "它知道的一切您都可以在住户页面看到。外出时请打开「外出」开关。您可以随时停用，停用后这些记录会被删除。",
    en="If you like, the gateway watches for signs of life in your home (door, lift, water meter, motion) and asks the"
    " property to look after you when there were none for as long as you chose. You can see everything it knows on your"
    " page. Switch to “away” when you leave. You can stop it at any time, and its records are then deleted.",
)
_VISITOR = ConsentText(
    version="1",
    zh="为了让门岗认出您，访客登记时可以附一张照片。它只给本次来访的门岗看，到访结束后删除。不拍照也可以凭访客码进门。",
    en="So that the gate knows you, a photograph can be added to your visit. Only the gate of this visit sees it, and"
    " it is deleted after the visit. Without a photograph the pass lets you in all the same.",
)
DEFAULT_TEXTS = {ConsentKind.FACE: _FACE, ConsentKind.CARE: _CARE, ConsentKind.VISITOR_PHOTO: _VISITOR}
_PRIVATE = tuple(
    "更衣 浴室 淋浴 卫生间 厕所 洗手间 母婴 哺乳 宿舍 客房 toilet bathroom shower changing dormitory".split()
)


class PersonalRetention(Section):
    """How long what names people is kept, beyond what `retention` of compound.yaml says of signals and pictures."""

    moved_out: Annotated[
        Duration, Field(description="a person who lives in no room any more is deleted after this time")
    ] = parse_duration("180d")
    register_changes: Annotated[Duration, Field(description="the history of the register, with values before")] = (
        parse_duration("1095d")
    )
    sessions: Annotated[Duration, Field(description="ended sign-ins of residents")] = parse_duration("90d")
    notices: Annotated[Duration, Field(description="notices to households, and changes that they asked for")] = (
        parse_duration("365d")
    )


class PrivacySection(Section):
    """What the law on personal information asks of whoever runs the compound; see docs/privacy.md."""

    contact: Annotated[
        str,
        Field(max_length=120, description="who answers for personal data, and how to be reached; shown to residents"),
    ] = ""
    consents: Annotated[
        dict[ConsentKind, ConsentText],
        Field(description="the wording of consents by kind; a kind that is left out has the shipped wording"),
    ] = Field(default_factory=dict)
    faces_because: Annotated[
        str,
        Field(
            max_length=500, description="why faces are recognised here at all and cards do not suffice (目的和必要性)"
        ),
    ] = ""
    filing_at: Annotated[
        int, Field(ge=1, le=10_000_000, description="enrolled faces from which their use is filed (备案)")
    ] = FILING_THRESHOLD
    video_shorter_because: Annotated[
        str, Field(max_length=500, description="the manager's reason for keeping recordings for less than 30 days")
    ] = ""
    private_places: Annotated[
        tuple[str, ...],
        Field(max_length=100, description="words in the names of places where no camera may be"),
    ] = _PRIVATE
    retention: PersonalRetention = PersonalRetention()

    def text(self, kind: ConsentKind) -> ConsentText:
        """The wording that is shown for a kind."""
        return self.consents.get(kind) or DEFAULT_TEXTS[kind]
