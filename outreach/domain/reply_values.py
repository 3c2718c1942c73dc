"""The values of the reply reader: what a text answers, and what was made of it.

Rules (DESIGN 4.3 and 4.6):

- An **intent** is what the writer wants; where a text holds several, the first of `PRECEDENCE` wins.
- A **signal** is a reason for a person to look. Any signal forbids `act`.
- An **action** is what software may do: `act` (safe alone), `hold` (nothing more is sent, a person is
  asked), `alert` (a person, now) or `ask_person`. Every action but `act` holds automatic texts.
- A **reply** is `none`, or the name of the one wording that would go out.
- Nothing here ever says *consented*: consent is recorded from questions asked in so many words.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum


class Intent(StrEnum):
    """What the writer of a text wants."""

    ACCEPT = "accept"
    DECLINE = "decline"
    LATER = "later"
    STOP = "stop"
    CALL = "call"
    QUESTION = "question"
    WRONG_PERSON = "wrong_person"
    DISTRESS = "distress"
    HELP = "help"
    UNCLEAR = "unclear"


PRECEDENCE: tuple[Intent, ...] = (
    Intent.DISTRESS,
    Intent.STOP,
    Intent.WRONG_PERSON,
    Intent.CALL,
    Intent.DECLINE,
    Intent.LATER,
    Intent.QUESTION,
    Intent.ACCEPT,
    Intent.HELP,
    Intent.UNCLEAR,
)


class Action(StrEnum):
    """What software may do about it."""

    ACT = "act"
    HOLD = "hold"
    ALERT = "alert"
    ASK_PERSON = "ask_person"


class Signal(StrEnum):
    """A reason for a person to look, whatever else the text says."""

    SELF_HARM = "self_harm"
    VIOLENCE = "violence"
    WATCHED = "watched"
    THIRD_PARTY = "third_party"
    CHILD_SENDER = "child_sender"
    RELEASED = "released"
    BEREAVED = "bereaved"
    NEW_CONTACT_DETAILS = "new_contact_details"


class Need(StrEnum):
    """Whose need the words speak of."""

    CHILD = "child"
    CARER = "carer"
    LEGAL = "legal"


class StopScope(StrEnum):
    """The four stops. Where the words do not tell them apart it is everything."""

    TEXTS = "texts"
    CALLS = "calls"
    CHARITY = "charity"
    EVERYTHING = "everything"


class Asked(StrEnum):
    """What the text answers."""

    OFFER = "offer"
    CHOICE = "choice"
    NOTHING = "nothing"


NO_REPLY = "none"
CRISIS = "crisis"

#: The wording that answers an intent that software may act on alone.
WORDINGS: Mapping[Intent, str] = {
    Intent.ACCEPT: "call_soon",
    Intent.CALL: "call_soon",
    Intent.LATER: "later",
    Intent.DECLINE: "decline",
    Intent.STOP: "stop",
    Intent.WRONG_PERSON: "wrong_number",
}

#: The intents that wait for one click until a coordinator switches each on (rule 8).
SWITCHED: frozenset[Intent] = frozenset({Intent.ACCEPT, Intent.LATER, Intent.DECLINE, Intent.CALL})


@dataclass(frozen=True, slots=True)
class Term:
    """One school term, or one half term: its first and its last day."""

    starts_on: date
    ends_on: date


@dataclass(frozen=True, slots=True)
class Context:
    """What a text answers, and what is known of the number that it came from.

    - `now`: aware; the moment the text came in, from which dates are counted.
    - `asked`: an offer; a conversation's question that asks for a number; or nothing that we sent.
    - `level`: text level of the number, 0 to 2. `language`: the family's, as a BCP 47 tag.
    - `by_itself`: the intents whose switch is on in the area (rule 8); stop, hold, alert need none.
    - `compromised`: somebody else holds the number (rule 3): nothing is answered.
    - `terms`, `half_terms`: the area's school terms and half terms, oldest first; without half terms they are
      reckoned. `sent`: our own latest texts, to know a quotation.
    """

    now: datetime
    asked: Asked = Asked.OFFER
    level: int = 0
    language: str = "en"
    by_itself: frozenset[Intent] = SWITCHED
    compromised: bool = False
    terms: tuple[Term, ...] = ()
    half_terms: tuple[Term, ...] = ()
    sent: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.now.tzinfo is None:
            raise ValueError("The moment of a text needs a time zone.")


@dataclass(frozen=True, slots=True)
class ProposedTime:
    """When the writer asked to be contacted, as far as the words tell.

    - `on`: the day, in Europe/London. `at`: the hour as HH:MM where one was named.
    - `exact`: the words name one day and nothing else could be meant; then it may be confirmed in
      the answer. Otherwise it is shown to a person to confirm.
    - `words`: the words it was read from.
    """

    on: date
    at: str | None
    exact: bool
    words: str

    def as_json(self) -> dict[str, object]:
        """As `outreach replies read` writes it."""
        return {"date": self.on.isoformat(), "time": self.at, "exact": self.exact, "words": self.words}


@dataclass(frozen=True, slots=True)
class Reading:
    """What the reader made of one text. `evidence` holds the words that decided."""

    intent: Intent
    action: Action
    reply: str = NO_REPLY
    needs: tuple[Need, ...] = ()
    proposed_time: ProposedTime | None = None
    signals: tuple[Signal, ...] = ()
    evidence: tuple[str, ...] = ()
    language: str = "en"
    stop_scope: StopScope | None = None
    answer: int | None = field(default=None)
    reasons: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.signals and self.action is Action.ACT:
            raise ValueError("A text with a signal is never acted on.")
