"""Every template of the console: it can be read, somebody uses it, and it keeps to the policy of its pages."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from jinja2 import Environment, FileSystemLoader

ROOT = Path(__file__).resolve().parents[2]
CONSOLE = ROOT / "templates" / "console"
TEMPLATES = sorted(CONSOLE.rglob("*.html"))
NAMES = [path.relative_to(ROOT / "templates").as_posix() for path in TEMPLATES]


@pytest.mark.parametrize("path", TEMPLATES, ids=NAMES)
def test_it_can_be_read(path: Path) -> None:
    environment = Environment(loader=FileSystemLoader(ROOT / "templates"), autoescape=True)
    environment.parse(path.read_text("utf-8"))


@pytest.mark.parametrize("path", TEMPLATES, ids=NAMES)
def test_it_has_no_inline_style_handler_or_unescaped_words(path: Path) -> None:
    text = path.read_text("utf-8")
    assert not re.search(r"\sstyle\s*=", text)
    assert not re.search(r"\son[a-z]+\s*=\s*[\"']", text)
    assert not re.search(r"\|\s*safe\b", text)
    assert "javascript:" not in text
    assert not re.search(r"<script(?![^>]*(src|nonce)=)", text)


@pytest.mark.parametrize("path", TEMPLATES, ids=NAMES)
def test_each_form_that_posts_carries_its_token(path: Path) -> None:
    for form in re.findall(r"<form[^>]*method=\"post\".*?</form>", path.read_text("utf-8"), re.S | re.I):
        assert "csrf()" in form, form[:120]


def test_each_template_is_used_by_a_page() -> None:
    code = "".join(path.read_text("utf-8") for path in (ROOT / "admin").rglob("*.py"))
    code += "".join(path.read_text("utf-8") for path in TEMPLATES)
    assert [name for name in NAMES if name not in code] == []


def test_nothing_wears_the_crown() -> None:
    for path in [*TEMPLATES, *(ROOT / "frontend" / "scss").glob("*.scss"), *(ROOT / "frontend" / "js").glob("*.js")]:
        text = path.read_text("utf-8").replace("GOV.UK's brand", "")
        assert not re.search(r"GDS Transport|crown|GOV\.UK|govuk-header|govuk-footer", text), path.name
