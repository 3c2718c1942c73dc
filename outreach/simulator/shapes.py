"""Twilio's JSON shapes: numbers as strings, times as RFC 2822, null where nothing is known.

Source: Twilio's OpenAPI description of the 2010-04-01 API; the tests check every answer against it.
"""

from __future__ import annotations

from datetime import datetime
from email.utils import format_datetime
from typing import Any

from outreach.simulator.network import Network
from outreach.simulator.numbering import as_people_write
from outreach.simulator.records import Call, Text
from outreach.simulator.segments import count

_MESSAGES = {
    30003: "Unreachable destination handset",
    30004: "Message blocked",
    30005: "Unknown destination handset",
    30006: "Landline or unreachable carrier",
    30007: "Message filtered",
    30008: "Unknown error",
    30036: "Validity period expired",
}


def when(moment: datetime | None) -> str | None:
    return None if moment is None else format_datetime(moment)


def message(text: Text, account_sid: str) -> dict[str, Any]:
    base = f"/2010-04-01/Accounts/{account_sid}/Messages/{text.sid}"
    return {
        "account_sid": account_sid,
        "api_version": "2010-04-01",
        "body": text.body,
        "date_created": when(text.created_at),
        "date_sent": when(text.sent_at),
        "date_updated": when(text.updated_at),
        "direction": text.direction,
        "error_code": text.error_code,
        "error_message": _MESSAGES.get(text.error_code or 0, "Unknown") if text.error_code else None,
        "from": text.sender,
        "messaging_service_sid": None,
        "num_media": "0",
        "num_segments": str(count(text.body)),
        "price": None,
        "price_unit": "USD",
        "sid": text.sid,
        "status": text.status,
        "subresource_uris": {"media": f"{base}/Media.json"},
        "to": text.recipient,
        "uri": f"{base}.json",
    }


def call(leg: Call, account_sid: str) -> dict[str, Any]:
    base = f"/2010-04-01/Accounts/{account_sid}/Calls/{leg.sid}"
    return {
        "account_sid": account_sid,
        "annotation": None,
        "answered_by": None,
        "api_version": "2010-04-01",
        "caller_name": None,
        "date_created": when(leg.created_at),
        "date_updated": when(leg.updated_at),
        "direction": leg.direction,
        "duration": None if leg.seconds is None else str(leg.seconds),
        "end_time": when(leg.ended_at),
        "forwarded_from": None,
        "from": leg.sender,
        "from_formatted": as_people_write(leg.sender),
        "group_sid": None,
        "parent_call_sid": leg.parent_sid,
        "phone_number_sid": None,
        "price": None,
        "price_unit": "USD",
        "queue_time": "0",
        "sid": leg.sid,
        "start_time": when(leg.started_at),
        "status": "queued" if leg.status == "initiated" else leg.status,
        "subresource_uris": {"recordings": f"{base}/Recordings.json"},
        "to": leg.recipient,
        "to_formatted": as_people_write(leg.recipient),
        "trunk_sid": None,
        "uri": f"{base}.json",
    }


def account(network: Network, account_sid: str) -> dict[str, Any]:
    base = f"/2010-04-01/Accounts/{account_sid}"
    return {
        "auth_token": None,
        "date_created": when(network.now()),
        "date_updated": when(network.now()),
        "friendly_name": "Simulation",
        "owner_account_sid": account_sid,
        "sid": account_sid,
        "status": "active",
        "subresource_uris": {"messages": f"{base}/Messages.json", "calls": f"{base}/Calls.json"},
        "type": "Full",
        "uri": f"{base}.json",
    }
