"""SQLite is refused on a disk that several machines share, with words that say what to do."""

from __future__ import annotations

from pathlib import Path

import pytest

from outreach.store.disks import SharedDiskError, file_system_of, refuse_a_shared_disk

MOUNTS = """\
/dev/sda1 / ext4 rw 0 0
server:/export /srv nfs4 rw 0 0
/dev/sdb1 /srv/local xfs rw 0 0
//server/share /mnt/with\\040space cifs rw 0 0
"""


@pytest.fixture
def mounts(tmp_path: Path) -> Path:
    file = tmp_path / "mounts"
    file.write_text(MOUNTS, "utf-8")
    return file


@pytest.mark.parametrize(
    ("file", "kind"),
    [
        ("/home/outreach.sqlite", "ext4"),
        ("/srv/outreach/outreach.sqlite", "nfs4"),
        ("/srv/local/outreach.sqlite", "xfs"),
        ("/srvother/outreach.sqlite", "ext4"),
        ("/mnt/with space/outreach.sqlite", "cifs"),
    ],
)
def test_a_file_is_on_the_mount_that_is_nearest_to_it(mounts: Path, file: str, kind: str) -> None:
    assert file_system_of(Path(file), mounts=mounts) == kind


def test_a_network_disk_is_refused_and_named(mounts: Path) -> None:
    with pytest.raises(SharedDiskError, match=r"nfs4.*PostgreSQL"):
        refuse_a_shared_disk(Path("/srv/outreach.sqlite"), mounts=mounts)
    refuse_a_shared_disk(Path("/srv/local/outreach.sqlite"), mounts=mounts)


def test_where_nobody_can_say_nothing_is_refused(tmp_path: Path) -> None:
    refuse_a_shared_disk(Path("/srv/outreach.sqlite"), mounts=tmp_path / "missing")
