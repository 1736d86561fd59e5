#!/usr/bin/env python3
"""Writes tests/fuzz/corpus/<target>/: a few small inputs per target, most of them from tests/vectors. Names are stable; run it again
after a vector changes."""
import base64
import importlib
import json
import pathlib
import re
import shutil
import struct
import sys

HERE = pathlib.Path(__file__).parent
VECTORS = HERE.parent / "vectors"
sys.path.insert(0, str(HERE.parent / "admin-api" / "gate"))
sys.dont_write_bytecode = True


def vectors(name):
    return json.loads((VECTORS / name).read_text(encoding="utf-8"))


def unhex(text):
    return bytes.fromhex(text)


def attestation():
    evidence = vectors("epoch-evidence.json")
    for key, value in evidence.items():
        if isinstance(value, dict):
            for part, text in value.items():
                yield f"{key}-{part}", unhex(text)
        elif isinstance(value, str) and len(value) > 200:
            yield key, unhex(value)


def box():
    cases = vectors("box.json")
    for case in cases[:3]:
        yield "open-" + str(case["kind"]), b"\x00" + unhex(case["box"])
    yield "commitment", b"\x01" + unhex(cases[0]["box"])[65:]
    yield "row", b"\x02\x01" + bytes(2013)
    yield "round-trip", b"\x03" + "正倉院".encode()


def entry():
    made = vectors("generations.json")
    for number, item in enumerate(made["entries"]):
        yield f"entry-{number}", unhex(item["bytes"])
    yield "block", unhex(made["block"]["plain"])[:600]
    yield "record", unhex(made["recordEntry"])
    yield "number-change", unhex(made["numberChange"])
    yield "record-of-a-table", unhex(made["recordEntryOfATable"])
    yield "empty", b"\x00\x00"


def backup():
    made = vectors("backup.json")
    yield "good", unhex(made["good"]["bytes"])
    for name in ("files out of order", "a way out", "a lock file", "another format"):
        yield name.replace(" ", "-"), unhex(made["bad"][name])


def epoch():
    made = vectors("epoch.json")
    for name in ("manifest", "state", "evidence", "evidenceCopy", "body", "stateCopy", "generationFile"):
        yield name, unhex(made[name])
    yield "tenant-entry", unhex(made["tenantEntry"]["bytes"])


def journal():
    made = vectors("journal.json")
    yield "draft", unhex(made["draft"])
    yield "segment-1", b"".join(map(unhex, made["segment1"])).ljust(512, b"\x00")
    yield "segment-2", b"".join(map(unhex, made["segment2"])).ljust(512, b"\x00")


def certificate():
    genuine = (VECTORS / "erasure-certificate.json").read_bytes()
    yield "genuine", genuine
    small = json.loads(genuine)
    small["rows"], small["tenantLeaves"] = small["rows"][:1], []
    yield "without-leaves", json.dumps(small, sort_keys=True, separators=(",", ":")).encode()
    yield "spaced", json.dumps(small, indent=1).encode()


def provisioning():
    genuine = (VECTORS / "provisioning-record.json").read_bytes()
    yield "genuine", genuine
    short = json.loads(genuine)
    del short["tpmVendor"]
    yield "a-member-less", json.dumps(short, sort_keys=True, separators=(",", ":")).encode()


def record():
    for number, item in enumerate(vectors("record.json")["records"]):
        yield f"record-{number}", unhex(item["hex"])


def share():
    for number, line in enumerate(vectors("shares.json")["shares"][:2]):
        yield f"share-{number}", line.encode()
        yield f"raw-{number}", base64.b32decode(line.split(":")[1] + "=" * (-len(line.split(":")[1]) % 8))


def csv():
    yield "plain", b"\x04" + b"a,b\r\n1,2\r\n\"x\"\"y\",\"1\n2\"\r\n"
    yield "no-end", b"\x00\"open"
    yield "row", b"\x07" + "000000000000012,123456789018,葛城　花子,カツラギ　ハナコ\n".encode()


def date():
    for name, text in {"day": "2026-11-22", "month": "2026-11-00", "era": "昭和20年8月15日", "compact": "20251001120000123",
                       "period": "5y", "unknown": "1945-A1-00"}.items():
        yield name, text.encode()
    yield "term", bytes.fromhex("01010007" "3230323430363230" "014bbc4c" "014bbc4d")


