#!/usr/bin/env python3
"""Writes tables.json from the format page alone (storage/files/record.md): record format 2 and the numbers held beside a record."""
import json
import pathlib
import struct

HERE = pathlib.Path(__file__).resolve().parent
DEFINITIONS = HERE.parents[1] / "storage" / "files" / "definitions"


def text16(text):
    data = text.encode()
    return struct.pack(">H", len(data)) + data


def widths(key):
    definition = json.loads((DEFINITIONS / f"{key}.json").read_text(encoding="utf-8"))
    groups = [group["key"] for group in definition["groups"]]
    return [sum(item["group"] == group for item in definition["items"]) for group in groups]


def record(key, addressee, rows):
    out = struct.pack(">H", 2) + text16(key) + struct.pack(">H", 1) + text16(addressee)
    table_widths = widths(key)
    out += struct.pack(">H", len(table_widths))
    for table, width in enumerate(table_widths):
        mine = [row["values"] for row in rows if row["table"] == table]
        out += struct.pack(">HH", width, len(mine))
        for values in mine:
            out += b"".join(text16(values.get(str(item), "")) for item in range(width))
    return {"definition": key, "addresseeNumber": addressee, "rows": rows, "hex": out.hex()}


def numbers(held):
    out = struct.pack(">HH", 2, len(held))
    for group, row, item, digits in held:
        out += struct.pack(">HHH", group, row, item) + digits.encode()
    return {"held": held, "hex": out.hex()}


made = {
    "note": "Record format 2 and numbers format 2, written by make_tables_vectors.py from the page. Values by number of the item in its "
            "table; what is not named is empty.",
    "records": [
        record("chihozei-shutaino", "12", []),
        record("jido-teate", "000000000000012", [
            {"table": 0, "values": {"0": "000000000000012", "3": "1", "24": "2024-03-31"}},
            {"table": 0, "values": {"0": "000000000000012", "3": "2", "24": "0000-00-00"}},
            {"table": 5, "values": {"0": "000000000000012", "7": "カツラギ　ハナコ", "8": "葛󠄂城　花子"}}])],
    "row": record("jido-teate", "12", [{"table": 5, "values": {"0": "12", "8": "葛󠄂城　花子"}}]),
    "sources": {"values": [[2, "f040"], [7, ""]], "hex": (struct.pack(">HHHI", 1, 2, 2, 2) + b"\xf0\x40" +
                                                         struct.pack(">HI", 7, 0)).hex()},
    "numbers": numbers([[0, 0, 80, "123456789018"], [1, 0, 1, "123456789018"], [1, 1, 36, "023456789013"]])}
(HERE / "tables.json").write_text(json.dumps(made, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
