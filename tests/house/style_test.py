#!/usr/bin/env python3
"""The habits of the house, executed: sizes, leftovers, headers, test names, folder pages, listed tests."""
import os
import re
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import source_tree  # noqa: E402

MOST_LINES = 500
MOST_README_LINES = 40
CODE = (".h", ".cpp", ".py", "CMakeLists.txt", ".cmake")
# Written as pieces, so that this file does not find itself.
LEFTOVERS = re.compile(r"\b(" + "|".join(("TO" + "DO", "FIX" + "ME", "X" + "XX", "HA" + "CK")) + r")\b|@" + r"@\w+@" + "@")
DISABLED = re.compile(r"\bDISABLED_|GTEST_SKIP\s*\(|@unittest\.skip|self\.skipTest|--gtest_also_run")
TEST_NAME = re.compile(r"^(?:TEST|TEST_F|TEST_P|RC_GTEST_PROP)\(\s*(\w+)\s*,\s*(\w+)", re.MULTILINE)
WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z][a-z0-9]*|[0-9]+")
GENERATED = ("tests/vectors/",)  # data: tables of numbers are as long as they are


def code_files(endings=CODE):
    return [path for path in source_tree.files(endings=endings) if not path.startswith(GENERATED) or path.endswith(".py")]


def without_comments_and_texts(text):
    """The same lines, without what only looks like code."""
    text = re.sub(r'R"(\w*)\(.*?\)\1"', lambda raw: '""' + "\n" * raw.group().count("\n"), text, flags=re.DOTALL)
    text = re.sub(r'"(?:\\.|[^"\\\n])*"', '""', text)
    text = re.sub(r"//[^\n]*", "", text)
    return re.sub(r"/\*.*?\*/", lambda comment: "\n" * comment.group().count("\n"), text, flags=re.DOTALL)


def end_of_brackets(text, opening):
    """The place behind the bracket that closes the one at `opening`; -1 when none does."""
    depth = 0
    for at in range(opening, len(text)):
        depth += {"(": 1, ")": -1}.get(text[at], 0)
        if depth == 0:
            return at + 1
    return -1


def unbraced_tries(text):
    """Lines on which TRY stands directly under if, else, for, while or do. It expands to several statements: only the first
    would belong to the condition (firmware/base/result.h)."""
    text = without_comments_and_texts(text)
    lines = []
    for head in re.finditer(r"\b(?:(else|do)\b(?!\s*if\b)|(?:if(?:\s+constexpr)?|for|while)\s*(\())", text):
        body = head.end() if head.group(1) else end_of_brackets(text, head.start(2))
        if body >= 0 and (found := re.match(r"\s*(?:\[\[\w+\]\]\s*)?TRY\s*\(", text[body:])):
            lines.append(text.count("\n", 0, body + found.end()) + 1)
    return lines