def definition():
    path = HERE.parents[1] / "storage/files/definitions/honnin-kakunin-joho.json"
    whole = json.loads(path.read_text(encoding="utf-8"))
    yield "shipped", path.read_bytes()
    items = next(key for key, value in whole.items() if isinstance(value, list) and len(value) > 4)
    whole[items] = whole[items][:4]
    whole.pop("retentionEvents", None)
    whole.pop("checks", None)
    yield "four-items", json.dumps(whole, ensure_ascii=False).encode()
    yield "groups", json.dumps(small_definition(1), ensure_ascii=False).encode()
    numbers = small_definition(1)
    numbers["items"][2] |= {"name": "配偶者個人番号", "type": "number", "maxLength": 12, "role": "relatedIndividualNumber",
                            "check": "individualNumber", "mayLeave": False}
    yield "numbers", json.dumps(numbers, ensure_ascii=False).encode()
    yield "checks", json.dumps(checked_definition(1), ensure_ascii=False).encode()


def small_definition(version):
    """Two tables of two items each."""
    def item(number, key, group, name, **more):
        return {"no": str(number), "key": key, "group": group, "name": name, "type": "text", "maxLength": 20, "mayLeave": True} | more

    return {"format": 2, "key": "small", "version": version, "name": "小さなファイル", "nameEn": "Small file", "source": "none",
            "groups": [{"key": "person", "name": "人", "rows": "one"}, {"key": "history", "rows": "many"}],
            "retentionEvents": ["endDate"],
            "items": [item(1, "addressee", "person", "宛名番号", type="code", role="addresseeNumber", required=True),
                      item(2, "name", "person", "氏名", role="name"), item(3, "note", "history", "備考", mayLeave=False),
                      item(4, "endDate", "history", "終了日", type="date")]}


def checked_definition(version):
    """The same with a logic check of each kind."""
    def check(key, **rule):
        return {"key": key, "group": "person", "source": "none", "ja": "だめ", "en": "No"} | rule

    whole = small_definition(version) | {"format": 3}
    whole["items"][2:2] = [dict(whole["items"][1], no=number, key=key, name=name, type="date") for number, key, name in
                           (("2a", "from", "開始日"), ("2b", "until", "終了日"))]
    for item in whole["items"][2:4]:
        item.pop("role")
    named = {"item": "name", "in": ["甲", "乙"]}
    whole["checks"] = [check("needed", when=named, required=["from"]), check("forwards", inOrder=["from", "until"]),
                       check("listed", oneOf=named), check("there", when=named, subject="exists", goneWhen={"item": "until", "filled": True}),
                       check("alone", when={"item": "name", "in": ["丙"]}, subject="absent"), check("only", when=named, changesOnly=["until"])]
    return whole


def amendment():
    def pair(change, made=small_definition):
        newer = made(2)
        change(newer)
        return b"\0".join(json.dumps(text, ensure_ascii=False).encode() for text in (made(1), newer))

    yield "same", pair(lambda newer: None)
    yield "appended", pair(lambda newer: newer["items"].append(dict(newer["items"][3], no="5", key="later", name="追加")))
    yield "removed", pair(lambda newer: newer["items"].pop(1))
    yield "moved", pair(lambda newer: newer["items"].insert(2, newer["items"].pop(3)))
    yield "check-removed", pair(lambda newer: newer["checks"].pop(1), checked_definition)
    yield "check-changed", pair(lambda newer: newer["checks"][0].update(required=["until"]), checked_definition)


def encoding():
    text = "個人番号,登録番号,登録年月日\r\n123456789018,A1,令和6-06-01\r\n\"髙﨑\",ﾀｶ\uff5e\uff0d\r\n"
    yield "cp932", b"\x11" + text.encode("cp932")
    yield "euc", b"\x10" + text.replace("髙﨑", "高崎").encode("euc_jp", "ignore")
    yield "user-defined", b"\x31" + b"\xf0\x40,\xed\x40\xfb\xfc\r\n"
    yield "second-plane", b"\x20" + b"\x8f\xf4\xfb\x8f\xf5\xa1\xf5\xa1\x8e\xb1\n"
    path = HERE.parents[1] / "storage/files/definitions/hoikushi-torokubo.json"
    names = [item["name"] for item in json.loads(path.read_text(encoding="utf-8"))["items"]]
    values = {"個人番号": "123456789018", "登録番号": "1", "登録年月日": "2020-04-01", "氏名": "髙橋　花子", "生年月日": "1990-01-01"}
    row = ",".join(values.get(name, "") for name in names)
    yield "import", b"\x11" + (",".join(names) + "\r\n" + row + "\r\n" + row.replace("髙橋", "\ue000")).encode("cp932")


