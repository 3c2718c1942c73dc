"""Who is asking, may they, and what do they get to see: said on each route, kept for all of them.

    @screen.get("/families/<family_id>")
    @allow(Permission.FAMILY_READ)          # or @open_to_all: sign-in, health, static files, webhooks
    @discloses("family")                    # every GET says which personal data it shows; @discloses() shows none
    def show(family_id: str) -> str:
        page = family_page(runtime(), actor(), family_id)
        disclose("family", [page.family_id])     # one event, before the page goes out
        return render_template("console/family.html", page=page)

Rules
* A route that says neither ``@allow`` nor ``@open_to_all``, or a GET that does not say ``@discloses``, stops the
  application from starting.
* A route that discloses and answers 200 without having called ``disclose`` answers 500 instead: nothing is shown
  unseen. A part of a page that is asked for again and again says ``@discloses_again``; it writes nothing.
* Who is not signed in is sent to sign in, and back afterwards; from a form of a call, back to the call. Who may not
  gets 403.
* The session is a random token in a cookie (HttpOnly, SameSite=Lax, Secure over https); its truth is in the database.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar, cast
from urllib.parse import quote

from flask import Flask, Response, abort, current_app, g, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from outreach.domain.access import Actor, NotAllowed, Permission
from outreach.engine import note_access, sign_in
from outreach.runtime import Runtime

View = TypeVar("View", bound=Callable[..., Any])


def allow(permission: Permission) -> Callable[[View], View]:
    """Only who holds ``permission`` gets in."""

    def mark(view: View) -> View:
        vars(view)["allows"] = permission
        return view

    return mark


def open_to_all(view: View) -> View:
    """Anybody gets in, signed in or not."""
    vars(view)["allows"] = None
    return view


def discloses(*kinds: str) -> Callable[[View], View]:
    """Says what personal data a page shows: ``family``, ``thread``, ``referral``, ``batch``, ``staff``, or none."""

    def mark(view: View) -> View:
        vars(view)["discloses"] = kinds
        return view

    return mark


def discloses_again(view: View) -> View:
    """A part of a page that was noted when the page was opened."""
    vars(view)["discloses"] = ()
    return view


def runtime() -> Runtime:
    return cast(Runtime, current_app.extensions["outreach"])


def actor() -> Actor:
    """The person signed in; a route with ``@allow`` always has one."""
    whose = asking()
    if whose is None or whose.needs:
        raise NotAllowed
    return whose.actor


def asking() -> sign_in.Whose | None:
    """Whose session came with this request, full or halfway; asked of the database once a request."""
    if "whose" not in g:
        token = request.cookies.get(cookie_name())
        g.whose = sign_in.who_is(runtime(), token) if token else None
    return cast("sign_in.Whose | None", g.whose)


def disclose(page: str, families: Sequence[str] = (), reason: str | None = None) -> None:
    """Write down that the person at work is shown ``families`` on ``page``; one event with the ids."""
    note_access.note_access(runtime(), actor(), page=page, families=families, reason=reason)
    g.disclosed = True


def disclosed_before() -> None:
    """What is shown was written down already, by this person, on this page: say so instead of noting it again."""
    g.disclosed = True


def cookie_name() -> str:
    return "__Host-outreach" if current_app.config["SESSION_COOKIE_SECURE"] else "outreach"


def keep_token(response: AnyResponse, token: str) -> AnyResponse:
    response.set_cookie(
        cookie_name(),
        token,
        httponly=True,
        samesite="Lax",
        secure=current_app.config["SESSION_COOKIE_SECURE"],
        path="/",
    )
    return response


def forget_token(response: AnyResponse) -> AnyResponse:
    response.delete_cookie(cookie_name(), path="/", secure=current_app.config["SESSION_COOKIE_SECURE"])
    return response


def token() -> str:
    """The token that came with this request, or nothing."""
    return request.cookies.get(cookie_name(), "")


def safe_next(target: str) -> str | None:
    """``target`` when it is a path of this console and of nothing else."""
    plain = target.startswith("/") and not target.startswith("//") and "\\" not in target and ":" not in target
    return target if plain and target.isprintable() else None


def guard(app: Flask) -> None:
    """Put the rules above in force on ``app``."""
    app.before_request(_check)
    app.after_request(_nothing_unseen)


def check_routes(app: Flask) -> None:
    """Raise, naming every route that does not say who may use it or what it shows."""
    problems = []
    for rule in app.url_map.iter_rules():
        view = app.view_functions[rule.endpoint]
        if not hasattr(view, "allows"):
            problems.append(f"{rule.rule} ({rule.endpoint}) says neither @allow nor @open_to_all")
        elif view.allows is not None and "GET" in (rule.methods or ()) and not hasattr(view, "discloses"):
            problems.append(f"{rule.rule} ({rule.endpoint}) does not say @discloses")
    if problems:
        raise RuntimeError("Routes without their rules: " + "; ".join(sorted(problems)))


def _check() -> AnyResponse | None:
    if request.endpoint is None:
        return None  # nothing is there: 404 or 405 follow
    needed = getattr(current_app.view_functions[request.endpoint], "allows", None)
    if needed is None:
        return None
    whose = asking()
    if whose is None or whose.needs:
        return _to_sign_in(whose)
    if not whose.actor.may(needed):
        abort(403)
    return None


def _to_sign_in(whose: sign_in.Whose | None) -> AnyResponse:
    if whose is not None:
        target = url_for("sign_in.code" if whose.needs == "code" else "sign_in.set_up")
    else:
        target = url_for("demo.people" if runtime().settings.demo else "sign_in.show")
        back = request.full_path.rstrip("?") if request.method == "GET" else _call_of_form()
        if back and back != "/":
            target += "?next=" + quote(back)
    if request.headers.get("HX-Request"):
        return Response(status=204, headers={"HX-Redirect": target})
    return redirect(target, 303)


def _call_of_form() -> str:
    """Somebody may be on the line: whoever signs in again in the middle of a call comes back to it."""
    call = (request.view_args or {}).get("conversation_id")
    return url_for("call.show", conversation_id=call) if call else ""


def _nothing_unseen(response: AnyResponse) -> AnyResponse:
    view = current_app.view_functions.get(request.endpoint or "")
    if getattr(view, "discloses", ()) and response.status_code == 200 and "disclosed" not in g:
        current_app.logger.error("a page was about to disclose without a note", extra={"route": request.endpoint})
        raise RuntimeError(f"{request.endpoint} shows personal data and did not say so with disclose()")
    return response
