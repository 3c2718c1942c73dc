"""Backup and restore, keys included."""

from __future__ import annotations

from pathlib import Path

import pytest

from outreach.domain.access import Role
from outreach.engine.manage_staff import list_people
from outreach.library.contents import Library
from outreach.runtime import Runtime
from outreach.store import backup
from outreach.store.families import carer_of
from outreach.store.keyring import Keyring, make_keyring, read_keyring
from outreach.store.sealing import unseal
from tests.cast import a_family
from tests.conftest import make_runtime
from tests.postgres import fresh_database


def _restored(url: str, folder: Path, library: Library, keyring: Keyring) -> Runtime:
    return make_runtime(url, home=folder, library=library, keyring=keyring)


@pytest.mark.parametrize("onto", ["sqlite", pytest.param("postgres", marks=pytest.mark.xdist_group("pg"))])
def test_what_was_backed_up_is_back_and_can_be_read_with_its_keys(
    runtime: Runtime, tmp_path: Path, library: Library, onto: str
) -> None:
    family = a_family(runtime, "F001", name="Amina Rivera")
    rows = backup.write(runtime.sessions, tmp_path / "night.zip")
    keys = read_keyring((tmp_path / "night.zip.keys").read_text())
    url = fresh_database() if onto == "postgres" else f"sqlite:///{tmp_path / 'again.sqlite'}"
    again = _restored(url, tmp_path, library, keys)
    assert backup.read(again.sessions, tmp_path / "night.zip") == rows
    with again.sessions.read() as session:
        carer = carer_of(session, family.id)
        assert (
            unseal(session, carer.name, key_id=family.id, table="carer", column="name", row_id=carer.id)
            == "Amina Rivera"
        )
    assert [person.role for person in list_people(again)].count(Role.PRACTITIONER) == 2
    again.sessions.close()


def test_data_and_keys_are_two_files_that_only_their_owner_reads(runtime: Runtime, tmp_path: Path) -> None:
    backup.write(runtime.sessions, tmp_path / "night.zip")
    for name in ("night.zip", "night.zip.keys"):
        assert (tmp_path / name).stat().st_mode & 0o777 == 0o600


def test_a_restore_with_other_keys_or_into_a_full_database_is_refused(
    runtime: Runtime, tmp_path: Path, library: Library
) -> None:
    backup.write(runtime.sessions, tmp_path / "night.zip")
    other = _restored(f"sqlite:///{tmp_path / 'other.sqlite'}", tmp_path, library, make_keyring())
    with pytest.raises(backup.NotRestored, match="keys are not those"):
        backup.read(other.sessions, tmp_path / "night.zip")
    other.sessions.close()
    with pytest.raises(backup.NotRestored, match="not empty"):
        backup.read(runtime.sessions, tmp_path / "night.zip")


def test_something_else_is_no_backup(runtime: Runtime, tmp_path: Path) -> None:
    (tmp_path / "photo.zip").write_bytes(b"not a zip")
    with pytest.raises(backup.NotRestored, match="not a backup"):
        backup.read(runtime.sessions, tmp_path / "photo.zip")
