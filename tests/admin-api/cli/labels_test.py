#!/usr/bin/env python3
"""Every member the gate or the local socket tells has a label in the command line's output for people (DESIGN 9: Japanese and English)."""
import os
import re
import unittest

import yaml

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))


def source(*path):
    with open(os.path.join(ROOT, *path), encoding="utf-8") as file:
        return file.read()


def members_of_the_gate():
    """Names of all properties of openapi.yaml."""
    found, waiting = set(), [yaml.safe_load(source("admin-api", "openapi.yaml"))]
    while waiting:
        value = waiting.pop()
        if isinstance(value, dict):
            properties = value.get("properties")
            found.update(properties if isinstance(properties, dict) else ())
            waiting.extend(value.values())
        elif isinstance(value, list):
            waiting.extend(value)
    return found


def members_of_the_local_socket():
    """Names in the table of replies of protocol.md, without what stands in brackets beside them."""
    page = source("admin-api", "protocol", "protocol.md").split("## Replies of the local channel")[1].split("## Worked example")[0]
    found = set()
    for row in re.findall(r"^\| (?!kind|---)[^|]+\| ([^|]+)\|", page, re.MULTILINE):
        while "(" in row:
            row, before = re.sub(r"\([^()]*\)", "", row), row
            if row == before:
                raise AssertionError(f"brackets that do not match: {row}")
        found.update(re.findall(r"(?:^|[,:]) *([a-z][A-Za-z]*)\??(?= *(?:[,:.]|$))", row))
    return found


class Labels(unittest.TestCase):
    def setUp(self):
        self.labels = re.findall(r'Label\{"(\w+)", "([^"]+)", "([^"]+)"\}', source("admin-api", "cli", "report.cpp"))

    def test_every_member_of_an_answer_has_one(self):
        known = {field for field, _, _ in self.labels}
        for members, least in ((members_of_the_gate(), 150), (members_of_the_local_socket(), 40)):
            self.assertGreaterEqual(len(members), least, "so few were found that this test reads the page wrongly")
            self.assertEqual([], sorted(members - known))

    def test_none_is_given_twice_and_the_japanese_one_is_japanese(self):
        fields = [field for field, _, _ in self.labels]
        self.assertEqual(len(fields), len(set(fields)))
        for field, japanese, english in self.labels:
            self.assertTrue(english.isascii(), field)
            self.assertTrue(field == "id" or not japanese.isascii(), field)


if __name__ == "__main__":
    unittest.main()
