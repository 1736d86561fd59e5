"""The one request of the local socket that needs no session: whether the vault is ready (admin-api/protocol/protocol.md)."""
import json
import socket
import struct

FORMAT = 1
HEALTH = 1


def _receive(channel, size):
    data = b""
    while len(data) < size:
        piece = channel.recv(size - len(data))
        if not piece:
            raise ConnectionError("the vault closed the channel")
        data += piece
    return data


def health(path, patience=2.0):
    """The health object, or None when the vault does not answer."""
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as channel:
            channel.settimeout(patience)
            channel.connect(path)
            channel.sendall(struct.pack(">IHHQ", 12, FORMAT, HEALTH, 1))
            size = struct.unpack(">I", _receive(channel, 4))[0]
            _, status, _ = struct.unpack(">HHQ", _receive(channel, 12))
            body = _receive(channel, size - 12)
            return json.loads(body) if status == 0 else None
    except (OSError, ValueError):
        return None


def ready(path):
    told = health(path)
    return bool(told and told.get("ready"))
