"""The scripts and the signposts, to read: how each call goes, and where else families can turn."""

from __future__ import annotations

from flask import Blueprint, abort, render_template
from markupsafe import Markup

from admin.access import actor, allow, discloses, runtime
from outreach.domain.access import Permission
from outreach.views.scripts_page import script_page, scripts_page

screen = Blueprint("scripts", __name__, url_prefix="/scripts")


@screen.get("/")
@allow(Permission.SCRIPT_READ)
@discloses()
def show() -> str:
    return render_template("console/scripts/list.html", page=scripts_page(runtime(), actor()))


@screen.get("/<name>")
@allow(Permission.SCRIPT_READ)
@discloses()
def one(name: str) -> str:
    page = script_page(runtime(), actor(), name)
    if page is None:
        abort(404)
    picture = Markup(page.picture)  # noqa: S704 - drawn by us from the library, every word of it escaped
    return render_template("console/scripts/one.html", page=page, picture=picture)
