#!/usr/bin/env python3
"""What is in the package: places, modes, owners, dependencies, pages, completion; stripped programs as hard as the built ones; lintian."""
import gzip
import os
import re
import subprocess
import sys
import tempfile
import tomllib
import unittest

import package

sys.path.insert(0, os.path.join(package.ROOT, "tests", "house"))
import hardening_test  # noqa: E402

PROGRAMS = {"shosoin": "usr/bin", "shosoin-vault": "usr/sbin", "shosoin-gate": "usr/sbin"}
PLACES = ("/etc/shosoin/shosoin.toml", "/lib/systemd/system/shosoin-vault.service", "/lib/systemd/system/shosoin-gate.service",
          "/lib/systemd/system/shosoin-gate.socket", "/usr/bin/shosoin", "/usr/lib/sysusers.d/shosoin.conf", "/usr/lib/tmpfiles.d/shosoin.conf",
          "/usr/sbin/shosoin-gate", "/usr/sbin/shosoin-vault", "/usr/share/bash-completion/completions/shosoin",
          "/usr/share/doc/shosoin/changelog.Debian.gz", "/usr/share/doc/shosoin/changelog.gz", "/usr/share/doc/shosoin/copyright",
          "/usr/share/doc/shosoin/examples/shosoin.toml", "/usr/share/doc/shosoin/operations.md.gz", "/usr/share/lintian/overrides/shosoin",
          *(f"/usr/share/man/{language}{page}.gz" for language in ("", "ja/") for page in
            ("man1/shosoin.1", "man5/shosoin-settings.5", "man8/shosoin-vault.8", "man8/shosoin-gate.8")))


def setUpModule():
    global HOME, TREE
    HOME = tempfile.TemporaryDirectory(prefix="shosoin-package-")
    unittest.addModuleCleanup(HOME.cleanup)
    TREE = package.unpack(os.path.join(HOME.name, "tree"))


def content(path):
    path = os.path.join(TREE, path.lstrip("/"))
    with (gzip.open if path.endswith(".gz") else open)(path, "rt", encoding="utf-8") as file:
        return file.read()


class TheContents(unittest.TestCase):
    def test_every_file_has_its_place_and_nothing_else_is_there(self):
        files = {path for path, (mode, _) in package.listed().items() if not mode.startswith("d")}
        self.assertEqual(sorted(PLACES), sorted(files))

    def test_everything_belongs_to_root_and_only_programs_run(self):
        for path, (mode, owner) in package.listed().items():
            self.assertEqual("root/root", owner, path)
            runs = mode.startswith("d") or os.path.basename(path) in PROGRAMS and path.lstrip("/").startswith(("usr/bin/", "usr/sbin/"))
            self.assertEqual("rwxr-xr-x" if runs else "rw-r--r--", mode[1:], path)

    def test_the_settings_are_a_conffile_without_a_secret(self):
        self.assertEqual("/etc/shosoin/shosoin.toml\n", content("DEBIAN/conffiles"))
        with open(os.path.join(package.ROOT, "deploy", "settings.example.toml"), encoding="utf-8") as file:
            self.assertEqual(file.read(), content("/etc/shosoin/shosoin.toml"))
        self.assertNotRegex(content("/etc/shosoin/shosoin.toml"), r"BEGIN|password|secret")

    def test_the_settings_fit_the_units_and_directories(self):
        settings = tomllib.loads(content("/etc/shosoin/shosoin.toml"))
        made = {line.split()[1] for line in content("/usr/lib/tmpfiles.d/shosoin.conf").splitlines() if line.startswith("d ")}
        for path in (settings["vault"]["data_directory"], settings["vault"]["state_copy_directory"], settings["vault"]["gate_socket"],
                     settings["vault"]["admin_socket"], settings["tpm"]["auth_file"]):
            self.assertIn(os.path.dirname(path), made)
        vault = content("/lib/systemd/system/shosoin-vault.service")
        self.assertIn(f"ConditionPathExists={settings['vault']['data_directory']}/provisioning.json\n", vault)
        self.assertEqual(settings["vault"]["gate_socket"], settings["gate"]["vault_socket"])
        self.assertEqual("systemd", settings["gate"]["listen"])
        self.assertEqual("device:/dev/tpmrm0", settings["tpm"]["tcti"])

    def test_it_depends_on_what_it_links_and_on_what_it_loads_by_name(self):
        depends = re.search(r"^Depends: (.*)$", content("DEBIAN/control"), re.MULTILINE).group(1)
        for name in ("libc6", "libssl3", "libsodium23", "liblmdb0", "libtss2-esys-3.0.2-0", "libseccomp2", "libtss2-tcti-device0", "systemd",
                     "debconf"):
            self.assertRegex(depends, rf"(^|, ){re.escape(name)}\b")

    def test_lintian_finds_nothing(self):
        code, told = package.run("lintian", "--fail-on", "error,warning", "--allow-root", package.the_package())
        self.assertEqual((0, ""), (code, told))

    def test_lintian_would_have_found_something(self):
        bad = os.path.join(HOME.name, "bad")
        package.must("cp", "-a", TREE, bad)
        os.chmod(os.path.join(bad, "usr/share/doc/shosoin/copyright"), 0o777)
        os.remove(os.path.join(bad, "usr/share/doc/shosoin/changelog.Debian.gz"))
        code, told = package.run("lintian", "--fail-on", "error,warning", "--allow-root",
                                 package.repack(bad, os.path.join(HOME.name, "bad.deb"), "0.1.0-1"))
        self.assertEqual(2, code, told)


