"""*Not the charity*: the plain ways to say that the charity should not be in touch, or not have their details.

Rules

- Only where the whole text says that, and nothing but courtesy beside it: whatever else a text says is read first.
- It is held and a person decides: they may mean the charity alone, or all of us.
- "I don't want charity" is a *no*, not this: somebody must be named who is to stop.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

_THE = r"(?:the|that|this|those|your|ur) charit(?:y|ies)(?: (?:people|lot|workers?))?"
_NOT = r"(?:dont|do not|didnt|did not|never|no longer|wont|will not)(?: (?:ever|really|even))?"
_REACH = (
    r"(?:contact|ring|call|phone|text|message|email|visit|bother|hassle|have|get|reach"
    r"|(?:get in touch with|speak to|talk to|write to|come round to|come near))"
)
_REACHING = (
    r"(?:contacting|ringing|calling|phoning|texting|messaging|emailing|visiting|bothering|hassling|involved"
    r"|(?:getting in touch with|speaking to|talking to|writing to|coming round|knowing))"
)
_ME = r"(?: (?:me|us|my number|our number|my details|our details))?"
_MINE = r"(?:my|our) (?:name|number|details|info|information|address)(?: (?:and|or) (?:my |our )?(?:number|details))?"
_SENT = r"(?:calls|texts|messages|contact|letters|emails)"
_FORMS = (
    rf"(?:i |we )?{_NOT} want {_THE} (?:to {_REACH}|(?:being )?{_REACHING}){_ME}",
    rf"(?:i |we )?{_NOT} want {_MINE} (?:going|given|passed|shared|sent)(?: on)? (?:to|with) {_THE}",
    rf"(?:i |we )?{_NOT} want (?:anything|nothing|owt|nowt)(?: more| else)? to do with {_THE}",
    rf"(?:i |we )?{_NOT} (?:(?:want to|wanna) hear|want (?:any more|anymore|more))(?: {_SENT})? from {_THE}",
    rf"{_NOT} let {_THE} {_REACH}{_ME}",
    rf"{_NOT} (?:give|pass|share|send|hand|put|tell) {_MINE}(?: on| over)? (?:to|with) {_THE}",
    rf"{_NOT} (?:tell|refer me to|put me in touch with) {_THE}",
    rf"(?:can you |could you |will you )?(?:tell|ask|get) {_THE} (?:to )?(?:stop|leave (?:me|us) alone|not to)"
    rf"(?: (?:{_REACH}|{_REACHING}))?{_ME}",
    rf"(?:can you |could you |will you )?stop {_THE}(?: from)? {_REACHING}{_ME}",
    rf"(?:i |we )?want {_THE} to (?:stop|leave (?:me|us) alone)(?: {_REACHING})?{_ME}",
    rf"no more {_SENT} from {_THE}",
    rf"take (?:me|us) off {_THE}(?:s)? (?:list|books)",
)
_KIND = r"(?:please|pls|plz|sorry|hi|hello|hiya|hey|no|but|ok|okay|and|thanks|thank you|thx|ta|cheers|x|xx|just|now)"
_AFTER = rf"(?:{_KIND}|again|anymore|any more|at all|ever|ever again|any longer)"
_PLAIN = re.compile(rf"(?:{_KIND} )*(?:{'|'.join(_FORMS)})(?: {_AFTER})*")


def not_the_charity(words: Sequence[str]) -> bool:
    """Whether the words of a text, in small letters and without apostrophes, say this and nothing else."""
    if not {"charity", "charities"} & set(words):
        return False
    return _PLAIN.fullmatch(" ".join(words)) is not None