class TheHabits(unittest.TestCase):
    def none_of(self, faults):
        self.assertEqual([], faults, "\n" + "\n".join(faults))

    def test_the_tree_is_really_there(self):
        self.assertGreater(len(code_files((".h", ".cpp"))), 60)

    def test_no_file_is_longer_than_five_hundred_lines(self):
        self.none_of([f"{path}: {lines} lines" for path in code_files()
                      if (lines := source_tree.read(path).count("\n")) > MOST_LINES])

    def test_nothing_is_left_for_later_in_the_text(self):
        self.none_of([f"{path}:{number}: {line.strip()}" for path in code_files() + source_tree.files(endings=(".md",))
                      for number, line in enumerate(source_tree.read(path).splitlines(), 1) if LEFTOVERS.search(line)])

    def test_our_code_does_not_throw(self):
        self.none_of([f"{path}: throws" for path in code_files((".h", ".cpp"))
                      if re.search(r"\bthrow\b(?!\s*\(\s*\))", without_comments_and_texts(source_tree.read(path)))])

    def test_no_try_stands_under_a_condition_without_braces(self):
        tries = sum(source_tree.read(path).count("TRY(") for path in code_files((".h", ".cpp")))
        self.assertGreater(tries, 200)
        self.none_of([f"{path}:{line}: TRY under a condition needs braces" for path in code_files((".h", ".cpp"))
                      for line in unbraced_tries(source_tree.read(path))])

    def test_no_code_is_commented_out(self):
        dead = re.compile(r"^\s*//.*(\)|\]|\}|= [\w.:\"]+);\s*$")
        code = re.compile(r"^\s*//\s*(?:[\w:<>]+\s+[\w:]+\s*(?:=|\()|return\b|if\s*\(|for\s*\(|TRY\(|ENSURE\().*;\s*$")
        self.none_of([f"{path}:{number}: {line.strip()}" for path in code_files((".h", ".cpp"))
                      for number, line in enumerate(source_tree.read(path).splitlines(), 1)
                      if dead.match(line) and code.match(line)])

    def test_a_header_begins_by_saying_what_it_is(self):
        faults = []
        for path in code_files((".h",)):
            lines = source_tree.read(path).splitlines()
            if not lines or not lines[0].startswith("// "):
                faults.append(f"{path}: the first line does not say what this is")
            elif "#pragma once" not in lines:
                faults.append(f"{path}: no #pragma once")
        self.none_of(faults)

    def test_test_names_are_sentences(self):
        faults, seen = [], 0
        for path in source_tree.files(tops=("tests",), endings=("_test.cpp",)):
            for _, name in TEST_NAME.findall(source_tree.read(path)):
                seen += 1
                if len(WORDS.findall(name)) < 2 or "_" in name:
                    faults.append(f"{path}: {name} is not a sentence")
        self.assertGreater(seen, 50)
        self.none_of(faults)

    def test_no_test_is_skipped_or_switched_off(self):
        this = "tests/house/style_test.py"
        self.none_of([f"{path}: holds a skipped test" for path in source_tree.files(tops=("tests",), endings=(".cpp", ".py"))
                      if path != this and DISABLED.search(source_tree.read(path))])

    def test_every_test_file_is_built_and_registered(self):
        faults = []
        for path in source_tree.files(tops=("tests",), endings=("_test.cpp", "_test.py")):
            lists = os.path.join(os.path.dirname(path), "CMakeLists.txt")
            if not os.path.exists(os.path.join(source_tree.ROOT, lists)):
                faults.append(f"{path}: no CMakeLists.txt beside it")
                continue
            text = source_tree.read(lists)
            if path.endswith("_test.py"):
                named = os.path.basename(path) in text or "GLOB" in text or "shosoin_python_tests" in text
            else:
                named = "shosoin_tests" in text or os.path.basename(path) in text
            if not named:
                faults.append(f"{path}: its CMakeLists.txt does not run it")
        self.none_of(faults)

    def test_every_folder_has_a_short_page(self):
        folders = {os.path.dirname(path) for path in code_files((".h", ".cpp"))
                   if path.split("/")[0] in source_tree.FLOORS}
        folders |= set(source_tree.FLOORS) | {"deploy", "tests"}
        faults = []
        for folder in sorted(folders):
            page = os.path.join(folder, "README.md")
            if not os.path.exists(os.path.join(source_tree.ROOT, page)):
                faults.append(f"{folder}: no README.md")
            elif (lines := source_tree.read(page).count("\n")) >= MOST_README_LINES:
                faults.append(f"{page}: {lines} lines, the bound is {MOST_README_LINES}")
        self.none_of(faults)

    def test_every_stored_format_has_its_fuzz_target(self):
        targets = source_tree.files(tops=("tests/fuzz",), endings=("_fuzz.cpp",))
        self.assertGreater(len(targets), 0)
        self.none_of([f"{path}: defines no LLVMFuzzerTestOneInput" for path in targets
                      if "LLVMFuzzerTestOneInput" not in source_tree.read(path)])


class ThePlantedFault(unittest.TestCase):
    def test_a_leftover_is_seen(self):
        self.assertTrue(LEFTOVERS.search("// TO" + "DO: later"))
        self.assertTrue(LEFTOVERS.search("@" + "@TABLE@" + "@"))

    def test_a_throw_is_seen_but_not_in_a_comment_or_text(self):
        self.assertIn("throw", without_comments_and_texts("throw 1;"))
        self.assertNotIn("throw", without_comments_and_texts('say("throw"); // throw'))

    def test_a_try_under_a_condition_without_braces_is_seen(self):
        planted = ("if (a) TRY(b());", "if (f(a, g(b)))\n  TRY(auto c, d());", "if (a) { b(); } else TRY(c());", "for (auto& a : b) TRY(c(a));",
                   "while (a)\n\n  TRY(b());", "do TRY(a()); while (b);", "if constexpr (a) TRY(b());", "if (a) // why\n  TRY(b());",
                   "if (a) [[unlikely]] TRY(b());", 'if (a == ")") TRY(b());')
        for text in planted:
            self.assertEqual([text.count("\n") + 1], unbraced_tries(text), text)

    def test_a_try_in_braces_or_on_its_own_is_no_fault(self):
        for text in ("if (a) {\n  TRY(b());\n}", "if (a) return b;\nTRY(c());", "for (;;) { TRY(a()); }", "} else {\n  TRY(a());\n}",
                     "// if (a) TRY(b());", 'say("if (a) TRY(b());");', "do { TRY(a()); } while (b);\n  TRY(c());",
                     "else if (a) {\n  TRY(b());\n}", "while (next()) {\n}\nTRY(a());"):
            self.assertEqual([], unbraced_tries(text), text)

    def test_a_short_name_is_no_sentence(self):
        self.assertLess(len(WORDS.findall("Works")), 2)
        self.assertGreaterEqual(len(WORDS.findall("RefusesARecordMovedToAnotherMunicipality")), 3)


if __name__ == "__main__":
    unittest.main()
