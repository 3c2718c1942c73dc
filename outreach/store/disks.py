"""Refuses SQLite where its locks do not hold: on a disk that other machines share.

SQLite's write lock, and its write-ahead log above all, need one machine's file locks and shared memory
(https://www.sqlite.org/wal.html: "WAL does not work over a network filesystem").
"""

from __future__ import annotations

import errno
from pathlib import Path

MOUNTS = Path("/proc/mounts")
SHARED = frozenset(
    {
        "afs", "beegfs", "ceph", "cifs", "coda", "davfs", "fuse.ceph", "fuse.ceph-fuse", "fuse.davfs2", "fuse.gcsfuse",
        "fuse.glusterfs", "fuse.rclone", "fuse.s3fs", "fuse.smbnetfs", "fuse.sshfs", "gfs2", "glusterfs", "lustre",
        "ncpfs", "nfs", "nfs4", "ocfs2", "smb3", "smbfs",
    }
)  # fmt: skip
"""File systems, as ``/proc/mounts`` names them, that lie on another machine or are shared with one."""


class SharedDiskError(OSError):
    """The database file lies on a disk that several machines share."""


def refuse_a_shared_disk(file: Path, *, mounts: Path = MOUNTS) -> None:
    """Raise ``SharedDiskError`` where ``file`` lies on one. Where nobody can say (not Linux), nothing is refused."""
    kind = file_system_of(file, mounts=mounts)
    if kind in SHARED:
        raise SharedDiskError(
            errno.EINVAL,
            f"{file.name} lies on a network file system ({kind}), where SQLite's locks do not hold and texts could go "
            "twice. Put it on a disk of this machine, or use PostgreSQL",
        )


def file_system_of(file: Path, *, mounts: Path = MOUNTS) -> str | None:
    """The kind of the file system that ``file`` is, or will be, on."""
    try:
        lines = mounts.read_text("utf-8", errors="replace").splitlines()
    except OSError:
        return None
    path, found, kind = file.absolute().resolve(), Path("/"), None
    for line in lines:
        parts = line.split()
        if len(parts) < 3:
            continue
        point = Path(parts[1].replace("\\040", " ").replace("\\011", "\t").replace("\\134", "\\"))
        if (path == point or point in path.parents) and len(point.parts) >= len(found.parts):
            found, kind = point, parts[2]  # a later mount on the same place hides the one before
    return kind
