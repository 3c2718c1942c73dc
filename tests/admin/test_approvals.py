"""Two people sign the words, by name and by version."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

from sqlalchemy import select

from outreach.domain.access import Actor, Role
from outreach.engine import approve_wording
from outreach.engine.approve_wording import NotSigned, Signed
from outreach.runtime import Runtime
from outreach.store.conversations import ApprovalRow, approved
from outreach.store.events import EventRow
from tests.browsing import Visitor, words
from tests.cast import ANA, BEN, CORA, EVE

Be = Callable[[Actor | None], Visitor]
TEXT = {"kind": "text", "name": "offer_again_l0", "language": "en"}
PAGE = "/approvals/text/en/offer_again_l0"


def is_approved(runtime: Runtime) -> bool:
    with runtime.sessions.read() as session:
        return approved(session, version=runtime.library.wording("offer_again_l0").version, **TEXT)


def test_words_may_go_live_once_both_have_signed_and_no_longer_when_one_takes_it_back(runtime: Runtime) -> None:
    version = runtime.library.wording("offer_again_l0").version
    for who, then in ((ANA, False), (ANA, False), (CORA, True)):
        assert approve_wording.approve(runtime, who, version=version, **TEXT) == Signed(version)
        assert is_approved(runtime) is then
    assert approve_wording.withdraw(runtime, ANA, **TEXT) == 2
    assert not is_approved(runtime)
    for who in (ANA, CORA):
        approve_wording.approve(runtime, who, version=version, **TEXT)
    assert is_approved(runtime)
    with runtime.sessions.read() as session:
        names = session.scalars(select(EventRow.name).where(EventRow.name.startswith("wording_"))).all()
    assert sorted(names) == ["wording_approval_withdrawn"] * 2 + ["wording_approved"] * 4


def test_what_changed_since_it_was_shown_and_what_is_a_draft_is_not_signed(runtime: Runtime) -> None:
    other = approve_wording.approve(runtime, ANA, version="0123456789abcdef", **TEXT)
    polish = runtime.library.wording("stop", "pl").version
    draft = approve_wording.approve(runtime, ANA, kind="text", name="stop", language="pl", version=polish)
    nothing = approve_wording.approve(runtime, ANA, kind="script", name="no", language="en", version="x")
    assert isinstance(other, NotSigned)
    assert isinstance(draft, NotSigned)
    assert isinstance(nothing, NotSigned)
    assert not is_approved(runtime)


def test_the_pages_show_the_words_and_take_the_signature(be: Be, runtime: Runtime) -> None:
    ana = be(ANA)
    assert "Waits for both" in words(ana.get("/approvals"))
    shown = ana.get(PAGE)
    assert "Hello from Willow team." in words(shown)
    version = re.search(r'name="version" value="(\w+)"', shown.text)
    assert version
    signed = words(ana.post(PAGE + "/approve", {"version": version[1]}, follow=True))
    assert "Ana Coordinator, as coordinator" in signed
    assert "Approve these words" not in signed
    assert "Approve these words as supervisor" in words(be(CORA).get(PAGE))
    assert "Waits for the supervisor" in words(be(CORA).get("/approvals"))
    be(CORA).post(PAGE + "/approve", {"version": version[1]})
    assert is_approved(runtime)
    assert "Nobody yet." in words(ana.post(PAGE + "/withdraw", follow=True))
    assert not is_approved(runtime)


def test_a_script_is_read_aloud_with_its_flow_as_a_picture(be: Be) -> None:
    page = be(CORA).get("/approvals/script/en/consent")
    assert "May I also tell" in words(page)
    assert '<title id="flow-title">What may be passed on, part by part</title>' in page.text


def test_only_those_who_may_sign_and_only_what_is_there_is_found(be: Be) -> None:
    assert be(EVE).get("/approvals").status_code == 403
    assert be(BEN).post(PAGE + "/approve", {"version": "x"}).status_code == 403
    for path in ("/approvals/text/en/nothing", "/approvals/script/xx/consent", "/approvals/poem/en/consent"):
        assert be(ANA).get(path).status_code == 404


def test_what_changed_since_the_last_signature_is_shown_line_by_line(be: Be, runtime: Runtime) -> None:
    old = "Hello from {{ team }}.\nWe would like a talk.\nReply CALL and we will ring."
    with runtime.sessions.begin() as session:
        session.add(
            ApprovalRow(
                id=runtime.new_id(), version="older", role="coordinator", staff_id="ana", at=runtime.now(), words=old,
                **TEXT,
            )
        )  # fmt: skip
    page = be(CORA).get(PAGE)
    assert "Ana Coordinator signed the version before" in words(page)
    assert "Taken out: We would like a talk." in words(page)
    assert "Put in: We would like a short chat when it suits you." in words(page)
    assert "Changed since it was approved" in words(be(CORA).get("/approvals"))


def test_the_words_are_kept_with_the_signature_and_shown_as_on_a_lock_screen(be: Be, runtime: Runtime) -> None:
    version = runtime.library.wording("offer_again_l0").version
    approve_wording.approve(runtime, ANA, version=version, **TEXT)
    with runtime.sessions.read() as session:
        kept = session.scalars(select(ApprovalRow.words)).one()
    assert kept
    assert kept.splitlines()[0] == "Hello from {{ team }}."
    shown = re.search(r'po-lock__words"[^>]*>([^<]*)<', be(CORA).get(PAGE).text)
    assert shown
    assert shown[1].startswith("Hello from Willow team.")
    assert shown[1].endswith("…")


def test_nobody_signs_a_version_in_both_roles(runtime: Runtime) -> None:
    version = runtime.library.wording("offer_again_l0").version
    approve_wording.approve(runtime, ANA, version=version, **TEXT)
    promoted = replace(ANA, role=Role.SUPERVISOR)
    assert isinstance(approve_wording.approve(runtime, promoted, version=version, **TEXT), NotSigned)
    assert not is_approved(runtime)
