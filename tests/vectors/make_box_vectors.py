#!/usr/bin/env python3
"""Writes box.json, row.json, roots.json and shares.json from the format pages alone (crypto/*.md), with Python's hashlib and
hmac, python3-cryptography's ChaCha20-Poly1305 and P-256, and a field arithmetic of its own. The C++ tests are held against them.
"""
import base64
import hashlib
import hmac
import json
import pathlib
import struct

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

HERE = pathlib.Path(__file__).parent
P256_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
ROW_SMALL, ROW_STEP = 1997, 4063


def fixed(label, size):
    """Reproducible bytes for keys, salts and ids."""
    out = b""
    for number in range(0, size, 32):
        out += hashlib.sha256(f"shosoin vector {label} {number}".encode()).digest()
    return out[:size]


def hkdf(key_material, salt, info, size):
    extracted = hmac.new(salt or bytes(32), key_material, hashlib.sha256).digest()
    out, block = b"", b""
    for number in range(1, -(-size // 32) + 1):
        block = hmac.new(extracted, block + info + bytes([number]), hashlib.sha256).digest()
        out += block
    return out[:size]


def associated_data(kind, tenant, ident, epoch, seq):
    return struct.pack(">HH16s16sQQ", kind, 1, tenant, ident, epoch, seq)


def box_case(name, kind, tenant, ident, epoch, seq, plain):
    key, salt = fixed(name + " key", 32), fixed(name + " salt", 32)
    derived = hkdf(key, salt, b"shosoin/1/" + struct.pack(">H", kind), 64)
    aad = associated_data(kind, tenant, ident, epoch, seq)
    sealed = ChaCha20Poly1305(derived[:32]).encrypt(bytes(12), plain, aad)
    return {"name": name, "kind": kind, "key": key.hex(), "salt": salt.hex(), "tenant": tenant.hex(), "id": ident.hex(),
            "epoch": epoch, "seq": seq, "aad": aad.hex(), "plain": plain.hex(),
            "box": (b"\x01" + salt + derived[32:] + sealed).hex()}


def box_cases():
    tenant, gid = fixed("tenant", 16), fixed("gid", 16)
    yield box_case("outer wrap of the appliance", 1, bytes(16), bytes(16), 7, 0, fixed("inner", 113))
    yield box_case("inner wrap", 2, tenant, gid, 6, 0, fixed("tenant epoch key", 32))
    yield box_case("generation head", 3, tenant, gid, 0, 0, b"head")
    yield box_case("block", 4, tenant, gid, 0, 49_999, fixed("block", 3999))
    yield box_case("directory", 5, tenant, gid, 0, 1, b"")
    yield box_case("delta", 6, tenant, gid, 0, 2**53, "正倉院".encode())
    yield box_case("log frame", 7, tenant, fixed("month", 16), 2**32 + 1, 2**64 - 1 >> 1, b"{}")
    yield box_case("free-standing", 9, bytes(16), bytes(range(16)), 1, 2, b"\x00" * 64)


def row_case(name, data):
    key, tenant, row_id = fixed(name + " key", 32), fixed("tenant", 16), fixed(name + " row", 16)
    whole = len(data) + 4
    size = ROW_SMALL if whole <= ROW_SMALL else -(-whole // ROW_STEP) * ROW_STEP
    plain = (struct.pack(">I", len(data)) + data).ljust(size, b"\x00")
    row = b"\x01" + ChaCha20Poly1305(key).encrypt(bytes(12), plain, associated_data(8, tenant, row_id, 0, 0))
    return {"name": name, "key": key.hex(), "tenant": tenant.hex(), "row": row_id.hex(), "data": data.hex(),
            "size": len(row), "sha256": hashlib.sha256(row).hexdigest(), "head": row[:64].hex(), "tail": row[-64:].hex()}


def row_cases():
    for name, size in [("empty", 0), ("one byte", 1), ("fullest small", 1993), ("one over small", 1994),
                       ("fullest page", 4059), ("one over a page", 4060)]:
        yield row_case(name, fixed(name, size))


def roots():
    sealed, slot, custodians = fixed("S", 32), fixed("K", 32), fixed("custodians", 32)
    salt = b"shosoin/1/custodians"
    scalar = int.from_bytes(hkdf(custodians, salt, b"signing", 48), "big") % (P256_ORDER - 1) + 1
    point = ec.derive_private_key(scalar, ec.SECP256R1()).public_key().public_numbers()
    return {"sealed_half": sealed.hex(), "slot_half": slot.hex(), "custodian_secret": custodians.hex(),
            "epoch_roots": [{"epoch": e, "root": hkdf(sealed + slot, b"shosoin/1/root", struct.pack(">Q", e), 32).hex()}
                            for e in (0, 1, 258, 2**40)],
            "custodian_auth": {p: hkdf(custodians, salt, p.encode(), 32).hex() for p in ("owner", "endorsement", "lockout")},
            "signing_scalar": scalar.to_bytes(32, "big").hex(),
            "signing_x": point.x.to_bytes(32, "big").hex(), "signing_y": point.y.to_bytes(32, "big").hex()}


def gf_multiply(left, right):
    """GF(2^8) modulo x^8 + x^4 + x^3 + x^2 + 1."""
    out = 0
    while right:
        if right & 1:
            out ^= left
        left = (left << 1) ^ (0x11D if left & 0x80 else 0)
        right >>= 1
    return out


def shares():
    secret, nonce = fixed("shared secret", 32), fixed("share nonce", 8)
    set_id = nonce + hmac.new(secret, b"shosoin/1/custodian-set" + nonce, hashlib.sha256).digest()[:8]
    square, linear = fixed("square", 32), fixed("linear", 32)
    lines = []
    for x in range(1, 6):
        body = set_id + bytes([x]) + bytes(gf_multiply(gf_multiply(a, x) ^ b, x) ^ s
                                           for a, b, s in zip(square, linear, secret))
        check = hashlib.sha256(b"shosoin-share-1" + body).digest()[:4]
        lines.append("shosoin-share-1:" + base64.b32encode(body + check).decode().rstrip("="))
    return {"secret": secret.hex(), "set_id": set_id.hex(), "shares": lines}


def write(name, content):
    (HERE / name).write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    write("box.json", list(box_cases()))
    write("row.json", list(row_cases()))
    write("roots.json", roots())
    write("shares.json", shares())
