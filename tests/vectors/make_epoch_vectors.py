#!/usr/bin/env python3
"""Writes epoch.json and generations.json from the format pages alone (storage/erasure/epochs.md, certificate.md,
storage/generations/generations.md), with Python's struct and hashlib and the boxes of make_box_vectors.py. The C++ tests are held
against them.
"""
import hashlib
import json
import pathlib
import struct

from make_box_vectors import box_case, fixed

HERE = pathlib.Path(__file__).parent


def sha256(*parts):
    return hashlib.sha256(b"".join(parts)).digest()


def blob16(data):
    return struct.pack(">H", len(data)) + data


def blob32(data):
    return struct.pack(">I", len(data)) + data


def merkle_root(leaves):
    """RFC 6962, section 2.1."""
    if not leaves:
        return sha256()
    if len(leaves) == 1:
        return leaves[0]
    split = 1
    while split * 2 < len(leaves):
        split *= 2
    return sha256(b"\x01", merkle_root(leaves[:split]), merkle_root(leaves[split:]))


def sealed(name, kind, tenant, ident, epoch, seq, plain):
    case = box_case(name, kind, tenant, ident, epoch, seq, plain)
    return {"key": case["key"], "salt": case["salt"], "plain": plain.hex(), "box": case["box"]}


def epochs():
    tenant, other, gid, attempt = fixed("tenant", 16), fixed("other tenant", 16), fixed("gid", 16), fixed("attempt", 16)
    previous_x, slot_digest = fixed("previous X", 32), sha256(fixed("K", 32))
    rows = [(fixed(f"record {i // 2}", 16), fixed(f"row {i}", 16), sha256(fixed(f"row bytes {i}", 40))) for i in range(3)]
    leaves = [sha256(b"\x00", tenant, row, digest) for _, row, digest in rows]
    tenants = sorted([
        (bytes(16), fixed("gid zero", 16), fixed("root zero", 32), 41, fixed("log head zero", 32), 0, merkle_root([])),
        (tenant, gid, fixed("root", 32), 5000, fixed("log head", 32), 3, merkle_root(leaves)),
        (other, fixed("gid other", 16), fixed("root other", 32), 7, bytes(32), 0, merkle_root([]))])
    manifest = struct.pack(">HQ16s32sQB32sI", 1, 7, attempt, previous_x, 1006, 1, slot_digest, len(tenants))
    for row in tenants:
        manifest += struct.pack(">16s16s32sQ32sI32s", *row)
    # One that removes the last of the tenants: format 2, a byte more for each.
    removing = struct.pack(">HQ16s32sQB32sI", 2, 7, attempt, previous_x, 1006, 1, slot_digest, len(tenants))
    gone = tenants[-1][0]
    for row in tenants:
        stays = row[0] != gone
        removing += struct.pack(">16s16s32sQ32sI32sB", row[0], *(row[1:4] if stays else (bytes(16), bytes(32), 0)), *row[4:],
                                0 if stays else 1)
    digest = sha256(manifest)
    current_x = sha256(previous_x, digest)
    blob = fixed("sealed root", 300)
    state = struct.pack(">HQ16s32s32sQ", 1, 7, attempt, previous_x, current_x, 1007) + blob32(blob) + blob32(manifest)
    attestations = [fixed(f"{name} {part}", size) for name in ("chain", "counter", "slot")
                    for part, size in (("statement", 145), ("signature", 72))]
    quote, certified = fixed("quote", 200), "2026-11-22T14:03:05.123+09:00"
    evidence = (struct.pack(">H", 1) + blob32(manifest) + previous_x + current_x + b"".join(map(blob16, attestations)) +
                blob16(quote) + blob16(certified.encode()))
    evidence_copy = b"shosoin-evidence-1" + blob32(evidence)
    evidence_copy += hashlib.sha256(evidence_copy).digest()
    line = b"shosoin-sequence-line-1" + struct.pack(">Q", 3 << 32)
    line += hashlib.sha256(line).digest()
    # State copy, format 2: a generation's file, and the state that names it.
    boxes = [(2, gid + struct.pack(">Q", 0), fixed("block 0", 120)), (2, gid + struct.pack(">Q", 1), fixed("block 1", 90)),
             (1, gid + struct.pack(">I", 0), fixed("directory part", 60)), (1, gid, fixed("header", 70))]
    opening = b"shosoin-generation-1" + tenant + gid
    running, generation_file = sha256(opening), opening
    for kind, key, box in boxes:
        running = sha256(running, bytes([kind]), struct.pack(">H", len(key)), key, sha256(b"\x00", box))
        generation_file += bytes([kind]) + blob16(key) + blob32(box)
    generation_file += b"\x00" + running
    pairs = lambda items: struct.pack(">Q", len(items)) + b"".join(blob16(k) + blob32(v) for k, v in items)
    table_rows = [(struct.pack(">Q", 7) + tenant, fixed("table row", 80))]
    delta_rows = [(gid + struct.pack(">Q", 41), fixed("delta row", 50))]
    state_copy = (b"shosoin-state-copy-2" + blob32(state) + pairs(table_rows) + struct.pack(">I", 1) + tenant + gid +
                  struct.pack(">QQ", 41, len(generation_file)) + running + pairs(delta_rows))
    state_copy += hashlib.sha256(state_copy).digest()
    inner = sealed("table inner", 2, tenant, bytes(16), 6, 0, fixed("tenant epoch key", 32))
    row = (struct.pack(">H16sQ", 1, gid, 6) + blob16(bytes.fromhex(inner["box"])) +
           struct.pack(">32sQ32s", fixed("root", 32), 5000, fixed("log head", 32)))
    outer = sealed("table outer", 1, tenant, bytes(16), 7, 0, row)
    declaration = '{"count":2,"recordFile":"honnin-kakunin-joho"}'
    body = (struct.pack(">H", 1) + blob32(declaration.encode()) + tenant + struct.pack(">QI", 7, 1) +
            struct.pack(">I", len(rows)) + b"".join(a + b + c for a, b, c in rows) +
            struct.pack(">I", len(leaves)) + b"".join(leaves))
    removal_declaration = '{"tenant":{"localGovernmentCode":"132101"}}'
    removal_body = struct.pack(">H", 2) + blob32(removal_declaration.encode()) + gone + struct.pack(">QI", 7, 1)
    removed_serial, removed_at = sha256(removing, struct.pack(">I", 1)).hex(), "2026-11-22T14:03:05.123+09:00"
    removed = (struct.pack(">H", 1) + blob16(b"132101") + blob16("小金井市".encode()) + struct.pack(">Q", 7) +
               blob16(removed_serial.encode()) + struct.pack(">I", 12) + blob16(removed_at.encode()))
    auth, seal = fixed("tenant authorisation", 32), fixed("tenant seal blob", 250)
    entry = struct.pack(">H", 1) + blob16(b"132101") + blob16("小金井市".encode()) + blob16(seal) + auth
    return {
        "note": "Epoch formats 1 (storage/erasure/epochs.md, certificate.md), written by make_epoch_vectors.py from the pages.",
        "tenant": tenant.hex(), "gid": gid.hex(), "attempt": attempt.hex(), "previousX": previous_x.hex(),
        "currentX": current_x.hex(), "slotDigest": slot_digest.hex(), "counterBefore": 1006, "epoch": 7,
        "tenants": [{"tenant": t.hex(), "gid": g.hex(), "root": r.hex(), "entries": n, "logHead": h.hex(), "erased": c,
                     "erasedRoot": e.hex()} for t, g, r, n, h, c, e in tenants],
        "manifest": manifest.hex(), "manifestDigest": digest.hex(),
        "shredValue": sha256(b"shred", manifest).hex(),
        "serials": [sha256(manifest, struct.pack(">I", index)).hex() for index in (0, 1)],
        "sealedRoot": blob.hex(), "state": state.hex(),
        "attestations": [item.hex() for item in attestations], "quote": quote.hex(), "certifiedAt": certified,
        "evidence": evidence.hex(), "evidenceCopy": evidence_copy.hex(), "sequenceLine": line.hex(),
        "generationFile": generation_file.hex(), "stateCopy": state_copy.hex(),
        "boxes": [{"kind": kind, "key": key.hex(), "box": box.hex()} for kind, key, box in boxes], "inner": inner, "outer": outer,
        "rows": [{"record": a.hex(), "row": b.hex(), "digest": c.hex()} for a, b, c in rows],
        "leaves": [leaf.hex() for leaf in leaves], "declaration": declaration, "body": body.hex(),
        "removing": {"tenant": gone.hex(), "manifest": removing.hex(), "declaration": removal_declaration,
                     "body": removal_body.hex(), "serial": removed_serial, "removedAt": removed_at, "entry": removed.hex()},
        "tenantEntry": {"code": "132101", "name": "小金井市", "seal": seal.hex(), "auth": auth.hex(), "bytes": entry.hex()},
    }


