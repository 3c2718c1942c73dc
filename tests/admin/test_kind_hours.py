"""At an unkind hour the page says when an answer will go, before it is sent and after."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

from outreach.domain.access import Actor
from outreach.runtime import Runtime
from tests.browsing import Visitor, words
from tests.cast import BEN
from tests.engine.test_kind_hours import a_thread
from tests.fakes import Clock


def test_the_page_says_at_what_hour_it_will_go(
    be: Callable[[Actor | None], Visitor], runtime: Runtime, clock: Clock
) -> None:
    family, seen = a_thread(runtime)
    form: dict[str, object] = {"seen": seen, "words": "We can ring you on Thursday."}
    ben = be(BEN)
    assert "not now." not in words(ben.post(f"/inbox/{family.number_id}/look", form))
    clock.moment = datetime(2026, 1, 13, 20, 0, tzinfo=UTC)
    looked = ben.post(f"/inbox/{family.number_id}/look", form)
    assert "It goes tomorrow at 9.30am" in words(looked)
    assert "not now." in words(looked)
    assert "Send it at that hour" in words(looked)
    sent = ben.post(f"/inbox/{family.number_id}/send", form, follow=True)
    assert "It goes tomorrow at 9.30am, at a kind hour. The thread is still yours." in sent.text
