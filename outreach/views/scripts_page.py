"""The scripts as whoever rings may read them: each as a picture of its flow; and where else families can turn.

Nothing here is anybody's data: words with their placeholders, and helplines with the day each was last checked.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from outreach.domain.access import Actor, Permission, require
from outreach.domain.intake_languages import language_name
from outreach.domain.quiet_hours import london
from outreach.domain.script import Script
from outreach.domain.script_drawing import draw
from outreach.domain.script_json import is_behind
from outreach.runtime import Runtime


@dataclass(frozen=True, slots=True)
class ScriptLine:
    name: str
    title: str
    languages: tuple[str, ...]
    """Beside English; each is a draft until a native reviewer has read it."""
    behind: tuple[str, ...] = ()
    """Those whose English was changed since."""


@dataclass(frozen=True, slots=True)
class SignpostLine:
    name: str
    phone: str
    web: str
    what: str
    last_checked: date | None
    stale: bool


@dataclass(frozen=True, slots=True)
class ScriptsPage:
    scripts: tuple[ScriptLine, ...]
    signposts: tuple[SignpostLine, ...]

    @property
    def stale(self) -> int:
        return sum(one.stale for one in self.signposts)


@dataclass(frozen=True, slots=True)
class ScriptPage:
    name: str
    title: str
    picture: str


def scripts_page(runtime: Runtime, actor: Actor) -> ScriptsPage:
    require(actor, Permission.SCRIPT_READ)
    library, today = runtime.library, london(runtime.now()).date()
    return ScriptsPage(
        scripts=tuple(
            ScriptLine(
                name,
                script.title,
                languages=_languages(library.scripts, name),
                behind=_languages(
                    {at: other for at, other in library.scripts.items() if at[0] == name and is_behind(script, other)},
                    name,
                ),
            )
            for (name, language), script in sorted(library.scripts.items(), key=lambda one: one[1].title)
            if language == "en"
        ),
        signposts=tuple(
            SignpostLine(one.name, one.phone, one.web, one.what, one.last_checked, one.is_stale(today))
            for one in sorted(library.signposts.values(), key=lambda one: (not one.is_stale(today), one.name))
        ),
    )


def _languages(scripts: Mapping[tuple[str, str], Script], name: str) -> tuple[str, ...]:
    return tuple(sorted(language_name(tag) for held, tag in scripts if held == name and tag != "en"))


def script_page(runtime: Runtime, actor: Actor, name: str) -> ScriptPage | None:
    """``None`` where there is no such script."""
    require(actor, Permission.SCRIPT_READ)
    script = runtime.library.scripts.get((name, "en"))
    return None if script is None else ScriptPage(name, script.title, draw(script))
