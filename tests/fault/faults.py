"""The page that a campaign shares with the preloaded library (shim/faults.h): which call fails, and when."""
import errno
import mmap
import os
import struct

CALLS = ("write", "sync", "truncate", "allocate", "rename", "create", "remove", "memory")
PLACES = ("", "journal", "environment", "state copy", "elsewhere")
ERRORS = {"EIO": errno.EIO, "ENOSPC": errno.ENOSPC, "ENOMEM": errno.ENOMEM}
HEAD_SIZE = 40
SIZE = HEAD_SIZE + 8 * len(CALLS)


class Faults:
    def __init__(self, build, folder, name="vault"):
        self.library = os.path.join(build, "tests", "fault", "libshosoin_failing_calls.so")
        if not os.path.exists(self.library):
            raise FileNotFoundError(f"{self.library} has not been built")
        self.path = os.path.join(folder, f"faults-{name}")
        with open(self.path, "wb") as file:
            file.write(bytes(mmap.PAGESIZE))
        with open(self.path, "r+b") as file:
            self.page = mmap.mmap(file.fileno(), mmap.PAGESIZE)

    def environment(self):
        return {"LD_PRELOAD": self.library, "SHOSOIN_FAULTS": self.path}

    def _put(self, armed, call, left, error, lasting):
        self.page[0:4] = struct.pack("<I", 0)  # nobody reads half a request
        self.page[4:HEAD_SIZE] = struct.pack("<IqIIIIII", CALLS.index(call), left, ERRORS[error], int(lasting), 0, 0, 0, 0)
        self.page[HEAD_SIZE:SIZE] = bytes(SIZE - HEAD_SIZE)
        self.page[0:4] = struct.pack("<I", armed)

    def count(self):
        """From here on calls are counted and none fails."""
        self._put(1, "write", 1 << 60, "EIO", False)

    def arm(self, call, number, error, lasting=False):
        """The number-th call (from 1) fails, once or from then on."""
        self._put(1, call, number - 1, error, lasting)

    def rest(self):
        self.page[0:4] = struct.pack("<I", 0)

    def counted(self):
        return dict(zip(CALLS, struct.unpack(f"<{len(CALLS)}Q", self.page[HEAD_SIZE:SIZE])))

    def hits(self):
        return struct.unpack("<I", self.page[24:28])[0]

    def place(self):
        return PLACES[struct.unpack("<I", self.page[28:32])[0]]
