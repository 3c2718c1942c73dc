"""Eight months with everything going wrong that may: every promise is kept, on SQLite and on PostgreSQL."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from click.testing import CliRunner
from sqlalchemy import create_engine, text

from outreach.cli import outreach
from outreach.rehearsal.house import NotEmpty
from outreach.rehearsal.households import Town
from outreach.rehearsal.rehearse import Rehearsed, rehearse
from tests import postgres

EIGHT_MONTHS = 244


def everybody_is_texted(town: Town) -> None:
    """All live in the area that texts numbers before somebody has spoken to them."""
    for one in town.households.values():
        one.area = "OXF"


def told(done: Rehearsed) -> str:
    return "\n\n".join("\n".join((one.promise, *one.story)) for one in done.broken)


def test_eight_months_keep_every_promise(tmp_path: Path) -> None:
    done = rehearse(families=25, days=EIGHT_MONTHS, seed=1, home=tmp_path, workers=2, plot=everybody_is_texted)
    assert done.kept, told(done)
    figures = done.figures
    assert figures["files_imported"] == 8
    assert figures["cadence_edits"] == 2
    for something in ("offers_by_text", "texts_from_families", "calls", "dates_given", "faults_of_the_network"):
        assert figures[something] > 5, something


@pytest.mark.postgres
@pytest.mark.xdist_group("pg")
def test_three_months_keep_every_promise_on_postgresql_with_two_workers(tmp_path: Path) -> None:
    done = rehearse(
        families=20, days=100, seed=5, home=tmp_path, workers=2, database_url=postgres.fresh_database(),
        plot=everybody_is_texted,
    )  # fmt: skip
    assert done.kept, told(done)
    assert done.figures["offers_by_text"] > 5


def test_a_database_that_is_in_use_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "real.sqlite"
    engine = create_engine(f"sqlite:///{file}")
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE family (id TEXT)"))
    with pytest.raises(NotEmpty):
        rehearse(families=1, days=40, seed=1, home=tmp_path, database_url=f"sqlite:///{file}")


def test_what_was_kept_can_be_proved_again_and_is_not_rehearsed_in_twice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in [name for name in os.environ if name.startswith("OUTREACH_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("OUTREACH_HOME", str(tmp_path / "kept"))
    asked = ["rehearse", "--families", "2", "--years", "0.1", "--keep", str(tmp_path / "kept")]
    ran = CliRunner()
    assert ran.invoke(outreach, asked).exit_code == 0
    proved = ran.invoke(outreach, ["prove", "--json"])  # by today's clock: nobody worked since the rehearsal ended
    rules = {rule["rule"]: rule["broken"] for rule in json.loads(proved.stdout)["rules"]}
    assert (rules["never_twice"], rules["chain_holds"], rules["append_only"]) == (0, 0, 0)
    again = ran.invoke(outreach, asked)
    assert (again.exit_code, "A rehearsal needs one of its own" in again.output) == (3, True)
