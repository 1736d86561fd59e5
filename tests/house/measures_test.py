#!/usr/bin/env python3
"""The page of measures says what the tree says, and the script that writes it sees what it should."""
import os
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import measures  # noqa: E402
import source_tree  # noqa: E402


class ThePage(unittest.TestCase):
    def test_it_is_up_to_date(self):
        self.assertEqual(measures.page(), source_tree.read(measures.PAGE), "run: python3 tests/house/measures.py")

    def test_every_row_of_the_three_subjects_is_there_once(self):
        ids = [one["id"] for one in measures.facts()]
        self.assertEqual([f"{letter}-{number:02}" for letter, last in (("S", 17), ("U", 26), ("D", 20)) for number in range(1, last + 1)], ids)
        for one in measures.facts():
            self.assertIn(one["class"], ("enforced", "evidenced", "reference"))
            self.assertTrue(one["quote"] and one["gloss"] and one["places"], one["id"])
            for place in one["places"]:
                self.assertRegex(place, r"^00[0-4] (Ⅰ|Ⅱ|Ⅲ|Ⅳ|Ⅴ|別添)")

    def test_every_cited_storage_measure_exists(self):
        known = {one["id"] for one in measures.facts()}
        cited = [one for one in measures.citations() if one[0] in "SUD"]
        self.assertGreater(len(cited), 5)
        self.assertEqual([], [one for one in cited if one not in known])


class TheScript(unittest.TestCase):
    def test_a_citation_is_seen_alone_and_as_a_range(self):
        self.assertEqual({"S-04", "S-05", "U-17"}, measures.cited_in("(S-04, S-05) and U-17; SHA-256, UTF-8, AS-400"))
        self.assertEqual({"S-01", "S-02", "S-03"}, measures.cited_in("measures S-01 to S-03"))

    def test_a_row_without_any_citation_is_a_gap_and_one_without_a_test_is_said(self):
        measure = {"id": "S-01", "class": "enforced"}
        self.assertEqual("gap", measures.state_of(measure, {"code": [], "tests": [], "pages": ["a.md"]}))
        self.assertEqual("in code only", measures.state_of(measure, {"code": ["a.cpp"], "tests": [], "pages": []}))
        self.assertEqual("shown", measures.state_of(measure, {"code": [], "tests": ["tests/a.py"], "pages": []}))
        self.assertEqual("gap", measures.state_of({"id": "S-06", "class": "reference"}, {"code": [], "tests": ["t"], "pages": []}))

    def test_a_planted_citation_appears_and_its_own_files_do_not_count(self):
        with tempfile.TemporaryDirectory() as root:
            for path, text in (("tests/house/measures.json", '[{"id": "S-01"}]'), ("tests/a_test.cpp", "// S-01"), ("storage/b.h", "// S-01")):
                os.makedirs(os.path.dirname(os.path.join(root, path)), exist_ok=True)
                with open(os.path.join(root, path), "w", encoding="utf-8") as file:
                    file.write(text)
            self.assertEqual({"S-01": {"code": ["storage/b.h"], "tests": ["tests/a_test.cpp"], "pages": []}}, measures.citations(root))


if __name__ == "__main__":
    unittest.main()
