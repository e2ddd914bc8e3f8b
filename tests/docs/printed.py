"""docs/guard.zh.html: the guards' page as a sheet to print, made of its Markdown. One sheet A4, both sides."""

from __future__ import annotations

import re

from markdown_it import MarkdownIt

STYLE = """\
@page { size: A4; margin: 9mm 13mm; }
body { font: 9.8pt/1.4 "Noto Sans CJK SC", "Source Han Sans SC", "Microsoft YaHei", sans-serif; max-width: 184mm; }
h1 { font-size: 17pt; margin: 0 0 1mm; }
h2 { font-size: 11.5pt; margin: 2.2mm 0 0.8mm; border-bottom: 0.4mm solid #000; }
p, ul, ol { margin: 1mm 0; }
ul, ol { padding-left: 5mm; }
table { border-collapse: collapse; width: 100%; margin: 1mm 0; }
th, td { border: 0.2mm solid #555; padding: 0.6mm 1.6mm; text-align: left; vertical-align: top; }
th { background: #e8e8e8; }
td:first-child { white-space: nowrap; }
code { font: bold 9pt monospace; border: 0.3mm solid #000; border-radius: 0.8mm; padding: 0 0.8mm; }
"""


def sheet(markdown: str) -> str:
    """The page in HTML, without its link to the English one."""
    text = re.sub(r"\s*\[English\]\([^)]*\)", "", markdown)
    body = MarkdownIt("commonmark").enable("table").render(text)
    return (
        '<!doctype html>\n<html lang="zh-CN">\n<meta charset="utf-8">\n<title>安居 值班手册</title>\n'
        f"<!-- Made by `make docs` from guard.zh.md -->\n<style>\n{STYLE}</style>\n{body}</html>\n"
    )
