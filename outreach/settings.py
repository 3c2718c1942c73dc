"""Settings: read once, frozen, and every missing or wrong one named at once.

Rules
* Every name begins with ``OUTREACH_``. A default is safe in production: nothing is sent unless ``OUTREACH_MODE`` is
  ``live`` and Twilio is named.
* ``mode``: ``off`` (the console works, nothing leaves), ``live``, ``demo`` (simulated network, persona sign-in).
* The demo makes its own settings in code; ``OUTREACH_MODE=demo`` in the environment is refused, so that the demo's
  sign-in cannot be switched on by a setting.
"""

from __future__ import annotations

from datetime import date
from itertools import pairwise
from pathlib import Path
from typing import Literal, Self

from pydantic import Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict


class SettingsProblem(Exception):  # noqa: N818 - named for what it says
    """One or more settings are missing or wrong; the message names them all, without their values."""


class Settings(BaseSettings):
    model_config = SettingsConfigDict(env_prefix="OUTREACH_", frozen=True, extra="ignore", hide_input_in_errors=True)

    home: Path = Path(".outreach")
    database_url: str = ""
    """``sqlite:///…`` or ``postgresql://…``; default: a SQLite file in ``home``."""
    mode: Literal["off", "live", "demo"] = "off"
    keys: SecretStr | None = None
    """The keyring as JSON; else ``keys.json`` in ``home``."""
    public_url: str = "http://127.0.0.1:8000"
    """The address the world (and Twilio) sees, without a slash at the end; signatures are checked against it."""
    listen: str = "127.0.0.1:8000"
    fictional_numbers: Literal["allow", "refuse"] = "refuse"
    twilio_account_sid: str = ""
    twilio_auth_token: SecretStr | None = None
    twilio_auth_token_2: SecretStr | None = None
    """The second token while tokens are changed; either signs."""
    twilio_number: str = ""
    twilio_base_url: str = ""
    """Only for the simulator: a loopback address."""
    sends_in_flight: int = Field(default=8, ge=1, le=64)
    """So many texts a worker hands over at once: what the account allows (Twilio's concurrency), over all workers."""
    team_name: str = "Willow team"
    """How texts name us: true, checkable, neutral."""
    smtp_host: str = ""
    smtp_port: int = Field(default=587, ge=1, le=65535)
    smtp_user: str = ""
    smtp_password: SecretStr | None = None
    smtp_from: str = ""
    smtp_domains: tuple[str, ...] = ()
    notice_domains: tuple[str, ...] = ()
    """Of these, where a notice to a social worker may hold the least personal data it needs; else it holds none."""
    school_terms: tuple[tuple[date, date], ...] = ()
    """First and last day of each school term, oldest first, as JSON: *when schools back* needs them."""
    metrics_token: SecretStr | None = Field(default=None, min_length=16)
    """Who shows it may read ``/metrics``; without it there are none."""
    phones_url: str = ""
    """Where the simulated phones are, in the demo."""

    @property
    def demo(self) -> bool:
        return self.mode == "demo"

    @property
    def live(self) -> bool:
        return self.mode == "live"

    @property
    def url(self) -> str:
        return self.database_url or f"sqlite:///{(self.home / 'outreach.sqlite').as_posix()}"

    @property
    def on_sqlite(self) -> bool:
        return self.url.startswith("sqlite")

    @property
    def https(self) -> bool:
        return self.public_url.startswith("https://")

    @field_validator("public_url")
    @classmethod
    def _no_slash(cls, value: str) -> str:
        if not value.startswith(("http://", "https://")):
            raise ValueError("must begin with https:// (or http:// on this machine)")
        return value.rstrip("/")

    @field_validator("school_terms")
    @classmethod
    def _terms_follow_each_other(cls, value: tuple[tuple[date, date], ...]) -> tuple[tuple[date, date], ...]:
        days = [day for term in value for day in term]
        if any(one >= other for one, other in pairwise(days)):
            raise ValueError("each term must end after it begins, and before the next one begins, oldest first")
        return value

    @model_validator(mode="after")
    def _live_is_whole(self) -> Self:
        if not self.live:
            return self
        wanted = {
            "OUTREACH_KEYS": self.keys,
            "OUTREACH_TWILIO_ACCOUNT_SID": self.twilio_account_sid,
            "OUTREACH_TWILIO_AUTH_TOKEN": self.twilio_auth_token,
            "OUTREACH_TWILIO_NUMBER": self.twilio_number,
        }
        missing = [name for name, value in wanted.items() if not value]
        if not self.https:
            missing.append("OUTREACH_PUBLIC_URL (must begin with https://)")
        if self.fictional_numbers == "allow":
            missing.append("OUTREACH_FICTIONAL_NUMBERS (must not be set)")
        if missing:
            raise ValueError("live mode needs: " + ", ".join(missing))
        return self


def from_environment() -> Settings:
    """The settings of this process. Raises ``SettingsProblem``, naming everything that is wrong."""
    try:
        settings = Settings()
    except ValidationError as cause:
        raise SettingsProblem("\n".join(_said(each["loc"], each["msg"]) for each in cause.errors())) from None
    if settings.demo:
        raise SettingsProblem("OUTREACH_MODE: demo is not a setting; run outreach demo")
    return settings


def _said(place: tuple[int | str, ...], message: str) -> str:
    name = "OUTREACH_" + str(place[0]).upper() if place else "Settings"
    return f"{name}: {message.removeprefix('Value error, ')}"
