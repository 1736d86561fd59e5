#!/usr/bin/env python3
"""Writes backup.json from storage/backup/backup.md: manifests of backups, and what is none."""
import hashlib
import json
import os
import struct


def manifest(made_at, epoch, chain, tenants, files, magic=b"shosoin-backup", form=1):
    out = magic + struct.pack(">HQQ", form, made_at, epoch) + chain + struct.pack(">I", len(tenants))
    for tenant, seq in tenants:
        out += tenant + struct.pack(">Q", seq)
    out += struct.pack(">I", len(files))
    for name, size, digest in files:
        out += struct.pack(">H", len(name)) + name.encode() + struct.pack(">Q", size) + digest
    return sealed(out)


def sealed(body):
    return body + hashlib.sha256(body).digest()


ZERO, ONE, TWO = bytes(16), bytes([1] * 16), bytes([2] * 16)
FILES = [("appliance/data.mdb", 4096, hashlib.sha256(b"appliance").digest()),
         ("journal/00000001.jnl", 16 << 20, hashlib.sha256(b"journal").digest()),
         ("provisioning.json", 3, hashlib.sha256(b"{}\n").digest()),
         ("tenants/" + ONE.hex() + "/data.mdb", 8192, hashlib.sha256(b"one").digest()),
         ("terminal-ca.pem", 5, hashlib.sha256(b"pem").digest())]
CHAIN = hashlib.sha256(b"chain").digest()
GOOD = manifest(1795337223000, 12, CHAIN, [(ZERO, 40), (ONE, 7)], FILES)


def with_file(name):
    return manifest(1, 1, CHAIN, [(ZERO, 1)], [(name, 1, CHAIN)])


BAD = {"another magic": manifest(1, 1, CHAIN, [(ZERO, 1)], [], magic=b"shosoin-bockup"),
       "another format": manifest(1, 1, CHAIN, [(ZERO, 1)], [], form=2),
       "no appliance": manifest(1, 1, CHAIN, [(ONE, 1)], []),
       "no tenants": manifest(1, 1, CHAIN, [], []),
       "tenants out of order": manifest(1, 1, CHAIN, [(ZERO, 1), (TWO, 1), (ONE, 1)], []),
       "a tenant twice": manifest(1, 1, CHAIN, [(ZERO, 1), (ONE, 1), (ONE, 1)], []),
       "files out of order": manifest(1, 1, CHAIN, [(ZERO, 1)], FILES[::-1]),
       "a file twice": manifest(1, 1, CHAIN, [(ZERO, 1)], [FILES[0], FILES[0]]),
       "a way out": with_file("../provisioning.json"),
       "a way out of a tenant": with_file("tenants/../../data.mdb"),
       "an absolute name": with_file("/etc/passwd"),
       "a lock file": with_file("appliance/lock.mdb"),
       "a tenant in capitals": with_file("tenants/" + ONE.hex().replace("01", "0A") + "/data.mdb"),
       "a segment with seven digits": with_file("journal/0000001.jnl"),
       "bytes behind the digest": GOOD + b"\0",
       "bytes left over": sealed(GOOD[:-32] + b"\0"),
       "cut short but sealed": sealed(GOOD[:-33]),
       "a flipped bit": bytes([GOOD[0] ^ 1]) + GOOD[1:],
       "cut short": GOOD[:-1],
       "empty": b""}

if __name__ == "__main__":
    out = {"good": {"madeAt": 1795337223000, "epoch": 12, "chain": CHAIN.hex(), "digest": GOOD[-32:].hex(),
                    "tenants": [[ZERO.hex(), 40], [ONE.hex(), 7]], "files": [[name, size, digest.hex()] for name, size, digest in FILES],
                    "bytes": GOOD.hex()},
           "bad": {name: text.hex() for name, text in BAD.items()}}
    path = os.path.join(os.path.dirname(os.path.abspath(__file__)), "backup.json")
    with open(path, "w", encoding="utf-8") as file:
        json.dump(out, file, indent=1)
        file.write("\n")