class ThePackagedPrograms(hardening_test.Programs):
    def place_of(self, program):
        return os.path.join(TREE, PROGRAMS[program], program)

    def test_they_are_stripped(self):
        for _, told in self.each("-S"):
            self.assertNotRegex(told, r"\.symtab|\.debug_info")

    def test_they_are_position_independent(self):
        self.check_position_independence()

    def test_their_relocations_are_read_only_before_main(self):
        self.check_relocations()

    def test_their_stack_is_not_executable_and_nothing_is_both(self):
        self.check_memory()

    def test_they_are_fortified_stack_protected_and_probe_their_stack(self):
        self.check_guards_of_stack_and_buffers()

    def test_they_carry_the_marks_of_control_flow_enforcement(self):
        self.check_control_flow_marks()

    def test_they_have_no_library_search_path_of_their_own(self):
        self.check_search_paths()

    def test_they_link_only_what_their_floor_may_know(self):
        self.check_libraries()

    def test_they_run_and_tell_their_version(self):
        version = package.must(self.place_of("shosoin"), "--version").split()[1]
        self.assertRegex(content("DEBIAN/control"), rf"(?m)^Version: {re.escape(version)}-")


class ThePages(unittest.TestCase):
    def test_every_page_renders_without_a_warning(self):
        pages = [path for path in PLACES if "/man/" in path]
        self.assertEqual(8, len(pages))
        for path in pages:
            roff = content(path)
            done = subprocess.run(["groff", "-man", "-Tutf8", "-K", "utf8", "-wall", "-Wbreak", "-rLL=100n", "-z"], input=roff, text=True, timeout=60,
                                  capture_output=True, check=False)
            self.assertEqual((0, ""), (done.returncode, done.stderr), path)

    def test_shosoin_1_names_every_command_and_every_exit_code(self):
        for path in ("/usr/share/man/man1/shosoin.1.gz", "/usr/share/man/ja/man1/shosoin.1.gz"):
            text = content(path).replace("\\-", "-")
            for command in ("record retrieve", "erasure approve", "certificate get", "verify certificate", "storage check", "journal walk"):
                self.assertIn(f".SS shosoin {command}\n", text)
            for code in (0, 64, 65, 69, 74, 75, 77, 78):
                self.assertRegex(text, rf"(?m)^\s+{code}\s")

    def test_shosoin_settings_5_explains_every_key_of_the_example(self):
        settings = tomllib.loads(content("/etc/shosoin/shosoin.toml"))
        for path in ("/usr/share/man/man5/shosoin-settings.5.gz", "/usr/share/man/ja/man5/shosoin-settings.5.gz"):
            text = content(path)
            for section, keys in settings.items():
                part = re.search(rf"(?ms)^\.SH \[{section}\]\n(.*?)^\.SH ", text).group(1)
                for key in keys:
                    self.assertRegex(part, rf"(?m)^\.B {key}( |$)")

    def test_the_japanese_pages_are_japanese_and_the_english_are_not(self):
        japanese = re.compile("[ぁ-んァ-ヶ一-龠]")
        for path in PLACES:
            if "/man/" in path:
                part = re.search(r"(?ms)^\.SH (?:DESCRIPTION|説明)\n(.*?)^\.SH ", content(path)).group(1)
                self.assertEqual("/ja/" in path, japanese.search(part) is not None, path)

    def test_a_page_written_by_hand_names_the_places_of_the_settings(self):
        settings = tomllib.loads(content("/etc/shosoin/shosoin.toml"))
        for language in ("", "ja/"):
            vault = content(f"/usr/share/man/{language}man8/shosoin-vault.8.gz").replace("\\-", "-")
            gate = content(f"/usr/share/man/{language}man8/shosoin-gate.8.gz").replace("\\-", "-")
            for path in (settings["vault"]["data_directory"], settings["vault"]["gate_socket"], settings["vault"]["admin_socket"]):
                self.assertIn(path, vault)
            for path in (settings["gate"]["certificate"], settings["gate"]["private_key"], settings["gate"]["client_ca"]):
                self.assertIn(path, gate)


