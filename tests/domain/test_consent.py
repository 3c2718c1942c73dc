"""The consent ledger: what entries add up to."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from outreach.domain.consent import CONTACT, PARTS, REFER, Entry, Standing, fold, stopped_since

BEGAN = datetime(2026, 1, 13, 10, tzinfo=UTC)
_counter = iter(range(10**9))


def entry(purpose: str, value: str, partner: str | None = "lantern", channel: str = "any", **more: object) -> Entry:
    n = next(_counter)
    return Entry(
        id=f"{n:09d}", purpose=purpose, value=value, at=BEGAN + timedelta(seconds=n), channel=channel,
        partner_id=partner, **more,  # type: ignore[arg-type]
    )  # fmt: skip


def test_nothing_recorded_is_nothing_agreed() -> None:
    assert fold([]) == Standing()
    assert not Standing().may_share("lantern", "share.name_number")


def test_a_referral_is_to_one_named_partner_and_part_by_part() -> None:
    standing = fold([entry(REFER, "given", authority="parental_responsibility"), entry("share.needs", "given")])
    assert standing.may_share("lantern", "share.needs")
    assert not standing.may_share("lantern", "share.children")
    assert not standing.may_share("another", "share.needs")


def test_a_withdrawal_takes_every_part_with_it_and_giving_again_gives_none_back() -> None:
    entries = [entry(REFER, "given"), entry("share.needs", "given"), entry(REFER, "withdrawn")]
    assert not fold(entries).may_share("lantern", "share.needs")
    assert not fold([*entries, entry(REFER, "given")]).may_share("lantern", "share.needs")


def test_without_authority_the_children_are_not_shared() -> None:
    agreed = [
        entry(REFER, "given", authority="informal"),
        entry("share.children", "given"),
        entry("share.name_number", "given"),
    ]
    standing = fold(agreed)
    assert standing.may_share("lantern", "share.name_number")
    assert not standing.may_share("lantern", "share.children")
    assert fold([*agreed, entry("feedback", "given", authority="special_guardianship")]).may_share(
        "lantern", "share.children"
    )


def test_a_stop_is_taken_back_by_a_person_reopening_and_by_nothing_else() -> None:
    stop = entry(CONTACT, "withdrawn", partner=None)
    assert fold([stop]).stopped == {"text", "call"}
    assert fold([stop, entry(CONTACT, "given", partner=None)]).stopped == {"text", "call"}
    assert fold([stop, entry(CONTACT, "reopened", partner=None, channel="call")]).stopped == {"text"}


entries = st.lists(
    st.builds(
        entry,
        st.sampled_from([CONTACT, REFER, *PARTS]),
        st.sampled_from(["given", "refused", "withdrawn"]),
        partner=st.sampled_from(["lantern", "another", None]),
        channel=st.sampled_from(["text", "call", "any"]),
    ),
    max_size=12,
)


@given(entries, st.randoms())
def test_the_order_of_reading_changes_nothing(ledger: list[Entry], random: object) -> None:
    shuffled = list(ledger)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert fold(shuffled) == fold(ledger)


@given(entries)
def test_nothing_is_shared_without_a_standing_yes_to_that_partner(ledger: list[Entry]) -> None:
    standing = fold(ledger)
    for partner in ("lantern", "another"):
        last = [each.value for each in ledger if each.purpose == REFER and each.partner_id == partner]
        for part in PARTS:
            if standing.may_share(partner, part):
                assert last[-1] == "given"


@given(entries)
def test_a_stop_stays_whatever_else_is_said(ledger: list[Entry]) -> None:
    stop = entry(CONTACT, "withdrawn", partner=None)
    later = [
        Entry(id=e.id, purpose=e.purpose, value=e.value, at=stop.at + timedelta(days=1), channel=e.channel)
        for e in ledger
    ]
    assert fold([stop, *later]).stopped == {"text", "call"}


def test_a_stop_counts_against_a_referral_only_where_it_came_after_the_yes_to_it() -> None:
    before, yes = entry(CONTACT, "withdrawn", partner=None, channel="text"), entry(REFER, "given")
    after, reopened = (
        entry(CONTACT, "withdrawn", partner=None, channel="text"),
        entry(CONTACT, "reopened", partner=None),
    )
    assert not stopped_since([before, yes], "lantern")
    assert stopped_since([yes, after], "lantern")
    assert not stopped_since([yes, after, reopened], "lantern")
    assert stopped_since([yes, after, entry(REFER, "given", partner="another")], "lantern")
