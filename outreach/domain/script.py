"""Scripts as values: what is written, what was answered, what came of it; and what can be asked of them.

Rules
- An address is ``script/step``. A target (``go``) is ``step`` in the same script, ``script/step`` in another,
  or ``return``: back to whoever entered this script.
- Facts are words under dotted keys. ``right_person`` and ``safe_to_talk`` are established by ``yes`` alone.
- A step with answers waits for one of them. A step with ``many`` takes any number, joined by commas, and
  goes on by its own ``go``. A step without answers waits for ``next``; so may an optional one, which then
  goes on by its own ``go`` and records nothing. A step with ``end`` ends on arrival.
- The answers of the start of each script named in ``uses`` are *exits*: they stand on every step.
- Those of `AT_AN_END` stand at the end of a call too: what is told at goodbye can be marked.
- What discloses is hidden until the right person and safe to talk are both established.

How they are walked is ``script_walk``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType

RIGHT_PERSON = "right_person"
SAFE_TO_TALK = "safe_to_talk"
YES = "yes"
NEXT = "next"
RETURN = "return"
RETURNED = "returned"
VOICEMAIL = "voicemail"
LEFT = "left"
CONSENT = "consent."
CONSENT_TO_REFER = "consent.refer"
GIVEN, REFUSED, LEFT_OPEN = "given", "refused", "left_open"
NEED_PRIMARY = "need.primary"
NEED_SECONDARY = "need.secondary"
NEEDS = ("child", "carer", "legal")

PURPOSES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "refer": ("refer", "share.name_number"),
        "children": ("share.children",),
        "needs": ("share.needs",),
        "safe_contact": ("share.safe_contact",),
        "feedback": ("feedback",),
    }
)
"""The parts of consent as scripts ask for them, and the purposes that the ledger keeps (`domain/consent.py`)."""

ATTEMPTS: Mapping[str, str] = MappingProxyType(
    {
        "A01": "Carer confirmed",
        "A02": "Another adult answered",
        "A03": "A child answered",
        "A04": "No answer",
        "A05": "Voicemail, none left",
        "A06": "Voicemail, neutral message left",
        "A07": "Number not in service",
        "A08": "Wrong number",
        "A09": "Call dropped",
        "A10": "Not safe, another time agreed",
        "A11": "Exit phrase used",
        "A12": "Interpreter needed",
        "A13": "Does not want to talk",
    }
)
NOT_SPOKEN = frozenset({"A02", "A03", "A04", "A05", "A06", "A07", "A08"})
"""Attempts at which nobody spoke with the carer."""
OUTCOMES: Mapping[str, str] = MappingProxyType(
    {
        "O1": "Accepted",
        "O2": "Accepted, had support before",
        "O3": "Not now",
        "O4": "Declined, may be asked again",
        "O5": "Declined, do not ask again",
        "O6": "Already supported",
        "O7": "Child is over 18",
        "O8": "Not for this family",
        "O9": "Information given, may refer themselves",
        "O10": "Thinking about it",
        "O11": "Paused, not safe",
        "stopped": "Asked us to stop",
    }
)
GATE_ENDS: Mapping[str, str] = MappingProxyType(
    {
        "G-READY": "Ready for a first contact",
        "G-HOLD": "Held until something is known",
        "G-SW-NOTIFIED": "Social worker told; waits for them",
        "G-EXCL": "Not for contact by this team",
    }
)
AT_AN_END = frozenset({"exit_unsafe", "exit_distress", "exit_child", "exit_abuse", "exit_stop"})
"""The exits that mean something once all was said."""
REFERRALS = frozenset({"O1", "O2"})
DECLINES = frozenset({"O4", "O5"})


class Kind(StrEnum):
    CALL = "call"
    VISIT = "visit"
    TEXT = "text"
    DESK = "desk"


class UnknownAnswerError(ValueError):
    """The step has no such answer."""


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer: what the button says, where it leads, what it records. Exactly one of ``go`` and ``end``;
    neither in a step with ``many``."""

    id: str
    label: str
    go: str | None = None
    end: str | None = None
    record: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Step:
    """One step. ``say`` is spoken or sent; ``guide`` is for the practitioner's eyes; ``tips`` and
    ``signposts`` name entries of the content files; ``words`` is the label of a free-text box."""

    id: str
    say: str = ""
    guide: str = ""
    tips: tuple[str, ...] = ()
    signposts: tuple[str, ...] = ()
    ask: str | None = None
    answers: tuple[Answer, ...] = ()
    many: bool = False
    optional: bool = False
    words: str | None = None
    discloses: frozenset[str] = frozenset()
    go: str | None = None
    enter: str | None = None
    then: str | None = None
    end: str | None = None

    def answer(self, answer_id: str) -> Answer | None:
        for one in self.answers:
            if one.id == answer_id:
                return one
        return None


@dataclass(frozen=True, slots=True)
class Script:
    """One script in one language. ``requires`` are facts that must be ``yes`` wherever it is entered;
    ``draft`` says what is still missing, and no draft is ever usable in live sending. ``of``: the English words that a
    translation was made from, as `script_json.spoken` has them."""

    name: str
    kind: Kind
    title: str
    language: str
    start: str
    steps: Mapping[str, Step]
    uses: tuple[str, ...] = ()
    requires: tuple[str, ...] = ()
    draft: str | None = None
    version: str = ""
    of: str | None = None


