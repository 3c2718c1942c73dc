"""Codes as a colleague would say them, for pages and print. No code is shown to a person as it is stored."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from types import MappingProxyType

from outreach.domain.phone import Phone, parse_phone

OFFER_OUTCOMES: Mapping[str, str] = MappingProxyType(
    {
        "O1": "They accepted",
        "O2": "They accepted; they had support before",
        "O3": "Not now",
        "O4": "No for now; they may be asked again",
        "O5": "No, and do not ask again",
        "O6": "They have support already",
        "O7": "The child is over 18",
        "O8": "Not for this family",
        "O9": "They have the details and may come by themselves",
        "O10": "They are thinking about it",
        "O11": "Paused: it was not safe",
        "no_reply": "No reply",
        "stopped": "They asked us to stop",
        "failed": "It could not be delivered",
        "withheld": "It was held back",
        "expired": "Its time passed",
        "superseded": "Another contact took its place",
    }
)
RELATIONSHIPS: Mapping[str, str] = MappingProxyType(
    {
        "mother": "mother",
        "father": "father",
        "grandparent": "grandparent",
        "other_relative": "relative",
        "foster_carer": "foster carer",
        "special_guardian": "special guardian",
        "other": "carer",
        "unknown": "carer (how they are related is not known)",
    }
)
CHILDREN_KNOW: Mapping[str, str] = MappingProxyType(
    {
        "all": "The children know.",
        "some": "The children know some of it: say nothing about it where they may hear.",
        "none": "The children do not know: say nothing about it where they may hear.",
    }
)
NEEDS: Mapping[str, str] = MappingProxyType({"child": "for the child", "carer": "for the carer", "legal": "legal"})
NEED_DETAILS: Mapping[str, str] = MappingProxyType(
    {
        "feelings": "feelings and worries",
        "sleep": "sleep",
        "school": "school",
        "telling": "what to tell them",
        "friends": "someone to talk to",
        "special": "special needs",
        "talk": "someone to talk to",
        "peers": "others in the same place",
        "counsel": "counselling",
        "money": "money and work",
        "home": "housing",
        "family": "the wider family",
        "rest": "a rest",
        "contact": "contact",
        "say": "parental responsibility",
        "order": "court orders",
        "aid": "legal aid",
        "release": "worry about release",
        "letter": "a letter as evidence",
    }
)
"""What was marked under *what would help*, as the buttons of the scripts say it."""
OPEN_TO: Mapping[str, str] = MappingProxyType(
    {
        "none": "not open to any service",
        "early_help": "open to early help",
        "child_in_need": "child in need",
        "child_protection": "child protection",
        "child_we_care_for": "child we care for",
        "unknown": "not known what they are open to",
    }
)
REFERRAL_STATES: Mapping[str, str] = MappingProxyType(
    {
        "sent": "New",
        "opened": "Opened",
        "accepted": "Accepted",
        "contacted": "First contact made",
        "engaged": "Taking part",
        "ended": "Ended",
        "declined": "Declined",
        "held": "Held back until somebody has looked",
        "withdrawn": "Consent withdrawn",
    }
)
ALERTS: Mapping[str, str] = MappingProxyType(
    {
        "self_harm": "They may be thinking of ending their life",
        "violence": "They may be in danger from somebody",
        "watched": "Somebody may be reading their phone",
        "third_party": "Somebody else has the phone",
        "child_sender": "A child may have written",
        "released": "The parent may be out of prison",
        "bereaved": "Somebody has died",
        "new_contact_details": "They gave new contact details",
        "help": "They wrote HELP",
        "distress": "They may be in distress",
        "child_harm": "A child may be in danger",
        "colleague": "A colleague is worried by what they wrote",
    }
)
TASKS: Mapping[str, str] = MappingProxyType(
    {
        "release_review": "The imprisoned parent is out: is it still safe to be in touch?",
        "find_number": "No number works: find another way to reach the family",
        "mend_row": "A row could not be read: mend it in the next file, or lift the hold",
        "no_longer_listed": "Not in the last file of the area: should we still be in touch?",
        "settle_unknown": "Nobody can say whether a text went out",
        "text_failed": "A text could not be delivered: look whether to ring instead",
        "which_family": "A text came from a number two families share: whose is it?",
        "who_is_it": "A text came from a number nobody knows",
        "custody_old": "What we know about the custody is old",
        "finish_consent": "They began to answer about consent and stopped: a call may be kinder",
        "duplicate": "Two families may be one: compare them at the gate",
        "not_picked_up": "Nobody has tried a family in time: give it to somebody",
        "notice_unanswered": "A social worker has not answered: ring them, and write down at the gate what they say",
        "decide_number": "Somebody else was on a number: decide whether it can be used again",
        "deceased": "Somebody in the family has died: decide what is right",
        "local_authority": "This family goes through the local authority, not through us",
        "referral_declined": "The partner cannot take a family that said yes: find out who can, and tell the family",
        "not_referred": "They said yes on a call, and no referral could be made: find out why, and tell them",
        "ask_partner": "They said no to us, and the partner has them: ask whether they mean the partner too",
        "cadence_tie": "Two cadences fit the same families equally well: say whom each is for",
        "letter_or_visit": "They cannot use the phone by voice, and may not be texted: a visit, or a letter?",
        "book_interpreter": "They need an interpreter: book one for the next call",
        "family_moved": "A file moved a family of yours to another area: is that right?",
        "finish_call": "A call was left open when the shift ended: its paperwork is still to be done",
        "debrief": "A colleague asks to talk after a call",
        "reopen": "They said stop, then something that sounds like a yes: only a person may decide",
    }
)
INTENTS: Mapping[str, str] = MappingProxyType(
    {
        "accept": "yes",
        "decline": "no",
        "later": "later",
        "stop": "stop",
        "call": "ring me",
        "question": "a question",
        "wrong_person": "wrong number",
        "distress": "distress",
        "help": "a call for help",
        "unclear": "not clear",
    }
)


def initials(name: str) -> str:
    """``J. M.`` for *Jade Moss*: the first and the last word, no more; ``no name`` where there is none."""
    words = [word for word in name.replace("-", " ").split() if word[0].isalpha()]
    chosen = words if len(words) < 2 else [words[0], words[-1]]
    return " ".join(f"{word[0].upper()}." for word in chosen) or "no name"


def number_said(e164: str) -> str:
    """A number as people write it: ``07700 900123``."""
    phone = parse_phone(e164, fictional_allowed=True)
    return phone.written if isinstance(phone, Phone) else e164


def ordinal(number: int) -> str:
    """``first``, ``second`` … ``tenth``; then ``11th``."""
    names = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth")
    return names[number - 1] if 1 <= number <= len(names) else f"{number}th"


def need_said(kind: str, detail: str | None) -> str:
    """``for the child: school``."""
    words = NEEDS.get(kind, kind)
    return f"{words}: {need_detail_said(detail)}" if detail else words


def need_detail_said(detail: str) -> str:
    """``parental responsibility`` for *say*."""
    return NEED_DETAILS.get(detail, detail.replace("_", " "))


def birth_said(born_on: str) -> str:
    """A date of birth as precisely as it is known: ``2 April 2017``, ``April 2017``, ``2017``."""
    year, month, day = ([int(part) for part in born_on.split("-")] + [0, 0])[:3]
    named = f"{date(year, month, 1):%B} {year}" if month else f"{year}"
    return f"{day} {named}" if day else named


def age_said(born_on: str, today_year: int, today_month: int, today_day: int) -> str:
    """An age as precisely as the date of birth is known: ``8``, ``about 8``."""
    parts = [int(part) for part in born_on.split("-")]
    age = today_year - parts[0]
    if len(parts) == 3:
        return str(age - ((today_month, today_day) < (parts[1], parts[2])))
    if len(parts) == 2 and parts[1] != today_month:
        return str(age - (today_month < parts[1]))
    return f"about {age}"


NOT_TAKEN = {
    "too_soon": "it came too soon after the answer before it",
    "no_answer": "it is no answer to what was asked",
    "not_asked": "that question had not reached this phone",
    "another_text_since": "we had texted something else since",
    "conversation_over": "the questions by text were over, or are no longer allowed",
    "held": "something holds texts to this family",
    "other_words": "what it is about has changed since it was asked",
}
"""Why a number that came by text is no answer about consent."""
