#!/usr/bin/env python3
"""deploy/settings.example.toml holds every key the two programs know, and no other."""
import os
import re
import subprocess
import sys
import tomllib
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import source_tree  # noqa: E402

BUILD = os.environ.get("SHOSOIN_BUILD_DIR", "")
EXAMPLE = "deploy/settings.example.toml"


def told_by(program, option):
    return subprocess.run([os.path.join(BUILD, program), option], check=True, text=True, capture_output=True, timeout=60).stdout


def keys_told(text):
    """[section] lines, and under each the names that begin a line."""
    found, section = set(), None
    for line in text.splitlines():
        if match := re.match(r"\[(\w+)\]", line):
            section = match.group(1)
        elif section and (match := re.match(r"\s{0,2}([a-z_]+)\s", line + " ")):
            found.add((section, match.group(1)))
    return found


class TheExample(unittest.TestCase):
    def setUp(self):
        self.example = tomllib.loads(source_tree.read(EXAMPLE))

    def keys_of_example(self, sections):
        return {(section, key) for section in sections for key in self.example[section]}

    def test_it_holds_exactly_the_keys_of_the_gate(self):
        told = keys_told(told_by("shosoin-gate", "--help"))
        self.assertGreaterEqual(len(told), 5)
        self.assertEqual(told, self.keys_of_example(["gate"]))

    def test_it_holds_exactly_the_keys_of_the_vault(self):
        told = {key for key in keys_told(told_by("shosoin-vault", "--settings-help")) if key[0] != "gate"}
        self.assertGreaterEqual(len(told), 10)
        self.assertEqual(told, self.keys_of_example([section for section in self.example if section != "gate"]))

    def test_every_key_is_explained_in_both_languages_above_it(self):
        lines = source_tree.read(EXAMPLE).splitlines()
        for number, line in enumerate(lines):
            if re.match(r"[a-z_]+ = ", line):
                self.assertTrue(lines[number - 1].startswith("#") and "/" in lines[number - 1], f"{EXAMPLE}:{number + 1}: {line}")

    def test_an_unknown_key_is_refused_with_its_line(self):
        import tempfile
        with tempfile.NamedTemporaryFile("w", suffix=".toml", encoding="utf-8") as file:
            file.write(source_tree.read(EXAMPLE).replace("site_label", "site_lable"))
            file.flush()
            line = next(number for number, text in enumerate(source_tree.read(EXAMPLE).splitlines(), 1) if text.startswith("site_label"))
            done = subprocess.run([os.path.join(BUILD, "shosoin-vault"), "--settings", file.name], text=True, capture_output=True,
                                  timeout=60, check=False)
        self.assertEqual(78, done.returncode)
        self.assertIn(f":{line}:", done.stderr)


if __name__ == "__main__":
    unittest.main()
