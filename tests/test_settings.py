"""Settings: everything wrong is named at once, and live mode refuses to start without what it needs."""

from __future__ import annotations

from datetime import date

import pytest

from outreach.settings import Settings, SettingsProblem, from_environment


@pytest.fixture(autouse=True)
def _bare(monkeypatch: pytest.MonkeyPatch) -> None:
    import os

    for name in [name for name in os.environ if name.startswith("OUTREACH_")]:
        monkeypatch.delenv(name)


def test_without_any_setting_nothing_leaves_and_fictional_numbers_are_refused() -> None:
    settings = from_environment()
    assert (settings.mode, settings.fictional_numbers, settings.demo) == ("off", "refuse", False)


def test_live_mode_names_everything_that_is_missing_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OUTREACH_MODE", "live")
    with pytest.raises(SettingsProblem) as fault:
        from_environment()
    for name in ("OUTREACH_KEYS", "TWILIO_ACCOUNT_SID", "TWILIO_AUTH_TOKEN", "TWILIO_NUMBER", "PUBLIC_URL"):
        assert name in str(fault.value)


def test_the_demo_cannot_be_switched_on_by_a_setting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OUTREACH_MODE", "demo")
    with pytest.raises(SettingsProblem, match="outreach demo"):
        from_environment()


def test_a_wrong_value_is_named_without_being_repeated(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OUTREACH_MODE", "sideways")
    monkeypatch.setenv("OUTREACH_SMTP_PORT", "many")
    with pytest.raises(SettingsProblem) as fault:
        from_environment()
    assert "OUTREACH_MODE" in str(fault.value)
    assert "OUTREACH_SMTP_PORT" in str(fault.value)
    assert "sideways" not in str(fault.value)


def test_school_terms_come_as_json_oldest_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OUTREACH_SCHOOL_TERMS", '[["2026-01-05", "2026-02-13"], ["2026-02-23", "2026-03-27"]]')
    assert from_environment().school_terms == (
        (date(2026, 1, 5), date(2026, 2, 13)),
        (date(2026, 2, 23), date(2026, 3, 27)),
    )


@pytest.mark.parametrize(
    "terms",
    [
        '[["2026-02-13", "2026-01-05"]]',
        '[["2026-02-23", "2026-03-27"], ["2026-01-05", "2026-02-13"]]',
        '[["2026-01-05", "2026-02-13"], ["2026-02-10", "2026-03-27"]]',
    ],
    ids=["ends before it begins", "not oldest first", "one in another"],
)
def test_school_terms_that_cannot_be_are_refused_in_words(monkeypatch: pytest.MonkeyPatch, terms: str) -> None:
    monkeypatch.setenv("OUTREACH_SCHOOL_TERMS", terms)
    with pytest.raises(SettingsProblem, match=r"OUTREACH_SCHOOL_TERMS: each term must end after it begins"):
        from_environment()


def test_a_secret_does_not_show_when_settings_are_printed() -> None:
    assert "hidden-thing" not in repr(Settings(twilio_auth_token="hidden-thing"))  # type: ignore[arg-type]
