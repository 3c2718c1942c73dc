"""Twilio's error codes, each with what to do about it.

Sources: https://www.twilio.com/docs/api/errors and the pages of the single codes. A three-digit code is the
HTTP status of an answer that carried no code of its own. A code that is not here is `no_retry`: ask a person.
"""

from __future__ import annotations

from types import MappingProxyType

from outreach.domain.delivery import Remedy

REMEDIES = MappingProxyType(
    {
        # The number cannot be reached this way, now or later.
        21211: Remedy.PERMANENT_NUMBER,  # invalid To
        21214: Remedy.PERMANENT_NUMBER,  # To cannot be reached
        21217: Remedy.PERMANENT_NUMBER,  # not a phone number
        21614: Remedy.PERMANENT_NUMBER,  # not a mobile number
        21635: Remedy.PERMANENT_NUMBER,  # a landline
        30005: Remedy.PERMANENT_NUMBER,  # unknown destination
        30006: Remedy.PERMANENT_NUMBER,  # landline or unreachable carrier
        # They said stop to the network itself.
        21610: Remedy.OPTED_OUT,
        # These words do not pass.
        21602: Remedy.CONTENT,  # no body
        21617: Remedy.CONTENT,  # too long
        30007: Remedy.CONTENT,  # filtered by the carrier
        # The handset refuses us.
        30004: Remedy.BLOCKED_HANDSET,
        # Not taken, and safe to hand over again.
        429: Remedy.TRANSIENT,
        14107: Remedy.TRANSIENT,  # too many replies between two numbers
        20429: Remedy.TRANSIENT,  # too many requests
        21611: Remedy.TRANSIENT,  # this sender's queue is full
        30001: Remedy.TRANSIENT,  # queue overflow
        # Taken, and did not arrive: a phone that is off, congestion.
        30003: Remedy.TRANSIENT_DELIVERY,  # handset unreachable
        30008: Remedy.TRANSIENT_DELIVERY,  # unknown
        30009: Remedy.TRANSIENT_DELIVERY,  # missing segment
        30017: Remedy.TRANSIENT_DELIVERY,  # carrier congestion
        # The account has had its share.
        30023: Remedy.ACCOUNT_LIMIT,  # daily cap of the sender
        60728: Remedy.ACCOUNT_LIMIT,  # hourly cap
        63038: Remedy.ACCOUNT_LIMIT,  # daily cap
        # Something is set up wrong; every other text would meet the same.
        401: Remedy.CONFIGURATION,
        403: Remedy.CONFIGURATION,
        404: Remedy.CONFIGURATION,
        10001: Remedy.CONFIGURATION,  # account not active
        13227: Remedy.CONFIGURATION,  # voice: no permission for this country
        20003: Remedy.CONFIGURATION,  # credentials
        20005: Remedy.CONFIGURATION,  # account not active
        20404: Remedy.CONFIGURATION,  # no such account
        21212: Remedy.CONFIGURATION,  # invalid From
        21215: Remedy.CONFIGURATION,  # voice: no permission for this country
        21408: Remedy.CONFIGURATION,  # texts: no permission for this country
        21606: Remedy.CONFIGURATION,  # From cannot send texts
        21612: Remedy.CONFIGURATION,  # no route between these two numbers
        21703: Remedy.CONFIGURATION,  # messaging service without a number
        30002: Remedy.CONFIGURATION,  # account suspended
        30042: Remedy.CONFIGURATION,  # sender id
        35114: Remedy.CONFIGURATION,  # the four of scheduling, which we do not use
        35115: Remedy.CONFIGURATION,
        35118: Remedy.CONFIGURATION,
        35125: Remedy.CONFIGURATION,
        # Too late, as we asked.
        30036: Remedy.EXPIRED,
        # It may have gone out.
        20500: Remedy.UNKNOWN_OUTCOME,
        30410: Remedy.UNKNOWN_OUTCOME,  # the provider timed out
    }
)


def remedy_for(code: int | None) -> Remedy:
    """What to do about a code. None, a failure without one, is `no_retry` too."""
    return Remedy.NO_RETRY if code is None else REMEDIES.get(code, Remedy.NO_RETRY)
