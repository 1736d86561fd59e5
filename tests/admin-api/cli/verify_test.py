#!/usr/bin/env python3
"""`shosoin verify` on the committed certificates: what holds, and that each refusal ends with 65 and says why, in both languages."""
import base64
import json
import os
import subprocess
import tempfile
import unittest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))
PROGRAM = os.path.join(os.environ.get("SHOSOIN_BUILD_DIR") or os.path.join(ROOT, "build", "release"), "shosoin")
VECTORS = os.path.join(ROOT, "tests", "vectors")
RECORD = os.path.join(VECTORS, "provisioning-record.json")
REFUSED = 65


def vector(name):
    with open(os.path.join(VECTORS, name), encoding="utf-8") as file:
        return file.read()


class Verify(unittest.TestCase):
    def ask(self, text, *words, language="en", as_json=True):
        with tempfile.NamedTemporaryFile("w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            command = [PROGRAM, *(("--json",) if as_json else ()), "--lang", language, "verify", "certificate", file.name, "--provisioning",
                       RECORD, *words]
            return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)

    def assert_refused(self, text, why, *words):
        done = self.ask(text, *words)
        self.assertEqual(REFUSED, done.returncode, done.stdout + done.stderr)
        told = json.loads(done.stdout)
        self.assertFalse(told["valid"])
        self.assertIn(why, told["reason"])
        self.assertNotIn("proven", told)
        japanese = json.loads(self.ask(text, *words, language="ja").stdout)["reason"]
        self.assertNotEqual(told["reason"], japanese)

    def test_genuine_certificates_hold(self):
        for name, batch in (("erasure-certificate.json", False), ("batch-certificate.json", True)):
            done = self.ask(vector(name))
            self.assertEqual(0, done.returncode, done.stdout + done.stderr)
            told = json.loads(done.stdout)
            self.assertTrue(told["valid"] and told["softwareTpm"])
            self.assertEqual(batch, told["batch"])
            self.assertIn("at the value shown or beyond", told["proven"])  # the counter may have gone on meanwhile
        self.assertIn("whole batch", self.ask(vector("batch-certificate.json"), as_json=False).stdout)

    def test_a_certificate_of_a_removal_holds_under_its_own_record_and_says_what_it_is(self):
        global RECORD
        kept, RECORD = RECORD, os.path.join(VECTORS, "removal-provisioning-record.json")
        try:
            text = vector("removal-certificate.json")
            told = json.loads(self.ask(text, "--tenant", "111007").stdout)
            self.assertTrue(told["valid"] and told["tenantRemoval"], told)
            self.assertIn("handed over", told["notProven"])
            self.assertIn("tenant's removal", self.ask(text, as_json=False).stdout)
            self.assert_refused(text, "not of the tenant", "--tenant", "132101")
            self.assert_refused(text.replace('"erasedCount":12', '"erasedCount":11'), "signature")
        finally:
            RECORD = kept

    def test_a_changed_letter_is_refused(self):
        text = vector("erasure-certificate.json")
        self.assert_refused(text.replace('"count":3', '"count":4'), "signature")
        self.assert_refused(text.replace('"index"', '"indeX"'), "unknown member")
        self.assert_refused(text.replace('{"cert', '{ "cert', 1), "canonical")
        self.assert_refused(text[:-1], "not JSON")

    def test_the_file_that_cannot_be_read_is_named(self):
        for words in (["/nowhere/certificate.json", "--provisioning", RECORD], [RECORD, "--provisioning", "/nowhere/record.json"]):
            done = subprocess.run([PROGRAM, "verify", "certificate", *words], capture_output=True, text=True, timeout=60, check=False)
            self.assertNotEqual(0, done.returncode)
            self.assertIn("/nowhere/", done.stderr)

    def test_an_unknown_member_is_refused(self):
        self.assert_refused('{"aaa":1,' + vector("erasure-certificate.json")[1:], "unknown member")

    def test_a_certificate_of_nobody_is_not_taken_for_a_tenants(self):
        for name in ("erasure-certificate.json", "batch-certificate.json"):
            self.assert_refused(vector(name), "not of the tenant", "--tenant", "132101")

    def test_a_record_that_is_not_signed_by_the_key_on_paper_is_refused(self):
        record = json.loads(vector("provisioning-record.json"))
        paper = "".join(base64.b64decode(record[f"custodianKey{axis}"]).hex() for axis in "XY")
        text = vector("erasure-certificate.json")
        self.assertEqual(0, self.ask(text, "--custodian-key", paper).returncode)
        self.assertEqual(0, self.ask(text, "--custodian-key", paper.upper()).returncode)
        for nothing in ("", "zz" * 64, paper[2:], paper + "00"):  # an empty file of the paper's must not pass for no question
            done = self.ask(text, "--custodian-key", nothing)
            self.assertEqual(65, done.returncode, nothing)
            self.assertIn("128 hex digits", done.stdout + done.stderr)
        for nothing in ("", "13210", "132102"):
            self.assertEqual(65, self.ask(text, "--tenant", nothing).returncode, nothing)
        done = self.ask(text, "--custodian-key", "00" + paper[2:])
        self.assertEqual(REFUSED, done.returncode, done.stdout)
        self.assertIn("another appliance", done.stdout + done.stderr)
        for key, code in ((paper, 0), (paper[:-2] + "00", REFUSED)):
            shown = subprocess.run([PROGRAM, "verify", "provisioning", RECORD, "--custodian-key", key], capture_output=True, timeout=60, check=False)
            self.assertEqual(code, shown.returncode)


if __name__ == "__main__":
    unittest.main()