def entry_bytes(table, key, value):
    return struct.pack(">H", table) + blob16(key) + bytes([value is not None]) + blob32(value or b"")


def generations():
    tenant, gid, month = fixed("tenant", 16), fixed("gid", 16), fixed("month key", 16)
    record = fixed("record", 16)
    place = (struct.pack(">H", 1) + blob16(b"honnin-kakunin-joho") + fixed("import", 16) + blob16(b"000000000000012") +
             blob16(b"") + fixed("row", 16) + fixed("row key", 32) + fixed("number row", 16) + fixed("number key", 32) +
             struct.pack(">I", 3))
    change = (struct.pack(">HB", 1, 2) + b"2026-11-01" + struct.pack(">Q", 1795323785123) + fixed("former row", 16) +
              fixed("former key", 32) + fixed("present row", 16) + fixed("present key", 32) + fixed("former token", 32) +
              fixed("present token", 32))
    change_key = b"000000000000042\0" + fixed("change", 16)
    later = (struct.pack(">H", 2) + blob16(b"jido-teate") + fixed("import", 16) + blob16("000000000000012".encode()) +
             blob16(b"987654321098765") + fixed("row", 16) + fixed("row key", 32) + bytes(48) + struct.pack(">I", 1) +
             struct.pack(">HIB", 5, 70001, 1) + fixed("source row", 16) + fixed("source key", 32))
    entries = [(1, record, place), (2, b"\x01" + "カツラギ".encode() + record, b""), (10, b"name", None)]
    encoded = [entry_bytes(*entry) for entry in entries]
    block = b"".join(encoded).ljust(3999, b"\x00")
    row = b"".join(encoded).ljust(1933, b"\x00")
    directory = struct.pack(">H", 1) + blob16(record) + struct.pack(">H", 2) + blob16(b"\x01")
    head = struct.pack(">H32sQQQI32s", 1, fixed("root", 32), 2, 3, 12, 1, fixed("number secret", 32))
    text = '{"operation":"retrieved"}'
    line = (struct.pack(">HQQ", 1, 9, 1795323785123) + blob32(text.encode())).ljust(256, b"\x00")
    first = sealed("block 0", 4, tenant, gid, 0, 0, block)
    second = sealed("block 1", 4, tenant, gid, 0, 1, block)
    leaves = [sha256(b"\x00", bytes.fromhex(item["box"])) for item in (first, second)]
    outbox_key, draft = struct.pack(">Q", 12), fixed("draft", 120)
    return {
        "plainRow": {"table": 5, "key": outbox_key.hex(), "value": draft.hex(),
                     "stored": (draft + sha256(b"shosoin/plain-row", struct.pack(">H", 5), blob16(outbox_key), draft)).hex()},
        "note": "Generation formats 1 (storage/generations/generations.md), written by make_epoch_vectors.py from the page.",
        "tenant": tenant.hex(), "gid": gid.hex(), "monthKey": month.hex(), "record": record.hex(), "recordEntry": place.hex(),
        "numberChange": change.hex(), "numberChangeKey": change_key.hex(),
        "recordEntryOfATable": later.hex(),
        "entries": [{"table": t, "key": k.hex(), "value": None if v is None else v.hex(), "bytes": b.hex()}
                    for (t, k, v), b in zip(entries, encoded)],
        "block": first, "secondBlock": second, "root": merkle_root(leaves).hex(),
        "delta": sealed("delta", 6, tenant, gid, 0, 12, row),
        "directory": sealed("directory", 5, tenant, gid, 0, 0, directory),
        "head": sealed("head", 3, tenant, gid, 0, 0, head),
        "logLine": dict(sealed("log line", 7, tenant, month, 5, 12, line), line=5, changeSeq=12, numberSeq=9,
                        time=1795323785123, text=text),
    }


for name, content in (("epoch.json", epochs()), ("generations.json", generations())):
    (HERE / name).write_text(json.dumps(content, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
