"""What a store lies on: on a network file system, locks may not hold between machines."""

from __future__ import annotations

import contextlib
from pathlib import Path

_NETWORK_FILE_SYSTEMS = {
    *("nfs", "nfs4", "cifs", "smb3", "smbfs", "fuse.sshfs", "9p", "afs", "lustre", "gpfs"),
    *("beegfs", "ceph", "fuse.ceph", "fuse.glusterfs", "fuse.juicefs"),
}


def network_file_system(folder: Path) -> str | None:
    """The kind of network file system that a folder lies on, or None."""
    best: tuple[int, str] = (0, "")
    with contextlib.suppress(OSError):
        here = folder.resolve()
        for line in Path("/proc/mounts").read_text().splitlines():
            _, mount, kind = line.split()[:3]
            if here.is_relative_to(mount.replace("\\040", " ")):
                best = max(best, (len(mount), kind))
    return best[1] if best[1] in _NETWORK_FILE_SYSTEMS else None
