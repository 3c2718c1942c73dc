"""What goes wrong, said plainly: one table from the error to the page and the log line.

Rules
* A page says what happened, that nothing was half done, and what to do. No page shows a raw error.
* The log names the route, the kind of error and the places in the code: no address, no words of the error, since
  either may carry somebody's data.
"""

from __future__ import annotations

import traceback
from dataclasses import dataclass
from pathlib import Path

from flask import Flask, current_app, request
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException

from outreach.domain.access import NotAllowed, NotThere
from outreach.engine.name_trouble import name_trouble


@dataclass(frozen=True, slots=True)
class ErrorPage:
    status: int
    title: str
    words: tuple[str, ...]


PAGES = {
    400: ErrorPage(400, "That did not arrive in one piece", ("Nothing was changed.", "Go back and try again.")),
    403: ErrorPage(
        403,
        "You may not see this",
        ("Your role does not include it. Nothing was changed.", "If it should, ask your coordinator."),
    ),
    404: ErrorPage(
        404,
        "Nothing is here",
        ("The address may be mistyped, or what stood here is gone or not yours to see.",),
    ),
    405: ErrorPage(405, "This address cannot be opened like that", ("Go to the page and use its buttons.",)),
    413: ErrorPage(413, "That is too much at once", ("Nothing was saved. A file may have 20 MB at most.",)),
    500: ErrorPage(
        500,
        "Something went wrong on our side",
        ("What you had just sent may not be saved. What was saved before is safe.", "Go back, look, and try again."),
    ),
}
FORM_IS_OLD = ErrorPage(
    400,
    "This form has been open for too long",
    ("Nothing was saved. Go back, load the page again, and send it once more.",),
)
TROUBLES = {
    "busy": ErrorPage(
        503,
        "The database is busy",
        ("Nothing was saved, and nothing is half done.", "Wait a moment, go back, and try again."),
    ),
    "gone": ErrorPage(
        503,
        "The database cannot be reached",
        (
            "Nothing was saved, and nothing is half done. No texts go out while this lasts.",
            "Tell whoever runs this service. For a family in danger, use your force's own way, not this console.",
        ),
    ),
}
RETRY_AFTER = "10"  # seconds


def page_of(error: Exception) -> ErrorPage:
    """The page for an error, by the table."""
    if isinstance(error, CSRFError):
        return FORM_IS_OLD
    if isinstance(error, NotThere):
        return PAGES[404]
    if isinstance(error, NotAllowed):
        return PAGES[403]
    if isinstance(error, HTTPException):
        code = error.code or 500
        return PAGES.get(code, PAGES[400] if code < 500 else PAGES[500])
    if name_trouble(error) == "missing":
        return PAGES[404]
    return TROUBLES.get(name_trouble(error) or "", PAGES[500])


def guard(app: Flask) -> None:
    """Answer every error of ``app`` by the table."""

    @app.errorhandler(Exception)
    def _answer(error: Exception) -> tuple[str, int, dict[str, str]] | HTTPException:
        if isinstance(error, HTTPException) and error.code is not None and error.code < 400:
            return error  # a redirect that was raised
        page = page_of(error)
        if page.status >= 500:
            _log(error, page.status)
        headers = {"Retry-After": RETRY_AFTER} if page.status == 503 else {}
        if isinstance(error, HTTPException) and error.code == 405:
            headers["Allow"] = ", ".join(getattr(error, "valid_methods", None) or ())
        return _render(page), page.status, headers


def _render(page: ErrorPage) -> str:
    # Not render_template: the frame asks the database who is here, and that may be what failed.
    return current_app.jinja_env.get_template("console/errors/page.html").render(page=page)


def _log(error: Exception, status: int) -> None:
    frames = traceback.extract_tb(error.__traceback__)
    places = [f"{Path(frame.filename).name}:{frame.lineno}" for frame in frames]
    current_app.logger.error(
        "%s in %s answered %d at %s", type(error).__name__, request.endpoint, status, " < ".join(reversed(places[-6:]))
    )
