#!/usr/bin/env python3
"""The commands of deploy/certificate-check.md, taken off the page as they stand and run with OpenSSL, jq and a shell, nothing else."""
import base64
import json
import os
import re
import shutil
import subprocess
import tempfile
import unittest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))
VECTORS = os.path.join(ROOT, "tests", "vectors")


def commands():
    with open(os.path.join(ROOT, "deploy", "certificate-check.md"), encoding="utf-8") as page:
        blocks = re.findall(r"^```sh\n(.*?)^```$", page.read(), re.S | re.M)
    assert len(blocks) == 6, len(blocks)
    return "".join(blocks)


def vector(name):
    with open(os.path.join(VECTORS, name), encoding="utf-8") as file:
        return file.read()


class ByHand(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.commands = commands()
        cls.certificate = vector("erasure-certificate.json")
        cls.batch = vector("batch-certificate.json")
        cls.record = vector("provisioning-record.json")
        record = json.loads(cls.record)
        cls.paper = "".join(base64.b64decode(record[f"custodianKey{axis}"]).hex() for axis in "XY")

    def run_page(self, certificate, record=None, paper=None):
        with tempfile.TemporaryDirectory() as place:
            tools = os.path.join(place, "tools")
            os.mkdir(tools)
            for tool in ("openssl", "jq"):
                os.symlink(shutil.which(tool), os.path.join(tools, tool))
            for name, text in (("certificate.json", certificate), ("provisioning.json", record or self.record),
                               ("custodians.txt", (paper or self.paper) + "\n")):
                with open(os.path.join(place, name), "w", encoding="utf-8", errors="surrogateescape") as file:
                    file.write(text)
            return subprocess.run(["/bin/sh"], input=self.commands, cwd=place, env={"PATH": tools}, capture_output=True, text=True,
                                  timeout=60, check=False)

    def assert_holds(self, done):
        self.assertEqual(0, done.returncode, done.stdout + done.stderr)
        self.assertTrue(done.stdout.endswith("the certificate holds\n"), done.stdout)

    def assert_refused(self, done, why=None):
        self.assertNotEqual(0, done.returncode, done.stdout)
        self.assertNotIn("the certificate holds", done.stdout)
        if why:
            self.assertIn(why, done.stdout + done.stderr)

    def test_a_genuine_certificate_holds(self):
        self.assert_holds(self.run_page(self.certificate + "\n"))

    def test_a_genuine_certificate_of_a_batch_holds(self):
        self.assert_holds(self.run_page(self.batch))

    def test_a_genuine_certificate_of_a_removal_holds_and_is_refused_where_the_manifest_says_otherwise(self):
        removal, record = vector("removal-certificate.json"), vector("removal-provisioning-record.json")
        keys = json.loads(record)
        paper = "".join(base64.b64decode(keys[f"custodianKey{axis}"]).hex() for axis in "XY")
        self.assert_holds(self.run_page(removal, record, paper))
        at = removal.index('"erasedCount"') + len('"erasedCount":')
        self.assert_refused(self.run_page(removal[:at] + "9" + removal[at + 1:], record, paper))
        kept = self.commands
        self.addCleanup(lambda: setattr(self, "commands", kept))
        self.commands = re.sub(r"^openssl pkeyutl .*$", "", kept, flags=re.M)
        for other in ({"erasedCount": 11}, {"tenant": "e" * 32}):
            changed = json.dumps({**json.loads(removal), **other}, separators=(",", ":"), sort_keys=True, ensure_ascii=False)
            self.assert_refused(self.run_page(changed, record, paper), "what went")

    def test_a_change_anywhere_is_refused(self):
        for text, times in ((self.certificate, 3), (self.batch, 1)):
            for at in range(7, len(text), len(text) // times):
                changed = "1" if text[at] != "1" else "2"
                self.assert_refused(self.run_page(text[:at] + changed + text[at + 1:]))

    def test_a_record_that_is_not_the_papers_is_refused(self):
        self.assert_refused(self.run_page(self.certificate, paper="00" * 64), "custodians' key")

    def test_a_changed_record_is_refused(self):
        self.assert_refused(self.run_page(self.certificate, record=self.record.replace('"counterBase":1', '"counterBase":0')),
                            "Verification failure")

    def test_an_unknown_member_is_refused(self):
        self.assert_refused(self.run_page('{"aaa":1,' + self.certificate[1:]), "false")

    def test_what_a_row_says_is_checked_behind_the_signature(self):
        """The signature line taken out: a row that is no leaf, a count that is wrong and so on are told by their own lines."""
        kept = self.commands
        self.addCleanup(lambda: setattr(self, "commands", kept))
        self.commands = re.sub(r"^openssl pkeyutl .*$", "", kept, flags=re.M)
        self.assertNotEqual(kept, self.commands)
        whole = json.loads(self.certificate)

        def changed(change):
            copy = json.loads(self.certificate)
            change(copy)
            return json.dumps(copy, separators=(",", ":"), sort_keys=True, ensure_ascii=False)

        self.assert_refused(self.run_page(changed(lambda copy: copy["rows"][0].update(row="0" * 32))), "no leaf")
        self.assert_refused(self.run_page(changed(lambda copy: copy["declaration"].update(count=4))), "number of records")
        self.assert_refused(self.run_page(changed(lambda copy: copy.update(serial="0" * 64))), "serial")
        self.assert_refused(self.run_page(changed(lambda copy: copy["chain"].update(current="0" * 64))), "chain")
        evidence = whole["evidence"]
        self.assert_refused(self.run_page(changed(lambda copy: copy["evidence"].update(slot=evidence["chain"]))), "pinned index")
        self.assert_refused(self.run_page(changed(lambda copy: copy["evidence"]["slot"].update(signature=evidence["chain"]["signature"]))),
                            "Verification failure")


if __name__ == "__main__":
    unittest.main()
