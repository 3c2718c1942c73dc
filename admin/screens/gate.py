"""The gate before first contact: who waits, on whom; lifting a hold, looking again, naming who may ring."""

from __future__ import annotations

from flask import Blueprint, abort, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from admin.access import actor, allow, disclose, discloses, runtime
from admin.status import tell
from outreach.domain import gate
from outreach.domain.access import Permission
from outreach.domain.gate import Stands
from outreach.domain.hold import Kind
from outreach.domain.notice import THRESHOLDS
from outreach.engine.assign import assign
from outreach.engine.holds import NotLifted, keep_hold, lift_hold, officer_answered
from outreach.engine.merge_families import merge_families, tell_apart
from outreach.engine.set_gate import Gate, NotSet, set_gate
from outreach.views.duplicates import pair_page, pairs_page
from outreach.views.gate import gate_family, gate_list, gate_page
from outreach.views.gate_of_area import gate_of_area, gates
from outreach.views.notices import family_notices, notice_counts

screen = Blueprint("gate", __name__, url_prefix="/gate")
Errors = list[tuple[str, str]]


@screen.get("/")
@allow(Permission.HOLD_LIFT)
@discloses("family")
def show() -> str:
    page = gate_page(runtime(), actor())
    disclose("gate", sorted({line.family.id for line in (*page.asked, *page.due)}))
    notices = notice_counts(runtime(), actor())
    return render_template("console/gate/show.html", page=page, notices=notices)


@screen.get("/<stands>")
@allow(Permission.HOLD_LIFT)
@discloses("family")
def families(stands: str) -> str:
    why = request.args.get("why") or None
    if stands not in set(Stands) or (why is not None and why not in {*Kind, *gate.OTHERS}):
        abort(404)
    page = gate_list(runtime(), actor(), stands=Stands(stands), why=why, page=request.args.get("page", 1, type=int))
    disclose("gate_list", [line.family.id for line in page.lines])
    return render_template("console/gate/list.html", page=page, why=why)


@screen.get("/families/<family_id>")
@allow(Permission.HOLD_LIFT)
@discloses("family")
def family(family_id: str) -> str:
    return _family(family_id, [])


@screen.post("/families/<family_id>/holds/<hold_id>/lift")
@allow(Permission.HOLD_LIFT)
def lift(family_id: str, hold_id: str) -> Response | tuple[str, int]:
    answer = lift_hold(runtime(), actor(), hold_id=hold_id, why=request.form.get("why", ""))
    if isinstance(answer, NotLifted):
        return _family(family_id, [(f"why-{hold_id}", answer.why)]), 400
    tell("You asked to lift the hold. It stands until a supervisor agrees." if answer.second_person else "Lifted.")
    return _back(family_id)


@screen.post("/families/<family_id>/holds/<hold_id>/keep")
@allow(Permission.HOLD_LIFT)
def keep(family_id: str, hold_id: str) -> Response | tuple[str, int]:
    answer = keep_hold(runtime(), actor(), hold_id=hold_id, why=request.form.get("why", ""))
    if isinstance(answer, NotLifted):
        return _family(family_id, [(f"why-{hold_id}", answer.why)]), 400
    tell(f"The hold stays. It is looked at again on {answer.day} {answer:%B}.")
    return _back(family_id)


@screen.post("/families/<family_id>/holds/<hold_id>/officer")
@allow(Permission.HOLD_LIFT)
def officer(family_id: str, hold_id: str) -> Response | tuple[str, int]:
    agrees = request.form.get("agrees") == "yes"
    words = request.form.get("words", "")
    answer = officer_answered(runtime(), actor(), hold_id=hold_id, words=words, agrees=agrees)
    if answer is not None:
        return _family(family_id, [(f"officer-{hold_id}", answer.why)]), 400
    tell("Written down. Two people can lift the hold now." if agrees else "Written down. The hold stays.")
    return _back(family_id)


