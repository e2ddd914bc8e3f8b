"""The impact assessment (个人信息保护影响评估, PIPL art. 55 and 56), filled in from the configuration.

What the gateway knows stands there: purposes, data, how long it is kept, who sees it, measures, findings. What only
people know is left open to be filled in by hand. The sheet is kept for three years.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from gateway.config import Configuration
from gateway.config import clauses as c
from gateway.config.privacy_findings import Finding, Settings, findings, watches_faces
from gateway.config.residents.privacy import ConsentKind
from gateway.model import DeviceType, Words
from gateway.privacy import rows
from gateway.privacy.consents import rows as consent_rows


@dataclass(frozen=True, slots=True)
class Counts:
    """What a data folder holds; None where none was given."""

    persons: int = 0
    faces: int = 0
    faces_without_consent: int = 0
    consents: Sequence[tuple[str, str, int]] = ()


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the sheet: what it is about, what is so, and by what clause."""

    title: Words
    text: Words
    clause: Words | None = None


@dataclass(frozen=True, slots=True)
class Section:
    """A part of the sheet."""

    title: Words
    rows: Sequence[Row] = field(default_factory=tuple)


OPEN = Words("（请填写）________________", "(to be filled in) ________________")


def counts_of(connection: sqlite3.Connection) -> Counts:
    """What a data folder holds."""
    consents = [(row["kind"], row["version"], row["count"]) for row in consent_rows.counts(connection)]
    return Counts(
        rows.person_count(connection), rows.face_count(connection), rows.faces_without_consent(connection), consents
    )


def assessment(configuration: Configuration, counts: Counts | None, at: datetime) -> list[Section]:
    """The sheet's sections, in the order of article 56."""
    return [
        _head(configuration, at),
        _purposes(configuration),
        _data(configuration, counts),
        _kept(configuration),
        _measures(configuration),
        _findings(configuration, counts),
        _conclusion(),
    ]


def _head(configuration: Configuration, at: datetime) -> Section:
    privacy = configuration.residents.privacy
    contact = privacy.contact or ""
    return Section(
        Words("基本情况", "About"),
        (
            Row(Words("小区", "Compound"), Words(configuration.compound.name, configuration.compound.name)),
            Row(Words("个人信息处理者", "Who answers for the data"), _given(contact), c.NOTICE.words),
            Row(Words("评估日期", "Date"), Words(f"{at:%Y-%m-%d}", f"{at:%Y-%m-%d}"), c.ASSESSMENT.words),
            Row(Words("评估人", "Assessed by"), OPEN),
            Row(
                Words("配置版本", "Configuration"),
                Words(configuration.fingerprint[:12], configuration.fingerprint[:12]),
            ),
        ),
    )


def _purposes(configuration: Configuration) -> Section:
    privacy, faces = configuration.residents.privacy, _cameras(configuration, faces=True)
    rows = [
        Row(
            Words("安全防范", "Security of the compound"),
            Words(
                f"报警、视频和出入记录用于小区安全防范；{len(_cameras(configuration))} 台摄像机",
                f"alarms, video and passages, for the compound's security; {len(_cameras(configuration))} cameras",
            ),
            c.PUBLIC_CAMERAS.words,
        )
    ]
    if faces:
        text = Words(
            f"{'、'.join(faces)}：{privacy.faces_because or OPEN.zh}",
            f"{', '.join(faces)}: {privacy.faces_because or OPEN.en}",
        )
        rows.append(Row(Words("人脸识别的目的和必要性", "Why faces are recognised"), text, c.FACE_PURPOSE.words))
        rows.append(
            Row(
                Words("其他验证方式", "Other ways in"),
                Words(
                    "刷卡、密码、访客码、值班员开门；不同意人脸识别不影响进出",
                    "cards, PINs, passes, the guard; saying no to faces changes nothing",
                ),
                c.FACE_NOT_ALONE.words,
            )
        )
    rows.append(Row(Words("是否合法、正当、必要", "Lawful, fair, necessary?"), OPEN, c.ASSESSMENT.words))
    return Section(Words("一、处理目的和方式", "1. Purposes and ways"), rows)


def _data(configuration: Configuration, counts: Counts | None) -> Section:
    privacy = configuration.residents.privacy
    rows = [
        Row(
            Words("登记信息", "Register"),
            Words(
                "姓名、电话、证件号、房屋、车辆、门卡：加密存放",
                "names, phones, ID numbers, rooms, vehicles, cards: sealed",
            ),
            c.SECURITY.words,
        )
    ]
    if counts is not None:
        rows.append(Row(Words("登记人数", "Persons"), Words(f"{counts.persons} 人", f"{counts.persons}")))
        share = f"{counts.faces} / {privacy.filing_at}"
        rows.append(
            Row(
                Words(
                    "人脸登记数（达到后 30 个工作日内备案）", "Enrolled faces (filed within 30 workdays from this many)"
                ),
                Words(share, share),
                c.FACE_FILING.words,
            )
        )
        for kind, version, count in counts.consents:
            name = Words(f"同意：{kind}（版本 {version}）", f"Consents: {kind} (version {version})")
            rows.append(Row(name, Words(f"{count} 人", f"{count}"), c.FACE_CONSENT.words))
    for kind in ConsentKind:
        text = privacy.text(kind)
        rows.append(
            Row(
                Words(f"告知文本：{kind}（版本 {text.version}）", f"Wording: {kind} (version {text.version})"),
                text.words,
            )
        )
    rows.append(
        Row(
            Words("未成年人", "Minors"),
            Words("不满十四周岁由监护人同意，姓名加密记录", "under 14 a guardian agrees, and is on record, sealed"),
            c.FACE_MINORS.words,
        )
    )
    return Section(Words("二、信息种类和同意", "2. Data and consents"), rows)


