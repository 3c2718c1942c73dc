"""``make demo``: starts the whole product in one process, says where it is, and shows what is going on."""

from __future__ import annotations

import shutil
import signal
import threading
from datetime import datetime
from pathlib import Path
from types import FrameType

from sqlalchemy import select

from outreach.demo.house import House, free_port
from outreach.demo.month import FILES, import_month, name_phones
from outreach.demo.people import PEOPLE
from outreach.domain.quiet_hours import london
from outreach.engine.beat import beat
from outreach.jobs import scheduler
from outreach.store.events import EventRow
from outreach.store.families import FamilyRow

CONSOLE_PORT, PHONES_PORT = 8765, 8766
SAYS = {
    "import_committed": "A month's file was imported.",
    "text_accepted": "A text was handed over to the network.",
    "text_received": "A text came in.",
    "text_withheld": "A text was not sent: the gate said no.",
    "offer_ended": "An offer ended.",
    "offer_moved": "An offer has a new time or way.",
    "consent_recorded": "A consent was written down.",
    "referral_made": "A referral went to the charity.",
    "referral_opened": "The charity opened a referral.",
    "stop_recorded": "Somebody said stop.",
    "alert_raised": "Somebody may be in danger: people are being told.",
    "alert_taken": "Somebody has taken the alert.",
    "hold_set": "A family is on hold.",
    "hold_lifted": "A hold was lifted.",
    "demo_clock_moved": "The clock was moved on.",
    "paused": "Paused.",
    "went_on": "It goes on.",
}


def forget(home: Path) -> None:
    """Forget the demo's data."""
    shutil.rmtree(home, ignore_errors=True)


def run(*, home: Path, database_url: str = "") -> None:
    """Run until Ctrl-C. A second run carries on with the same data."""
    stop = threading.Event()

    def leave(_signal: int, _frame: FrameType | None) -> None:
        stop.set()

    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, leave)
    print("Setting the demo up …", flush=True)
    house = House(
        home=home,
        database_url=database_url,
        console_port=free_port(CONSOLE_PORT),
        phones_port=free_port(PHONES_PORT),
    )
    running = None
    try:
        house.open()
        runtime = house.runtime
        with runtime.sessions.read() as session:
            fresh = session.scalars(select(FamilyRow.id).limit(1)).first() is None
        if fresh:
            import_month(runtime, FILES[0])
        name_phones(house)
        runtime.phone.warm_up()
        beat(runtime, "demo")
        running = scheduler(runtime, worker="demo", due_seconds=2)
        running.start()
        _say_where(house)
        _show_what_happens(house, stop)
    finally:
        print("\nStopping …", flush=True)
        if running is not None:
            running.shutdown(wait=True)
        house.close()
        print("Stopped. The data is kept: make demo carries on, make demo-reset starts over.", flush=True)


def _say_where(house: House) -> None:
    print(f"\nThe console     {house.console_url}")
    print(f"The phones      {house.simulator.url}   (what the families see; a simulation)")
    print("\nChoose whom to be on the console's first page:")
    for _, name, role, _, areas, _ in PEOPLE:
        print(f"  {name:14} {role:13} {' '.join(areas)}")
    later = "\n".join(f"  {file}" for file in FILES[1:])
    print(f"\nThe later months' files, for the coordinator to import as the clock moves on:\n{later}")
    print(f"\nIt is {_clock(house.clock())} in the demo. Ctrl-C stops it.\n", flush=True)


def _show_what_happens(house: House, stop: threading.Event) -> None:
    last = _last_event(house)
    while not stop.wait(1.0):
        with house.runtime.sessions.read() as session:
            query = select(EventRow).where(EventRow.id > last).order_by(EventRow.id).limit(50)
            rows = session.scalars(query).all()
        for row in rows:
            last = row.id
            if row.name in SAYS:
                print(f"{_clock(row.at)}  {SAYS[row.name]}{_detail(row)}", flush=True)


def _last_event(house: House) -> str:
    with house.runtime.sessions.read() as session:
        return session.scalars(select(EventRow.id).order_by(EventRow.id.desc()).limit(1)).first() or ""


def _detail(row: EventRow) -> str:
    words = [str(row.data[key]) for key in ("outcome", "kind", "why", "channel", "purpose") if row.data.get(key)]
    return f" ({', '.join(words)})" if words else ""


def _clock(moment: datetime) -> str:
    return f"{london(moment):%a %-d %b %Y %H.%M}"
