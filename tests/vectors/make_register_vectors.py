#!/usr/bin/env python3
"""Writes disposal-register.json: items of the disposal register (admin-api/service/entries.md), their canonical text and digests, made
without any of the product's code. RFC 8785 for members with ASCII names, whole numbers and texts without control characters is what
Python's json writes with sorted keys and no spaces."""
import hashlib
import json
import os

HERE = os.path.dirname(os.path.abspath(__file__))
RECORDS = sorted(f"{number:02x}" * 16 for number in (0x11, 0x7f, 0xa0))
NOTE = ("架空 / made up. Of each item: its id (the day in BCD, then its number), its text as it is stored and digested, and the digest "
        "that is told with it. recordIdsDigest is SHA-256 over the ids, 16 bytes each, ascending.")


def person(name, at):
    return {"operatorId": name, "name": "架空 " + name, "section": "架空課", "at": f"2020-01-02T{at}:00.000+09:00"}


def item(serial, kind, **more):
    return {"format": 1, "serial": serial, "at": "2020-01-02T10:00:00.000+09:00", "kind": kind, "result": "erased",
            "tenant": {"localGovernmentCode": "092029", "name": "架空市"}, "recordFile": "honnin-kakunin-joho",
            "recordFileName": "本人確認情報ファイル", "retentionRules": [], "endOfRetention": None, "periodCovered": None,
            "executedBy": person("takeda", "10:00"), "epoch": 7, "index": serial, "witness": None, **more}


def items():
    rule = {"policyId": "honnin-kakunin-joho/1", "version": 1, "counting": "EXCL", "period": "5y", "legalBasis": "架空市文書管理規程\"別表第2\"",
            "source": "adopted"}
    digest = hashlib.sha256(bytes.fromhex("".join(RECORDS))).hexdigest()
    return (item(1, "application", count=3, recordIdsDigest=digest, retentionRules=[rule], endOfRetention="2019-12-31",
                 periodCovered={"first": "2013", "last": "2014"}, items="全項目", medium="本サーバーの記憶装置", quantity="3件",
                 method="暗号鍵の破棄", plannedDate="2020-01-02", ground="起案 第1号 <髙橋>/\\", requestedBy=person("nakai", "09:00"),
                 approvedBy=person("oda", "09:30")),
            item(2, "standing-approval", count=1, yearsOnly=True, retentionRules=[rule], endOfRetention="2019"),
            item(3, "standing-approval", count=0, recordFile="access-log", recordFileName="アクセスログ", monthCount=2,
                 logMonths="2012-04,2012-05"),
            item(4, "rejected-imports", count=12, recordFiles=[{"recordFile": "jido-teate", "recordFileName": "児童手当ファイル",
                                                                "importId": "00" * 16, "rows": 12}]))


def main():
    rows = []
    for one in items():
        text = json.dumps(one, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
        rows.append({"id": f"20200102{0:08x}{one['serial']:016x}", "canonical": text, "digest": hashlib.sha256(text.encode()).hexdigest()})
    with open(os.path.join(HERE, "disposal-register.json"), "w", encoding="utf-8") as file:
        json.dump({"note": NOTE, "recordIds": RECORDS, "items": rows}, file, ensure_ascii=False, indent=1)
        file.write("\n")


if __name__ == "__main__":
    main()