def _kept(configuration: Configuration) -> Section:
    kept, personal = configuration.compound.retention, configuration.residents.privacy.retention
    rows = [
        Row(Words("报警录像", "Clips"), _days(kept.clips.days), c.VIDEO_DAYS.words),
        Row(Words("抓拍图片", "Pictures"), _days(kept.snapshots.days), c.SHORTEST_TIME.words),
        Row(Words("信号记录", "Signals"), _days(kept.signals.days), c.SHORTEST_TIME.words),
        Row(Words("设备原始报文", "Refused messages"), _days(kept.quarantine.days), c.SHORTEST_TIME.words),
        Row(Words("搬离后的登记信息", "Register, after moving out"), _days(personal.moved_out.days), c.DELETION.words),
        Row(
            Words("登记变更记录", "History of the register"),
            _days(personal.register_changes.days),
            c.SHORTEST_TIME.words,
        ),
        Row(
            Words("人脸特征", "Face templates"),
            Words("撤回、搬离或删除时立即删除（一小时内）", "deleted at once when withdrawn, moved out or erased"),
            c.FACE_STORAGE.words,
        ),
    ]
    reason = configuration.residents.privacy.video_shorter_because
    if reason:
        rows.append(Row(Words("录像少于 30 天的理由", "Why recordings are kept shorter"), Words(reason, reason)))
    return Section(Words("三、保存期限", "3. How long it is kept"), rows)


def _measures(configuration: Configuration) -> Section:
    told = [notifier for notifier in configuration.notifiers if notifier.common.may_name]
    names = ", ".join(notifier.id for notifier in told)
    encrypted = configuration.compound.http.tls is not None
    http = Words("启用", "on") if encrypted else Words("未启用（仅限本机或内网）", "off (this machine or network only)")
    return Section(
        Words("四、影响、风险和保护措施", "4. Effects, risks and measures"),
        (
            Row(
                Words("存储", "Storage"),
                Words(
                    "人脸特征、姓名、电话用 AES-256-GCM 加密，只在本机，不外传",
                    "templates, names, phones sealed (AES-256-GCM), on this machine only",
                ),
                c.FACE_STORAGE.words,
            ),
            Row(Words("网页加密（HTTPS）", "HTTPS"), http, c.SECURITY.words),
            Row(
                Words("访问控制", "Access"),
                Words(
                    "按角色；安装人员看不到人；每次查看、导出都有审计记录",
                    "by role; installers see no people; each look and export is in the audit",
                ),
                c.SECURITY.words,
            ),
            Row(
                Words("提供给小区以外", "Told outside"),
                Words(names or "无", names or "none"),
                c.ENTRUSTED.words,
            ),
            Row(
                Words("个人权利", "Rights"),
                Words(
                    "查阅、复制（我的数据）、更正、撤回同意、删除：住户页面和物业前台",
                    "access and copy, correction, withdrawal, deletion: on the resident's page and at the counter",
                ),
                c.ACCESS_AND_COPY.words,
            ),
            Row(Words("对个人权益的影响和安全风险", "Effects on people, and risks"), OPEN, c.ASSESSMENT.words),
        ),
    )


def _findings(configuration: Configuration, counts: Counts | None) -> Section:
    found = [
        Row(_where(one), Words(f"{one.what.zh}；{one.mend.zh}", f"{one.what.en}; {one.mend.en}"), one.clause.words)
        for one in findings_of(configuration)
    ]
    if counts is not None and counts.faces_without_consent:
        number = counts.faces_without_consent
        found.append(
            Row(
                Words("数据", "Data"),
                Words(
                    f"{number} 人的人脸没有同意记录：补录（anju consents give）或删除",
                    f"{number} persons' faces have no consent on record: record it (anju consents give) or delete them",
                ),
                c.FACE_CONSENT.words,
            )
        )
    if counts is not None and counts.faces >= configuration.residents.privacy.filing_at:
        found.append(
            Row(
                Words("数据", "Data"),
                Words("人脸数量达到备案标准", "so many faces have to be filed"),
                c.FACE_FILING.words,
            )
        )
    nothing = Row(Words("没有发现", "Nothing was found"), Words("配置中没有发现问题", "nothing in the configuration"))
    return Section(Words("五、发现的问题（我们的理解）", "5. Findings (our reading)"), found or (nothing,))


def findings_of(configuration: Configuration) -> list[Finding]:
    """What `anju check` says of the law."""
    entries = list(enumerate(configuration.devices))
    return findings(
        Settings(
            configuration.compound,
            configuration.residents.privacy,
            entries,
            configuration.notifiers,
            configuration.places,
        )
    )


def _conclusion() -> Section:
    return Section(
        Words("六、结论", "6. Conclusion"),
        (
            Row(
                Words(
                    "保护措施是否合法、有效并与风险相适应", "Are the measures lawful, effective and fit for the risk?"
                ),
                OPEN,
                c.ASSESSMENT.words,
            ),
            Row(
                Words("负责人签字、日期（报告保存三年）", "Signature and date (kept for three years)"),
                OPEN,
                c.ASSESSMENT.words,
            ),
        ),
    )


def _cameras(configuration: Configuration, *, faces: bool = False) -> list[str]:
    return [
        entry.device.id
        for entry in configuration.devices
        if entry.device.type is DeviceType.CAMERA and (not faces or watches_faces(entry))
    ]


def _where(finding: Finding) -> Words:
    key = ".".join(map(str, finding.loc))
    return Words(f"{finding.file} {key}", f"{finding.file} {key}")


def _days(days: int) -> Words:
    return Words(f"{days} 天", f"{days} days")


def _given(text: str) -> Words:
    return Words(text, text) if text else OPEN
