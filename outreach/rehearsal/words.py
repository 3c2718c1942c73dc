"""What families write in the rehearsal, by what they mean by it; all of it invented."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType


class Means(StrEnum):
    """``STOP`` ends texts whatever else; ``STOP_ALL`` ends every contact. ``LOOK``: a person must read it first."""

    ACCEPT = "accept"
    CALL = "call"
    CALL_AT = "call at a time"
    LATER = "later"
    NO = "no"
    STOP = "stop"
    STOP_ALL = "stop everything"
    STRANGER = "a stranger"
    SOMEBODY_ELSE = "somebody else"
    DANGER = "danger"
    LOOK = "a person should look"
    NOTHING = "nothing"


WORDS: Mapping[Means, tuple[str, ...]] = MappingProxyType(
    {
        Means.ACCEPT: ("Yes please", "yes", "Yes, that would be great", "yes pls x", "Yeah go on then"),
        Means.CALL: ("CALL", "Call", "please can you call me", "call me", "Ring me please"),
        Means.CALL_AT: (
            "call me tomorrow at 11", "Can you ring me on Thursday at 2pm", "ring me on tuesday at 10am",
            "Call me on Wednesday", "please ring monday at 1pm",
        ),
        Means.LATER: ("LATER", "Later", "not now, maybe later", "Not right now thanks", "bit busy, later please"),
        Means.NO: ("No thanks", "no thank you", "No", "Not interested thanks"),
        Means.STOP: ("STOP", "Stop", "stop texting me", "Please stop texting me", "stop.", "STOP TEXTING"),
        Means.STOP_ALL: (
            "Leave us alone. Do not text or call again", "stop contacting me", "Do not contact me again",
            "Take me off your list and do not contact us again",
        ),
        Means.STRANGER: ("wrong number", "Wrong number mate", "sorry you have the wrong number"),
        Means.SOMEBODY_ELSE: ("who is this texting my mrs", "This is her husband, who are you"),
        Means.DANGER: (
            "I can't do this anymore, I want to die", "he hits me", "he reads my texts, please be careful",
            "I'm scared of him, he's outside",
        ),
        Means.LOOK: (
            "How did you get my number?", "who is this?", "my mum is in hospital", "??", "ok",
            "can you help with a school uniform", "I moved, text me on my new number",
        ),
        Means.NOTHING: (),
    }
)  # fmt: skip
AFTER_A_STOP = ("START", "yes", "Sorry, I changed my mind, yes please", "UNSTOP", "who is this?")
"""Some write again after a stop. Nothing that software does may follow from it."""
