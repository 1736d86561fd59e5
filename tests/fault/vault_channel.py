"""Frames to and from the vault, as the gate and the command line send them (admin-api/protocol/protocol.md)."""
import base64
import hashlib
import json
import re
import socket
import ssl
import struct

FORMAT = 1
KINDS = {"health": 1, "session-show": 12, "retrieve": 20, "import-show": 33, "erasure-list": 42, "tenant-list": 61, "terminal-add": 66,
         "status": 71, "storage-check": 72, "journal-walk": 73}
FIELDS = {"terminal": 1, "session": 2, "second-session": 3, "tenant": 20, "file": 22, "terminal-name": 24, "search-kind": 30,
          "search-value": 31, "reason": 33, "case": 34, "import-id": 40, "csr": 59}
# firmware/base/error.h, in its order: status is the place in this list, counted from 1.
SLUGS = ("bad-request", "invalid-content", "not-authenticated", "session-expired", "not-permitted", "not-found", "conflict",
         "already-logged-in", "same-person", "erased", "too-early", "too-large", "too-many", "locked", "integrity", "storage-full",
         "storage-failed", "rolled-back", "forked", "foreign-tpm", "tpm-refused", "tpm-unreachable", "unavailable", "settings", "internal",
         "repair-mode", "out-of-memory", "lost-in-restore")


def token_of(session_file):
    with open(session_file, encoding="utf-8") as file:
        text = re.search(r'token = "([^"]+)"', file.read()).group(1)
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


END = "-----END CERTIFICATE-----\n"  # the file is a chain: the terminal's own comes first


def fingerprint_of(certificate):
    with open(certificate, encoding="ascii") as file:
        return hashlib.sha256(ssl.PEM_cert_to_DER_cert(file.read().partition(END)[0] + END)).digest()


def request(kind, **fields):
    """fields: names with _ for -; texts or bytes."""
    body = b""
    named = {FIELDS[name.replace("_", "-")]: value for name, value in fields.items()}
    for number in sorted(named):
        value = named[number] if isinstance(named[number], bytes) else named[number].encode()
        body += struct.pack(">HI", number, len(value)) + value
    head = struct.pack(">HHQ", FORMAT, KINDS[kind], 7)
    return struct.pack(">I", len(head) + len(body)) + head + body


class Channel:
    """One channel, opened when it is needed."""

    def __init__(self, path, patience=60.0):
        self.path = path
        self.patience = patience
        self.socket = None

    def close(self):
        if self.socket:
            self.socket.close()
        self.socket = None

    def ask(self, frame):
        """(slug or "ok", body) or None when the vault closed the channel."""
        try:
            if self.socket is None:
                self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
                self.socket.settimeout(self.patience)
                self.socket.connect(self.path)
            self.socket.sendall(frame)
            size = struct.unpack(">I", self._receive(4))[0]
            payload = self._receive(size)
            _, status, number = struct.unpack(">HHQ", payload[:12])
            if number != 7:
                raise ConnectionError("a reply to another request")
            body = payload[12:].decode()
            return "ok" if status == 0 else SLUGS[status - 1], json.loads(body) if body else {}
        except (OSError, ConnectionError) as lost:
            self.close()
            if isinstance(lost, TimeoutError):
                raise
            return None

    def _receive(self, size):
        data = b""
        while len(data) < size:
            piece = self.socket.recv(size - len(data))
            if not piece:
                raise ConnectionError("the vault closed the channel")
            data += piece
        return data
