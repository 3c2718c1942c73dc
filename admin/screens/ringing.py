"""Who is ringing? Asked by POST, so that no number or name stands in an address or a log."""

from __future__ import annotations

from flask import Blueprint, render_template, request

from admin.access import actor, allow, disclose, discloses, runtime
from outreach.domain.access import Permission
from outreach.views.ringing import who_is_ringing

screen = Blueprint("ringing", __name__)
LONGEST = 80


@screen.get("/ringing")
@allow(Permission.FAMILY_READ)
@discloses()
def ask() -> str:
    return render_template("console/ringing.html", found=None, asked="")


@screen.post("/ringing")
@allow(Permission.FAMILY_READ)
@discloses("family")
def search() -> str:
    asked = request.form.get("asked", "")[:LONGEST]
    found = who_is_ringing(runtime(), actor(), asked)
    disclose("ringing", [line.id for line in found.families])
    return render_template("console/ringing.html", found=found, asked=asked)