class TheCompletion(unittest.TestCase):
    def complete(self, line):
        """What the shell offers at the end of `line`."""
        words = re.split(r" +", line)
        script = ('source "$1"; shift; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); compopt() { echo "+files"; }; _shosoin; '
                  'printf "%s\\n" "${COMPREPLY[@]}"')
        return set(package.must("bash", "--norc", "-c", script, "bash",
                                os.path.join(TREE, "usr/share/bash-completion/completions/shosoin"), *words).split())

    def test_it_offers_nouns_then_verbs(self):
        self.assertLessEqual({"record", "erasure", "init", "status"}, self.complete("shosoin "))
        self.assertEqual({"record", "restore", "retention"}, {word for word in self.complete("shosoin re")})
        self.assertEqual({"add", "list", "revoke"}, self.complete("shosoin terminal "))

    def test_it_offers_the_options_of_the_command_and_of_every_command(self):
        offered = self.complete("shosoin record retrieve --")
        self.assertLessEqual({"--tenant", "--reason", "--case", "--json", "--lang"}, offered)
        self.assertNotIn("--csr", offered)
        self.assertEqual({"--csr"}, self.complete("shosoin terminal add --c") - {"--ca", "--cert", "--code-file"})

    def test_it_offers_the_choices_of_a_value_and_files_where_there_are_none(self):
        self.assertEqual({"ja", "en"}, self.complete("shosoin --lang "))
        self.assertEqual({"en"}, self.complete("shosoin --lang = e"))
        self.assertEqual({"+files"}, self.complete("shosoin terminal add --csr "))

    def test_the_value_of_an_option_is_not_taken_for_a_command(self):
        self.assertIn("retrieve", self.complete("shosoin --settings record record "))
        self.assertIn("terminal", self.complete("shosoin --lang en "))

    def test_it_knows_every_command_of_the_help(self):
        told = package.must(os.path.join(TREE, "usr/bin/shosoin"), "--help")
        nouns = re.findall(r"(?m)^  ([a-z]+) ", told.split("\nSubcommands:\n")[1].split("\n\n")[0])
        self.assertGreater(len(nouns), 15)
        for noun in nouns:
            self.assertIn(noun, self.complete("shosoin "))


if __name__ == "__main__":
    unittest.main()