def tables():
    made = vectors("tables.json")
    for number, item in enumerate(made["records"]):
        yield f"record-{number}", unhex(item["hex"])
    yield "numbers", unhex(made["numbers"]["hex"])
    yield "one-number", b"123456789018"
    yield "one-row", unhex(made["row"]["hex"])
    yield "sources", unhex("000100020002" "00000002f040" "0007" "00000000")
    slug = b"convert.kana-widened"
    yield "conversions", struct.pack(">HIQIH", 1, 1, 2, 3, len(slug)) + slug + struct.pack(">HIII", 1, 0xFF76, 0xFF9E, 0x30AC)


def http_body():
    requests = importlib.import_module("http_requests")
    seen = set()
    for row in requests.MALFORMED + requests.WELL_FORMED:
        head, _, body = row.request.partition(b"\r\n\r\n")
        if b"chunked" in head.lower() and 0 < len(body) < 1000 and body not in seen:
            seen.add(body)
            yield re.sub(r"\W+", "-", row.name), b"\x04\x07" + body
    yield "near-the-bound", b"\x1f\x1f3e7\r\n" + b"x" * 999 + b"\r\n1\r\nx\r\n0\r\n\r\n"


def http_routes():
    head = "GET /v1/session HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer x\r\n\r\n"
    yield "head", b"\xff" + head.encode()
    requests = importlib.import_module("http_requests")
    for row in requests.MALFORMED[::4] + requests.WELL_FORMED:
        if len(row.request) < 600 and b"chunked" not in row.request.lower():
            yield "head-" + re.sub(r"\W+", "-", row.name), b"\xff" + row.request
    for number in range(0, 40, 4):
        yield f"body-{number}", bytes([number]) + json.dumps({
            "operatorId": "tanto-1", "password": "x", "totpCode": "123456", "decision": "approve",
            "recordIds": ["0123456789abcdef" * 2], "searchKey": {"kind": "addresseeNumber", "value": "12"},
            "accessReason": {"reasonCode": "a", "caseReference": "b"}}).encode()


def json_texts():
    for one in vectors("json-texts.json")["texts"]:
        if one["form"] == "undecided":
            yield re.sub(r"\W+", "-", one["name"]), unhex(one["hex"]) if "hex" in one else one["text"].encode()
    yield "nested", b'{"a":[1,-2,{"b":null}],"c":"\\u00e9\\ud83d\\ude00","d":true}'
    yield "duplicate", b'{"a":1,"a":2}'
    yield "number", b"9007199254740992"


def number():
    for name, text in {"my-number": "123456789018", "resident": "12345678903", "kana": "カツラギ　ハナコ",
                       "selector": "葛\U000e0100城"}.items():
        yield name, text.encode()


def protocol():
    def message(what, *fields, body=b""):
        packed = b"".join(struct.pack(">HI", number, len(data)) + data for number, data in fields)
        return struct.pack(">HHQ", 1, what, 7) + packed + body

    yield "health", message(1)
    yield "session-show", message(12, (1, bytes(32)), (2, bytes(32)))
    yield "login", message(10, (1, bytes(32)), (8, b"tanto-1"), (9, b"secret"), (10, b"123456"))
    yield "reply", message(0, body=b'{"state":"ready"}')
    yield "refusal", message(3, body=b'{"code":"not-authenticated"}')


def planted_defect():
    yield "short", b"SHO1\x05hello"
    yield "long", b"SHO1\x40" + b"x" * 200


TARGETS = {"json": json_texts} | {f.__name__: f for f in (
    amendment, attestation, backup, box, certificate, csv, date, definition, encoding, entry, epoch, http_body, http_routes, journal,
    number, planted_defect, protocol, provisioning, record, share, tables)}


for target, make in TARGETS.items():
    folder = HERE / "corpus" / target
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for name, data in make():
        (folder / name).write_bytes(data)
