#!/usr/bin/env python3
"""Planted markers: a name, an address, a 個人番号, a password and a TOTP secret stand in no file, log or process table (S-07)."""
import base64
import os
import threading
import unittest

from harness import Story, main
from scenario import APPLICATION, FILE, KOGANEI

CHUNK = 1 << 22


def forms_of_text(text):
    return {"UTF-8": text.encode(), "UTF-16LE": text.encode("utf-16-le"), "UTF-16BE": text.encode("utf-16-be")}


def forms_of_number(text):
    forms = forms_of_text(text)
    number = int(text)
    for size in (8,):
        forms[f"integer of {size} bytes, little endian"] = number.to_bytes(size, "little")
        forms[f"integer of {size} bytes, big endian"] = number.to_bytes(size, "big")
    return forms


def forms_of_secret(base32):
    raw = base64.b32decode(base32 + "=" * (-len(base32) % 8))
    return {"raw": raw, "base32": base32.encode(), "hexadecimal": raw.hex().encode(), "base64": base64.b64encode(raw)}


def files_below(*roots):
    for root in roots:
        for folder, _, names in os.walk(root):
            for name in names:
                path = os.path.join(folder, name)
                if os.path.isfile(path):
                    yield path


def find_in(path, needles):
    """Names of the markers found in a file, read in overlapping pieces."""
    longest = max(len(needle) for needle in needles.values())
    found, tail = set(), b""
    with open(path, "rb") as file:
        while piece := file.read(CHUNK):
            text = tail + piece
            found |= {name for name, needle in needles.items() if needle in text}
            tail = text[-longest:]
    return found


class ProcessTable(threading.Thread):
    """Reads /proc/PID/cmdline and environ of every process of the installation, again and again, while a story runs."""

    def __init__(self, needles, is_ours):
        super().__init__(daemon=True)
        self.needles = needles
        self.is_ours = is_ours
        self.found = set()
        self.looks = 0
        self.over = threading.Event()

    def run(self):
        while not self.over.is_set():
            for pid in filter(str.isdigit, os.listdir("/proc")):
                if not self.is_ours(pid):
                    continue
                for part in ("cmdline", "environ"):
                    try:
                        with open(f"/proc/{pid}/{part}", "rb") as file:
                            text = file.read()
                    except OSError:
                        continue  # ended meanwhile, or not readable even for us
                    self.looks += 1
                    self.found |= {f"{part}: {name}" for name, needle in self.needles.items() if needle in text}
            self.over.wait(0.005)

    def end(self):
        self.over.set()
        self.join()


class NothingReadable(Story):
    UNTIL = "make_people"

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.row = cls.scenario.rows[KOGANEI][5]
        needles = {}
        for name in ("漢字氏名", "ふりがな氏名", "住所"):
            for form, needle in forms_of_text(cls.row[name]).items():
                needles[f"{name} in {form}"] = needle
        for name in ("個人番号", "住民票コード"):
            for form, needle in forms_of_number(cls.row[name]).items():
                needles[f"{name} as {form}"] = needle
        for person in cls.scenario.officers + cls.scenario.staff:
            for form, needle in forms_of_text(person.password).items():
                needles[f"password of {person.id} in {form}"] = needle
            for form, needle in forms_of_secret(person.authenticator.secret).items():
                needles[f"TOTP secret of {person.id}, {form}"] = needle
        cls.needles = needles
        # The postcode and the town of an address are shared with others; the whole address is the marker.

    def scan(self):
        looked = 0
        faults = []
        for path in files_below(self.place.data, self.place.state_copy, self.place.logs, self.place.run_folder, self.place.shares):
            looked += 1
            faults += [f"{path}: {name}" for name in sorted(find_in(path, self.needles))]
        self.assertGreater(looked, 10, "the scan has seen hardly a file")
        self.assertEqual([], faults, "\n" + "\n".join(faults))

    def is_ours(self, pid):
        try:
            with open(f"/proc/{pid}/cmdline", "rb") as file:
                return self.place.build.encode() in file.read()
        except OSError:
            return False

    def papers(self, request, entry):
        """Report and register as they are printed: they name persons and counts, and nothing of whom was erased (E-07)."""
        story = self.scenario
        folder = os.path.join(self.place.home, "papers")
        os.mkdir(folder)
        for name, words in (("report", ("report", request)), ("item", ("register", "show", entry)), ("register", ("register",))):
            path = os.path.join(folder, name)
            self.accepted(self.cli.at_terminal(story.endo, "erasure", *words, "--tenant", KOGANEI, "--out", path))
            with open(path, encoding="utf-8") as file:
                text = file.read()
            self.assertIn("件" if name == "register" else "消去実施報告書", text)
            self.assertEqual(set(), set(find_in(path, self.needles)))
        acknowledged = self.accepted(self.cli.with_code(story.hara, "erasure", "acknowledge", request, "--tenant", KOGANEI)).data
        self.assertTrue(acknowledged["reported"])

    def test_no_marker_is_found_after_import_retrieval_and_erasure(self):
        story = self.scenario
        table = ProcessTable(self.needles, self.is_ours)
        table.start()
        try:
            story.log_in()
            story.adopt_rule()
            story.import_people()
            self.scan()
            for by, value, birth in (("individual-number", self.row["個人番号"], None), ("kana", self.row["ふりがな氏名"],
                                                                                 self.row["生年月日"])):
                found = self.accepted(self.cli.retrieve(story.doi, KOGANEI, by, value, birth, show_number=True))
            self.scan()
            record = next(one["recordId"] for one in found.data["records"]
                          if story.items(one)["residentRecordCode"] == self.row["住民票コード"])
            request = self.accepted(self.cli.at_terminal(story.endo, "erasure", "request", "--tenant", KOGANEI, "--file", FILE,
                                                         "--record", record, *APPLICATION)).data["erasureId"]
            self.accepted(self.cli.with_code(story.hara, "erasure", "approve", request, "--tenant", KOGANEI, "--witness"))
            alone = self.cli.at_code(story.endo, story.endo.authenticator.last_code(), "erasure", "execute", request, "--tenant", KOGANEI,
                                     "--now")
            self.assertEqual("conflict", alone.data["code"])  # E-05: not before the witness is present
            self.accepted(self.cli.with_code(story.hara, "erasure", "witness", request, "--tenant", KOGANEI))
            done = self.accepted(self.cli.with_code(story.endo, "erasure", "execute", request, "--tenant", KOGANEI, "--now")).data
            self.assertFalse(done["reported"])
            self.papers(request, done["disposalId"])
            self.scan()
            self.place.stop("vault")
            self.scan()
        finally:
            table.end()
        self.assertGreater(table.looks, 50, "the process table has hardly been read")
        self.assertEqual(set(), table.found)


class TheScanItself(unittest.TestCase):
    """A scan that cannot find shows nothing."""

    def test_a_planted_marker_is_found_across_the_edge_of_a_piece(self):
        import tempfile
        with tempfile.NamedTemporaryFile() as file:
            file.write(b"x" * (CHUNK - 3) + b"123456789018")
            file.flush()
            self.assertEqual({"number as UTF-8"}, {f"number as {form}" for form in find_in(file.name, forms_of_number("123456789018"))})

    def test_a_number_is_looked_for_as_text_and_as_an_integer(self):
        forms = forms_of_number("123456789018")
        self.assertIn((123456789018).to_bytes(8, "big"), forms.values())
        self.assertEqual(5, len(set(forms.values())))


if __name__ == "__main__":
    main()
