"""The impact assessment and the list of a standard, as a page to print (A4) and as Markdown."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from gateway.model import Words
from gateway.privacy.assessment import Section
from gateway.privacy.comply import Answer, Result, Standard

ANSWERS = {
    Answer.MET: Words("符合", "met"),
    Answer.MISSING: Words("缺少", "missing"),
    Answer.ASKED: Words("人工确认", "to be answered"),
}
NOTE = Words(
    "本表由网关根据配置生成，条款为我们的理解，不是法律意见。",
    "Made by the gateway from its configuration; clauses are our reading and no legal advice.",
)


def assessment_page(compound: str, sections: Sequence[Section]) -> str:
    """As HTML, Chinese first with English below."""
    return _pages().get_template("assessment.html").render(compound=compound, sections=sections, note=NOTE)


def assessment_markdown(compound: str, sections: Sequence[Section]) -> str:
    """As Markdown, in both languages."""
    lines = [f"# 个人信息保护影响评估 · {compound}", "", "Personal information protection impact assessment", ""]
    lines += [f"> {NOTE.zh}", f"> {NOTE.en}", ""]
    for section in sections:
        lines += [f"## {section.title.zh}", "", section.title.en, "", "| | | |", "|---|---|---|"]
        for row in section.rows:
            clause = f"{row.clause.zh}<br>{row.clause.en}" if row.clause else ""
            cells = (f"{row.title.zh}<br>{row.title.en}", _both(row.text), clause)
            lines.append(f"| {' | '.join(cell.replace('|', '/') for cell in cells)} |")
        lines.append("")
    return "\n".join(lines)


def comply_table(standard: Standard, level: int, results: Sequence[Result], language: str) -> str:
    """As text: one line each, and a last line with the counts."""
    count = Counter(result.answer for result in results)
    head = Words(
        f"{standard.standard} {level} 级（{standard.reading}）",
        f"{standard.standard} level {level} ({standard.reading})",
    )
    lines = [head[language], ""]
    for result in results:
        mark = {Answer.MET: "[x]", Answer.MISSING: "[ ]", Answer.ASKED: "[?]"}[result.answer]
        lines.append(f"{mark} {result.requirement.id}: {result.requirement.what.words[language]}")
        lines.append(f"      {ANSWERS[result.answer][language]}: {result.why[language]}")
        if result.requirement.clause:
            lines.append(f"      {result.requirement.clause}")
    met, missing, asked = count[Answer.MET], count[Answer.MISSING], count[Answer.ASKED]
    summary = Words(
        f"符合 {met} 项，缺少 {missing} 项，需人工确认 {asked} 项。这是我们的理解，不是认证。",
        f"{met} met, {missing} missing, {asked} to be answered by a person. Our reading, no certificate.",
    )
    return "\n".join([*lines, "", summary[language]])


def comply_json(standard: Standard, level: int, results: Sequence[Result]) -> dict[str, object]:
    """As data."""
    return {
        "standard": standard.standard,
        "reading": standard.reading,
        "level": level,
        "requirements": [
            {
                "id": result.requirement.id,
                "level": result.requirement.level,
                "clause": result.requirement.clause,
                "what": {"zh": result.requirement.what.zh, "en": result.requirement.what.en},
                "answer": result.answer.value,
                "why": {"zh": result.why.zh, "en": result.why.en},
            }
            for result in results
        ],
    }


def _both(words: Words) -> str:
    return words.zh if words.zh == words.en else f"{words.zh}<br>{words.en}"


def _pages() -> Environment:
    return Environment(loader=FileSystemLoader(Path(__file__).parent), autoescape=True, undefined=StrictUndefined)
