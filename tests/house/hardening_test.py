#!/usr/bin/env python3
"""The built programs: position independent, read-only relocations, fortified, stack protected, no search path of their own. The package's
test holds the stripped programs to the same (tests/package)."""
import glob
import json
import os
import re
import subprocess
import unittest

BUILD = os.environ.get("SHOSOIN_BUILD_DIR", "")
PROGRAMS = ("shosoin-vault", "shosoin-gate", "shosoin")
# What the gate and the command line may link is told by the house: neither database nor TPM belongs to the gate.
FORBIDDEN_LIBRARIES = {"shosoin-gate": ("liblmdb", "libtss2", "libgfshare"), "shosoin-vault": ("libcurl", "libboost_beast")}
# Which level of fortification was asked for cannot be seen in a program, only in how it was compiled.
FLAGS = ("-O2", "-D_FORTIFY_SOURCE=3", "-fstack-protector-strong", "-fstack-clash-protection", "-fcf-protection=full", "-fPIE")
FLOORS = ("firmware", "crypto", "hardware", "storage", "admin-api")


def readelf(option, *files):
    return subprocess.run(["readelf", "-W", option, *files], check=True, text=True, capture_output=True, timeout=60).stdout


class Programs(unittest.TestCase):
    """What holds for the three programs wherever they lie. No test by itself."""

    sanitized = False

    def place_of(self, program):
        raise NotImplementedError

    def setUp(self):
        for program in PROGRAMS:
            self.assertTrue(os.path.exists(self.place_of(program)), f"{program} has not been built")

    def each(self, option):
        for program in PROGRAMS:
            with self.subTest(program=program):
                yield program, readelf(option, self.place_of(program))

    def check_position_independence(self):
        for _, told in self.each("-h"):
            self.assertIn("DYN (Position-Independent Executable file)", told)
        for _, told in self.each("-d"):
            self.assertRegex(told, r"FLAGS_1\b.*\bPIE\b")
            self.assertNotIn("TEXTREL", told)

    def check_relocations(self):
        for _, told in self.each("-d"):
            self.assertRegex(told, r"FLAGS\b.*\bBIND_NOW\b")
            self.assertRegex(told, r"FLAGS_1\b.*\bNOW\b")
        for _, told in self.each("-l"):
            self.assertIn("GNU_RELRO", told)

    def check_memory(self):
        for _, told in self.each("-l"):
            self.assertRegex(told, r"GNU_STACK.*RW ")
            self.assertNotRegex(told, r"\bRWE\b")

    def check_guards_of_stack_and_buffers(self):
        for program, told in self.each("--dyn-syms"):
            self.assertIn("__stack_chk_fail", told)
            self.assertRegex(told, r"__\w+_chk@")
            code = subprocess.run(["objdump", "-d", "--no-show-raw-insn", self.place_of(program)], check=True, text=True,
                                  capture_output=True, timeout=120).stdout
            self.assertIn("orq    $0x0,(%rsp)", code, "no page of the stack is probed")
            self.assertGreater(code.count("endbr64"), 100)

    def check_control_flow_marks(self):
        for _, told in self.each("-n"):
            self.assertRegex(told, r"x86 feature: IBT, SHSTK")

    def check_search_paths(self):
        for _, told in self.each("-d"):
            self.assertNotRegex(told, r"RPATH|RUNPATH")

    def check_libraries(self):
        for program, told in self.each("-d"):
            for library in FORBIDDEN_LIBRARIES.get(program, ()):
                self.assertNotIn(library, told)


class TheBuiltPrograms(Programs):
    def place_of(self, program):
        return os.path.join(BUILD, program)

    def setUp(self):
        self.assertTrue(BUILD, "SHOSOIN_BUILD_DIR is not set")
        with open(os.path.join(BUILD, "CMakeCache.txt"), encoding="utf-8") as file:
            self.sanitized = re.search(r"^SHOSOIN_SANITIZE:STRING=.+$", file.read(), re.MULTILINE) is not None
        super().setUp()

    def test_they_are_position_independent(self):
        self.check_position_independence()

    def test_their_relocations_are_read_only_before_main(self):
        if not self.sanitized:
            self.check_relocations()

    def test_their_stack_is_not_executable_and_nothing_is_both(self):
        self.check_memory()

    def test_they_are_fortified_stack_protected_and_probe_their_stack(self):
        if not self.sanitized:
            self.check_guards_of_stack_and_buffers()

    def test_they_carry_the_marks_of_control_flow_enforcement(self):
        if not self.sanitized:
            self.check_control_flow_marks()

    def test_the_mark_is_earned_by_every_object_of_the_house(self):
        """The linker is told to set the mark; it is true only if each of our objects carries it by itself."""
        if self.sanitized:
            return
        archives = [path for floor in FLOORS for path in glob.glob(os.path.join(BUILD, floor, "**", "lib*.a"), recursive=True)]
        mains = glob.glob(os.path.join(BUILD, "admin-api", "*", "CMakeFiles", "*.dir", "main.cpp.o"))
        self.assertGreater(len(archives), 10)
        self.assertEqual(3, len(mains))
        told = re.split(r"^File: ", readelf("-n", *archives, *mains), flags=re.MULTILINE)[1:]
        self.assertGreater(len(told), 100)
        self.assertEqual([], [part.split("\n")[0] for part in told if "IBT, SHSTK" not in part])

    def test_every_source_is_compiled_with_all_guards(self):
        if self.sanitized:
            return
        with open(os.path.join(BUILD, "compile_commands.json"), encoding="utf-8") as file:
            commands = [entry for entry in json.load(file) if re.search(r"/(?:" + "|".join(FLOORS) + r")/", entry["file"])]
        self.assertGreater(len(commands), 100)
        for entry in commands:
            words = entry["command"].split()
            wanted = [flag for flag in FLAGS if flag not in words and not (flag == "-fPIE" and "-fPIC" in words)]
            self.assertEqual([], wanted, entry["file"])
            self.assertFalse([word for word in words if word.startswith(("-fno-stack", "-U_FORTIFY", "-fcf-protection=n"))], entry["file"])

    def test_they_have_no_library_search_path_of_their_own(self):
        self.check_search_paths()

    def test_they_link_only_what_their_floor_may_know(self):
        self.check_libraries()


if __name__ == "__main__":
    unittest.main()