@dataclass(frozen=True, slots=True)
class Bundle:
    """A script and everything it can reach, pinned: what a call or a conversation keeps."""

    root: str
    language: str
    scripts: Mapping[str, Script]
    version: str

    @property
    def script(self) -> Script:
        return self.scripts[self.root]

    @property
    def kind(self) -> Kind:
        return self.script.kind

    @property
    def start(self) -> str:
        return f"{self.root}/{self.script.start}"

    @property
    def draft(self) -> bool:
        return any(script.draft for script in self.scripts.values())

    def step(self, address: str) -> Step:
        script, _, step = address.partition("/")
        return self.scripts[script].steps[step]

    def exits(self, address: str, *, ended: bool = False) -> tuple[Answer, ...]:
        """The answers that stand on this step without being its own, each with the address it leads to."""
        script = self.scripts[address.partition("/")[0]]
        menus = (self.scripts[name] for name in script.uses if name in self.scripts)
        every = (answer for menu in menus for answer in menu.steps[menu.start].answers)
        return tuple(answer for answer in every if not ended or answer.id in AT_AN_END)

    def exit_script(self, address: str, answer_id: str) -> str | None:
        """The script whose start holds this exit, or None where it is none."""
        for name in self.scripts[address.partition("/")[0]].uses:
            menu = self.scripts[name]
            if menu.steps[menu.start].answer(answer_id):
                return name
        return None


@dataclass(frozen=True, slots=True)
class Given:
    """One answer as it was given. ``answer`` is an answer's id, ``next``, or ids joined by commas."""

    step: str
    visit: int
    answer: str
    words: str = ""


@dataclass(frozen=True, slots=True)
class Frame:
    """Where ``return`` comes back to, and whether an exit or an ``enter`` left from there. ``ended``: an exit left from
    that end, and ``return`` is there again."""

    back: str
    is_exit: bool
    ended: str | None = None


@dataclass(frozen=True, slots=True)
class State:
    """A moment of a conversation. ``at`` is None only after a ``return`` with nobody to return to."""

    at: str | None
    frames: tuple[Frame, ...] = ()
    facts: Mapping[str, str] = field(default_factory=dict)
    visits: Mapping[str, int] = field(default_factory=dict)
    ended: str | None = None

    @property
    def visit(self) -> int:
        """Which visit to this step it is, from 1."""
        return self.visits.get(self.at or "", 0) + 1


@dataclass(frozen=True, slots=True)
class ConsentAnswered:
    """One part of consent, with the words as written in the script (placeholders unfilled)."""

    purpose: str
    value: str
    step: str
    wording: str
    version: str


@dataclass(frozen=True, slots=True)
class NeedNamed:
    kind: str
    primary: bool


@dataclass(frozen=True, slots=True)
class Recorded:
    key: str
    value: str


@dataclass(frozen=True, slots=True)
class Ended:
    outcome: str


Event = ConsentAnswered | NeedNamed | Recorded | Ended


@dataclass(frozen=True, slots=True)
class Turn:
    """One exchange that happened: the step, the answer, the facts as they were when it was asked."""

    given: Given
    step: Step
    label: str
    facts: Mapping[str, str]
    by_exit: bool


@dataclass(frozen=True, slots=True)
class Walk:
    """Where the answers lead. ``position`` is also set at an end, so that its last words can be shown;
    ``dropped`` are answers that are no longer on the way."""

    position: str | None
    visit: int
    facts: Mapping[str, str]
    events: tuple[Event, ...]
    trail: tuple[Turn, ...]
    ended: str | None
    dropped: tuple[Given, ...] = ()


def is_safe(facts: Mapping[str, str]) -> bool:
    """The right person, and safe to talk."""
    return facts.get(RIGHT_PERSON) == YES and facts.get(SAFE_TO_TALK) == YES


def visible(one: Step, facts: Mapping[str, str]) -> bool:
    """May the words of this step stand on a screen now?"""
    return not one.discloses or is_safe(facts)


def may_pass(one: Step) -> bool:
    """Does ``next`` lead on from here?"""
    return one.end is None and one.enter is None and (one.optional or not one.answers)


def required(one: Step) -> bool:
    """Is it a question that must be answered? What is only said, and what may be passed over, is not."""
    return bool(one.answers and one.ask and not one.optional)


def label_of(bundle: Bundle, address: str, answer: str) -> str:
    """The words of an answer, for the trail."""
    here = bundle.step(address)
    if answer == NEXT:
        return "Passed over" if here.answers else "Said"
    if here.many:
        chosen = [one.label for one in (here.answer(part) for part in answer.split(",")) if one]
        return ", ".join(chosen) or "None of these"
    own = here.answer(answer) or next((one for one in bundle.exits(address) if one.id == answer), None)
    return own.label if own else answer


def attempt_of(facts: Mapping[str, str], ended: str | None) -> str | None:
    """The attempt code of a call: its end where that is one, else what was recorded, else A01 once the
    carer was on the line. None where nothing is known yet."""
    if ended in ATTEMPTS:
        return ended
    recorded = facts.get("attempt")
    if recorded in ATTEMPTS:
        return recorded
    return "A01" if facts.get(RIGHT_PERSON) == YES else None


def resolve(script: str, target: str) -> str:
    """The address of a target as seen from a script."""
    return target if "/" in target else f"{script}/{target}"
