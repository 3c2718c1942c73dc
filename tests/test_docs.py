"""What the documents say is there: each command, each link, each picture, each setting."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import click

from admin.web import create_app
from outreach.bootstrap import ROOT
from outreach.cli import outreach
from outreach.runtime import Runtime
from outreach.settings import Settings

PAGES = sorted(
    page
    for pattern in ("*.md", "docs/**/*.md", "scripts_library/*.md", "outreach/**/*.md", "benchmarks/*.md")
    for page in ROOT.glob(pattern)
)
SHELL_ENDS = ("#", "|", ">", "&&", ";")


def named(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


def code(page: Path) -> Iterator[str]:
    """Every line of the page's code blocks, and every word of code inside a sentence."""
    text = page.read_text("utf-8")
    for block in re.findall(r"^```\w*\n(.*?)^```", text, re.S | re.M):
        yield from block.splitlines()
    yield from re.findall(r"`([^`\n]+)`", re.sub(r"^```.*?^```", "", text, flags=re.S | re.M))


def words_of(line: str) -> list[str]:
    """The words of one command, up to a comment, a pipe or the next command."""
    words: list[str] = []
    for word in shlex.split(line.replace("'", "\\'") if line.count("'") % 2 else line, comments=True):
        if word in SHELL_ENDS:
            break
        words.append(word)
    return words


def commands() -> Iterator[tuple[str, list[str]]]:
    """The commands that the documents show. The changelog also names what is still to come."""
    for page in PAGES:
        if named(page) == "CHANGELOG.md":
            continue
        for line in code(page):
            found = re.match(r"(?:\$ )?(?:[A-Z_]+=\S+ )*(?:\.venv/bin/)?outreach(?= |$)(.*)", line.strip())
            if found and not re.search(r"[│┌|]  |\.\.\. *$", line):
                yield named(page), words_of(found[1])


def makes() -> Iterator[tuple[str, str]]:
    for page in PAGES:
        for line in code(page):
            for target in re.findall(r"\bmake ([a-z][a-z-]*)", line):
                yield named(page), target


def links() -> Iterator[tuple[Path, str]]:
    for page in PAGES:
        prose = re.sub(r"^```.*?^```", "", page.read_text("utf-8"), flags=re.S | re.M)
        for target in re.findall(r"\]\(([^)\s]+)\)", prose):
            if not re.match(r"[a-z]+:", target):
                yield page, target


def refused(words: list[str]) -> str:
    """Why the command line does not know these words; empty where it does. Nothing is run, and no file is opened."""
    command: click.Command = outreach
    while words and isinstance(command, click.Group):
        if words[0].startswith("-"):
            return "" if words[0] in ("--help", "-h", "--version") else f"outreach has no {words[0]}"
        if "|" in words[0]:  # written as a choice: check|play|draw
            return " ".join(why for each in words[0].split("|") if (why := refused_in(command, each)))
        if why := refused_in(command, words[0]):
            return why
        found = command.get_command(click.Context(command), words[0])
        assert found is not None
        command, words = found, words[1:]
    if "--help" in words or isinstance(command, click.Group):
        return ""
    known = {option for each in command.params if isinstance(each, click.Option) for option in each.opts}
    asked = {word.partition("=")[0] for word in words if word.startswith("--")}
    return f"{command.name} has no {', '.join(sorted(asked - known))}" if asked - known else ""


def refused_in(group: click.Group, name: str) -> str:
    return "" if group.get_command(click.Context(group), name) else f"there is no {group.name or 'outreach'} {name}"


def test_every_command_in_the_documents_is_one_that_there_is() -> None:
    assert [f"{page}: {why}" for page, words in commands() if (why := refused(words))] == []


def test_the_documents_show_the_commands_that_matter() -> None:
    shown = {words[0] for _, words in commands() if words}
    assert shown >= {"demo", "serve", "worker", "tick", "db", "import", "user", "audit", "cadence", "scripts"}
    assert refused(["no-such-command"]) != ""
    assert refused(["import", "a.csv", "--no-such-option"]) != ""


def test_every_make_target_in_the_documents_is_in_the_makefile() -> None:
    there = set(re.findall(r"^([a-z][a-z-]*):", (ROOT / "Makefile").read_text("utf-8"), re.M))
    assert [f"{page}: make {target}" for page, target in makes() if target not in there] == []


def test_every_link_leads_somewhere_in_the_project() -> None:
    assert [f"{named(page)}: {target}" for page, target in links() if not leads_somewhere(page, target)] == []


def leads_somewhere(page: Path, target: str) -> bool:
    path, _, anchor = target.partition("#")
    there = (page.parent / path).resolve() if path else page
    if not there.exists() or not there.is_relative_to(ROOT):
        return False
    headings = re.findall(r"^#+ (.+)$", there.read_text("utf-8"), re.M) if anchor else []
    slugs = {re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-") for heading in headings}
    return not anchor or anchor in slugs


def test_every_picture_of_the_readme_is_a_picture() -> None:
    pictures = re.findall(r"!\[([^\]]*)\]\(([^)]+)\)", (ROOT / "README.md").read_text("utf-8"))
    assert pictures
    for says, path in pictures:
        assert len(says) > 10, "a picture is described to those who do not see it"
        assert (ROOT / path).read_bytes().startswith((b"\x89PNG\r\n", b"\xff\xd8\xff"))
        assert (ROOT / path).stat().st_size < 300_000


def test_every_setting_that_running_names_is_one_and_every_one_is_named() -> None:
    """In the table, ``…_PORT`` after ``OUTREACH_SMTP_HOST`` is short for ``OUTREACH_SMTP_PORT``."""
    text = (ROOT / "docs" / "running.md").read_text("utf-8")
    fields = {f"OUTREACH_{name.upper()}" for name in Settings.model_fields}
    named_in_table: set[str] = set()
    for row in re.findall(r"^\| (`OUTREACH_.*?) \|", text, re.M):
        first, *short = re.findall(r"`([A-Z0-9_…]+)`", row)
        stem = "_".join(first.split("_")[:2])
        named_in_table |= {first, *(each.replace("…", stem) for each in short)}
    for_the_demo_alone = {"OUTREACH_TWILIO_BASE_URL", "OUTREACH_PHONES_URL", "OUTREACH_FICTIONAL_NUMBERS"}
    assert named_in_table == fields - for_the_demo_alone
    assert set(re.findall(r"OUTREACH_[A-Z0-9_]*[A-Z0-9]", text)) <= fields


def test_every_address_that_running_names_is_one_of_the_consoles(runtime: Runtime) -> None:
    text = (ROOT / "docs" / "running.md").read_text("utf-8")
    named_there = set(re.findall(r"`(?:https://…)?(/(?!backups)[a-z][a-z/-]*)`", text))
    assert named_there >= {"/health", "/hooks/twilio/inbound", "/hooks/twilio/voice"}
    assert named_there <= {rule.rule for rule in create_app(runtime).url_map.iter_rules()}


def test_the_default_of_each_setting_is_the_one_that_is_said() -> None:
    text = (ROOT / "docs" / "running.md").read_text("utf-8")
    for name in ("mode", "public_url", "listen", "team_name"):
        row = re.search(rf"^\| `OUTREACH_{name.upper()}` \|.*\| `([^`]+)` \|$", text, re.M)
        assert row, name
        assert row[1] == str(Settings.model_fields[name].default)
