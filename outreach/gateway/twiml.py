"""The few answers we give to Twilio's webhooks, in its own markup (TwiML).

Rules
* Nothing is recorded, ever.
* No words name an organisation, a reason or a person: whoever picks up may not be whom we rang.
"""

from __future__ import annotations

from functools import cache

from twilio.twiml.voice_response import Dial, Gather, VoiceResponse  # type: ignore[import-untyped]

_VOICE = {"language": "en-GB"}
_RING_SECONDS = 30
_LONGEST_CALL_SECONDS = 2 * 60 * 60


@cache
def silence() -> str:
    return str(VoiceResponse())


def say(*paragraphs: str) -> str:
    answer = VoiceResponse()
    for paragraph in paragraphs:
        answer.say(paragraph, **_VOICE)
        answer.pause(length=1)
    answer.hangup()
    return str(answer)


def ask_to_connect(*, action: str) -> str:
    """A voicemail box presses no key, so it never rings a family."""
    answer = VoiceResponse()
    question = Gather(num_digits=1, timeout=10, action=action, method="POST")
    question.say("Your call is ready. Press any key, and we ring.", **_VOICE)
    answer.append(question)
    answer.hangup()
    return str(answer)


def ask_to_take(*, action: str) -> str:
    """A voicemail box presses no key, so it never hears, or keeps, what a caller says."""
    answer = VoiceResponse()
    question = Gather(num_digits=1, timeout=10, action=action, method="POST")
    question.say("A call has come for you. Press any key to take it.", **_VOICE)
    answer.append(question)
    answer.hangup()
    return str(answer)


def put_through(*paragraphs: str, to: str, ask_first: str, then: str) -> str:
    """The caller's own number is shown to the colleague, as when it is rung directly; nobody else's is."""
    answer = VoiceResponse()
    for paragraph in paragraphs:
        answer.say(paragraph, **_VOICE)
    dial = Dial(
        timeout=_RING_SECONDS, time_limit=_LONGEST_CALL_SECONDS, record="do-not-record", action=then, method="POST"
    )
    dial.number(to, url=ask_first, method="POST")
    answer.append(dial)
    return str(answer)


def connect(*, to: str, caller_id: str, states: str) -> str:
    answer = VoiceResponse()
    dial = Dial(
        caller_id=caller_id,
        timeout=_RING_SECONDS,
        time_limit=_LONGEST_CALL_SECONDS,
        record="do-not-record",
        answer_on_bridge=True,
    )
    dial.number(
        to,
        status_callback=states,
        status_callback_event="initiated ringing answered completed",
        status_callback_method="POST",
    )
    answer.append(dial)
    return str(answer)
