"""What was sent, read by other hands than the importer's, and how it must come back."""
import csv
import io
import os
import re
import subprocess
import unicodedata

from installation import ENVIRONMENT
from scenario import expect

HALF_WIDTH = re.compile("[\uff61-\uff9f]+")
FULL_WIDTH_DIGITS = {0xFF10 + digit: str(digit) for digit in range(10)}
DIGIT_TYPES = ("number", "code", "flag", "amount")


def decode(data, encoding):
    """What was sent as text, by other hands than the importer's."""
    if encoding == "UTF-8":
        return data.decode("utf-8-sig")
    if encoding == "CP932":
        return data.decode("cp932")
    done = subprocess.run(["iconv", "-f", "EUC-JP-MS", "-t", "UTF-8"], input=data, capture_output=True, env=ENVIRONMENT, check=True)
    return done.stdout.decode("utf-8")


def as_stored(item, value):
    """The two conversions that the pages promise, and no other: half-width kana of a kana item, full-width digits of a number."""
    if item["type"] == "kana":
        return HALF_WIDTH.sub(lambda run: unicodedata.normalize("NFKC", run.group()), value)
    return value.translate(FULL_WIDTH_DIGITS) if item["type"] in DIGIT_TYPES else value


class Table:
    """One CSV of the set, as it must come back."""

    def __init__(self, folder, told, definition):
        groups = definition.get("groups") or [{"key": told["group"], "rows": "one"}]
        self.order = [group["key"] for group in groups].index(told["group"])
        self.file, self.group, self.encoding = told["file"], told["group"], told["encoding"]
        self.apart = groups[self.order]["rows"] == "apart"
        self.items = [item for item in definition["items"] if item.get("group", told["group"]) == told["group"]]
        self.keys = [item["key"] for item in self.items]
        with open(os.path.join(folder, told["name"]), "rb") as file:
            lines = list(csv.reader(io.StringIO(decode(file.read(), self.encoding), newline="")))
        header = lines[0]
        self.leading = len(header) == len(self.items) + 1
        expect([item["name"] for item in self.items] == header[1 if self.leading else 0:], f"{told['name']}: another header")
        own = self.index_of("addresseeNumber")
        self.rows = []  # (addressee number, values as stored)
        for line in lines[1:]:
            values = [as_stored(item, value) for item, value in zip(self.items, line[1 if self.leading else 0:], strict=True)]
            self.rows.append((line[0] if self.leading else values[own] if own is not None else "", values))
        expect(len(self.rows) == told["rows"], f"{told['name']}: another number of rows")

    def index_of(self, role):
        return next((at for at, item in enumerate(self.items) if item.get("role") == role), None)
