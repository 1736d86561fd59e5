#!/usr/bin/env python3
"""The built programs: position independent, read-only relocations, fortified, stack protected, no search path of their own."""
import os
import re
import subprocess
import unittest

BUILD = os.environ.get("SHOSOIN_BUILD_DIR", "")
PROGRAMS = ("shosoin-vault", "shosoin-gate", "shosoin")
# What the gate and the command line may link is told by the house: neither database nor TPM belongs to the gate.
FORBIDDEN_LIBRARIES = {"shosoin-gate": ("liblmdb", "libtss2", "libgfshare"), "shosoin-vault": ("libcurl", "libboost_beast")}


def readelf(option, program):
    return subprocess.run(["readelf", "-W", option, os.path.join(BUILD, program)], check=True, text=True,
                          capture_output=True, timeout=60).stdout


class TheBuiltPrograms(unittest.TestCase):
    def setUp(self):
        self.assertTrue(BUILD, "SHOSOIN_BUILD_DIR is not set")
        with open(os.path.join(BUILD, "CMakeCache.txt"), encoding="utf-8") as file:
            self.sanitized = re.search(r"^SHOSOIN_SANITIZE:STRING=.+$", file.read(), re.MULTILINE) is not None
        for program in PROGRAMS:
            self.assertTrue(os.path.exists(os.path.join(BUILD, program)), f"{program} has not been built")

    def each(self, option):
        for program in PROGRAMS:
            with self.subTest(program=program):
                yield program, readelf(option, program)

    def test_they_are_position_independent(self):
        for _, told in self.each("-h"):
            self.assertIn("DYN (Position-Independent Executable file)", told)

    def test_their_relocations_are_read_only_before_main(self):
        if not self.sanitized:
            for _, told in self.each("-d"):
                self.assertIn("BIND_NOW", told)
            for _, told in self.each("-l"):
                self.assertIn("GNU_RELRO", told)

    def test_their_stack_is_not_executable(self):
        for _, told in self.each("-l"):
            self.assertRegex(told, r"GNU_STACK.*RW ")

    def test_they_are_fortified_and_stack_protected(self):
        if not self.sanitized:
            for _, told in self.each("--dyn-syms"):
                self.assertIn("__stack_chk_fail", told)
                self.assertRegex(told, r"__\w+_chk@")

    def test_they_carry_the_marks_of_control_flow_enforcement(self):
        if not self.sanitized:
            for _, told in self.each("-n"):
                self.assertIn("IBT", told)
                self.assertIn("SHSTK", told)

    def test_they_have_no_library_search_path_of_their_own(self):
        for _, told in self.each("-d"):
            self.assertNotRegex(told, r"RPATH|RUNPATH")

    def test_they_link_only_what_their_floor_may_know(self):
        for program, told in self.each("-d"):
            for library in FORBIDDEN_LIBRARIES.get(program, ()):
                self.assertNotIn(library, told)


if __name__ == "__main__":
    unittest.main()