@screen.post("/families/<family_id>/assign")
@allow(Permission.FAMILY_ASSIGN)
def name_practitioner(family_id: str) -> Response | tuple[str, int]:
    answer = assign(runtime(), actor(), family_id=family_id, staff_id=request.form.get("staff") or None)
    if answer is not None:
        return _family(family_id, [("staff", answer.why)]), 400
    tell("Kept. The open offer is on the same person's list.")
    return _back(family_id)


@screen.get("/duplicates")
@allow(Permission.HOLD_LIFT)
@discloses("family")
def duplicates() -> str:
    page = pairs_page(runtime(), actor())
    disclose("duplicates", sorted({line.id for pair in page.pairs for line in (pair.first, pair.second)}))
    return render_template("console/gate/duplicates.html", page=page)


@screen.get("/duplicates/<family_id>/<other_id>")
@allow(Permission.HOLD_LIFT)
@discloses("family")
def duplicate(family_id: str, other_id: str) -> str:
    return _duplicate(family_id, other_id, [])


@screen.post("/duplicates/<family_id>/<other_id>")
@allow(Permission.FAMILY_ASSIGN)
def decide_duplicate(family_id: str, other_id: str) -> Response | tuple[str, int]:
    answer, both = request.form.get("answer", ""), (family_id, other_id)
    if answer == "different":
        refused = tell_apart(runtime(), actor(), family_id=family_id, other_id=other_id)
        done = "Kept as two families. Nobody is asked again."
    elif answer in both:
        goes = other_id if answer == family_id else family_id
        refused = merge_families(runtime(), actor(), stays_id=answer, goes_id=goes)
        done = "One family now. Every stop, hold and refusal of either counts."
    else:
        return _duplicate(family_id, other_id, [("answer", "Choose what you found")]), 422
    if refused is not None:
        return _duplicate(family_id, other_id, [("answer", refused.why)]), 400
    tell(done)
    return redirect(url_for("gate.duplicates"), 303)


@screen.get("/areas")
@allow(Permission.HOLD_LIFT)
@discloses()
def areas() -> str:
    return render_template("console/gate/areas.html", areas=gates(runtime(), actor()))


@screen.get("/areas/<code>")
@allow(Permission.SETTING_EDIT)
@discloses()
def area(code: str) -> str:
    return _area(code, [])


@screen.post("/areas/<code>")
@allow(Permission.SETTING_EDIT)
def set_area(code: str) -> Response | tuple[str, int]:
    form = request.form
    answer = set_gate(
        runtime(),
        actor(),
        area=code,
        gate=Gate(
            thresholds=form.getlist("thresholds"),
            front_door=form.get("front_door", "").strip(),
            chase_days=form.get("chase_days", 0, type=int),
            champion_id=form.get("champion", ""),
            pick_up_days=form.get("pick_up_days", 0, type=int),
            partner_id=form.get("partner"),
        ),
    )
    if isinstance(answer, NotSet):
        return _area(code, list(answer.problems)), 422
    tell("Saved. The next import goes by it.")
    return redirect(url_for("gate.areas"), 303)


def _area(code: str, errors: Errors) -> str:
    page = gate_of_area(runtime(), actor(), code)
    if page is None:
        abort(404)
    said = [(code, words[0].upper() + words[1:]) for code, words in THRESHOLDS.items()]
    return render_template("console/gate/area.html", page=page, thresholds=said, errors=errors, given=request.form)


def _duplicate(family_id: str, other_id: str, errors: Errors) -> str:
    page = pair_page(runtime(), actor(), family_id, other_id)
    if page is None:
        abort(404)
    disclose("duplicate", [page.first_id, page.second_id])
    return render_template("console/gate/duplicate.html", page=page, errors=errors)


def _back(family_id: str) -> Response:
    return redirect(url_for("gate.family", family_id=family_id), 303)


def _family(family_id: str, errors: Errors) -> str:
    page = gate_family(runtime(), actor(), family_id)
    if page is None:
        abort(404)
    disclose("gate_family", [page.family_id])
    notices = family_notices(runtime(), actor(), family_id)
    return render_template("console/gate/family.html", page=page, notices=notices, errors=errors, given=request.form)
