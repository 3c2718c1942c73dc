"""The pages and their buttons on SQLite and on PostgreSQL: what one takes silently the other may refuse."""

from __future__ import annotations

from admin.web import create_app
from outreach.domain.hold import Kind
from outreach.engine.holds import set_hold
from outreach.engine.run_cadences import run_cadences
from outreach.runtime import Runtime
from outreach.store.offers import open_offer
from tests.browsing import mark_as_demo, visitor, words
from tests.cast import ANA, BEN, CORA, EVE, a_family


def test_every_page_opens_and_every_button_works(either_runtime: Runtime) -> None:
    runtime = either_runtime
    mark_as_demo(runtime)
    app = create_app(runtime)
    family, other = a_family(runtime, "F001"), a_family(runtime, "F002", e164="+447700900102")
    run_cadences(runtime)
    with runtime.sessions.begin() as session:
        held = set_hold(session, runtime, family_id=other.id, kind=Kind.REPLY, by="system", now=runtime.now()).id
        offer = open_offer(session, family.id)
        assert offer
        offer.assigned_to = "ben"
        offer_id = offer.id
    ana, ben, cora, eve = (visitor(app, runtime, who) for who in (ANA, BEN, CORA, EVE))
    for person, path in (
        (ben, "/today"), (ben, f"/families/{family.id}"), (ben, "/rota/"), (ana, "/overview/"), (ana, "/cadence/"),
        (ana, "/cadence/edit"), (cora, "/pause"), (eve, "/referrals/"), (ben, "/account"),
    ):  # fmt: skip
        assert person.get(path).status_code == 200, path
    assert "A. R., F001" in words(ben.post("/ringing", {"asked": "07700 900101"}))
    assert "Handed back" in ben.post(f"/today/{offer_id}/hand-back", follow=True).text
    assert "is lifted" in ben.post(f"/families/{other.id}/holds/{held}/lift", {"why": "all is well"}, follow=True).text
    assert "Held." in ben.post(f"/families/{other.id}/hold", {"why": "wait"}, follow=True).text
    shift = {"area": "OXF", "staff": "cora", "weekdays": "5", "starts": "9", "ends": "12"}
    assert "Put on the rota" in ana.post("/rota/", shift, follow=True).text
    assert "Taken off" in ana.post("/rota/shift-OXF-0/take-off", follow=True).text
    assert "are paused" in cora.post("/pause", follow=True).text
    assert "go out again" in cora.post("/pause/go-on", follow=True).text
    assert ana.post("/demo/clock", {"by": "next"}).status_code == 303
    assert cora.post("/account/sign-out-everywhere").status_code == 303
    assert cora.get("/today").status_code == 303
