"""Two people sign the words, by name and by version."""

from __future__ import annotations

import re
from collections.abc import Callable

from sqlalchemy import select

from outreach.domain.access import Actor
from outreach.engine import approve_wording
from outreach.engine.approve_wording import NotSigned, Signed
from outreach.runtime import Runtime
from outreach.store.conversations import approved
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
