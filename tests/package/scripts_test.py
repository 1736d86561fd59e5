#!/usr/bin/env python3
"""Install, upgrade, remove and purge in a scratch root of dpkg's own: accounts, directories, modes, the conffile, and what a purge asks.
The same against a whole Debian: tests/package/campaign."""
import os
import pty
import select
import shutil
import stat
import tempfile
import time
import unittest

import package

DEBCONF = """Config: config
Templates: templates

Name: config
Driver: File
Mode: 600
Filename: /var/cache/debconf/config.dat

Name: templates
Driver: File
Mode: 644
Filename: /var/cache/debconf/templates.dat
"""
CONFFILE = "etc/shosoin/shosoin.toml"
DATA = ("var/lib/shosoin", "var/lib/shosoin-copy", "var/log/shosoin")


class Root:
    """A directory that dpkg takes for a system. The maintainer scripts run from outside with DPKG_ROOT, as they would in a bootstrap."""

    def __init__(self, folder):
        self.folder = folder

    def make(self):
        os.chmod(self.folder, 0o755)
        for place in ("etc", "var/lib/dpkg/info", "var/lib/dpkg/updates", "var/cache/debconf", "run"):
            os.makedirs(os.path.join(self.folder, place))
        self.write("var/lib/dpkg/status", "")
        self.write("etc/debconf.conf", DEBCONF)
        self.write("etc/passwd", "root:x:0:0:root:/root:/bin/sh\n")
        self.write("etc/group", "root:x:0:\n")
        return self

    def copy(self, folder):
        """With owners, modes and links."""
        package.must(*package.AS_ROOT, "cp", "-a", self.folder, folder)
        return Root(folder)

    def at(self, path):
        return os.path.join(self.folder, path)

    def write(self, path, text):
        os.makedirs(os.path.dirname(self.at(path)), exist_ok=True)
        with open(self.at(path), "w", encoding="utf-8") as file:
            file.write(text)

    def read(self, path):
        with open(self.at(path), encoding="utf-8") as file:
            return file.read()

    def words(self, *more):
        return [*package.AS_ROOT, "dpkg", f"--root={self.folder}", "--force-script-chrootless", "--force-depends", "--force-bad-path",
                f"--log={self.at('dpkg.log')}", *more]

    def dpkg(self, *more, frontend="noninteractive"):
        environment = dict(os.environ, DEBIAN_FRONTEND=frontend, LC_ALL="C.UTF-8")
        return package.must(*self.words(*more), env=environment)

    def ask(self, answer, *more):
        """The same at a terminal, where somebody answers debconf's question: what was shown, and whether it went well."""
        child, terminal = pty.fork()
        if child == 0:
            os.environ.update(DEBIAN_FRONTEND="readline", LC_ALL="C.UTF-8", TERM="dumb")
            os.execvp((words := self.words(*more))[0], words)
        shown, answered, end = b"", False, time.monotonic() + 60
        while time.monotonic() < end:
            if not select.select([terminal], [], [], 1)[0]:
                continue
            try:
                piece = os.read(terminal, 4096)
            except OSError:
                break
            if not piece:
                break
            shown += piece
            if not answered and b"[yes/no]" in shown:
                os.write(terminal, answer.encode() + b"\n")
                answered = True
        os.close(terminal)
        return shown.decode(errors="replace"), os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])

    def number_of(self, account, file="etc/passwd"):
        for line in self.read(file).splitlines():
            if line.startswith(account + ":"):
                return int(line.split(":")[2])
        raise AssertionError(f"no {account} in {file}")

    def state(self):
        for part in self.read("var/lib/dpkg/status").split("\n\n"):
            if part.startswith("Package: shosoin\n"):
                return next(line[8:] for line in part.splitlines() if line.startswith("Status: "))
        return None


class TheScripts(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.home = tempfile.mkdtemp(prefix="shosoin-scripts-")
        cls.addClassCleanup(lambda: package.run(*package.AS_ROOT, "rm", "-rf", cls.home))
        tree = package.unpack(os.path.join(cls.home, "tree"))
        cls.first = package.repack(tree, os.path.join(cls.home, "first.deb"), "0.1.0-1")
        with open(os.path.join(tree, CONFFILE), "a", encoding="utf-8") as file:
            file.write("# a later version explains more\n")
        cls.second = package.repack(tree, os.path.join(cls.home, "second.deb"), "0.1.0-2")
        cls.installed = Root(tempfile.mkdtemp(dir=cls.home)).make()
        cls.installed.dpkg("--install", cls.first)

    def setUp(self):
        self.root = self.installed.copy(os.path.join(self.home, self.id().rsplit(".", 1)[1]))

    def put_data(self):
        for place in DATA:
            self.root.write(f"{place}/data/kept", "a record")
        self.root.write("etc/shosoin/gate.key", "a key")

    def facts(self, path):
        found = os.stat(self.root.at(path))
        return stat.S_IMODE(found.st_mode), found.st_uid, found.st_gid

    def left(self):
        return [place for place in (*DATA, "etc/shosoin") if os.path.exists(self.root.at(f"{place}/data/kept")) or
                os.path.exists(self.root.at(f"{place}/gate.key"))]

    def test_installing_makes_two_accounts_that_cannot_log_in(self):
        users = {line.split(":")[0]: line.split(":") for line in self.root.read("etc/passwd").splitlines()}
        for account in ("shosoin-vault", "shosoin-gate"):
            self.assertEqual("/usr/sbin/nologin", users[account][6])
            self.assertNotEqual("0", users[account][2])
        self.assertNotEqual(users["shosoin-vault"][2], users["shosoin-gate"][2])
        members = {line.split(":")[0]: line.split(":")[3] for line in self.root.read("etc/group").splitlines()}
        self.assertEqual("shosoin-vault", members["tss"])
        self.assertEqual({"tss"}, {group for group, names in members.items() if names})

    def test_installing_makes_directories_that_only_their_owner_reads(self):
        vault, group = self.root.number_of("shosoin-vault"), self.root.number_of("shosoin-vault", "etc/group")
        for place in (*DATA, "run/shosoin/admin"):
            self.assertEqual((0o700, vault, group), self.facts(place), place)
        self.assertEqual((0o2750, vault, self.root.number_of("shosoin-gate", "etc/group")), self.facts("run/shosoin/gate"))
        self.assertEqual((0o711, 0, 0), self.facts("run/shosoin"))
        self.assertEqual((0o644, 0, 0), self.facts(CONFFILE))

    def test_a_socket_in_the_gates_directory_gets_the_gates_group(self):
        import socket
        with socket.socket(socket.AF_UNIX) as probe:
            here = os.getcwd()
            os.chdir(self.root.at("run/shosoin/gate"))
            self.addCleanup(os.chdir, here)
            probe.bind("gate.sock")
        self.assertEqual(self.root.number_of("shosoin-gate", "etc/group"), self.facts("run/shosoin/gate/gate.sock")[2])

    def test_installing_enables_nothing(self):
        wanted = [os.path.join(folder, name) for folder, _, names in os.walk(self.root.at("etc/systemd")) for name in names]
        self.assertEqual([], wanted)

    def test_an_upgrade_keeps_the_settings_and_the_data(self):
        self.put_data()
        self.root.write(CONFFILE, "# ours\n")
        before = self.root.read("etc/passwd")
        told = self.root.dpkg("--force-confdef", "--force-confold", "--install", self.second)
        self.assertEqual("install ok installed", self.root.state(), told)
        self.assertEqual("# ours\n", self.root.read(CONFFILE))
        self.assertEqual(4, len(self.left()))
        self.assertEqual(before, self.root.read("etc/passwd"))

    def test_an_upgrade_takes_new_settings_where_nobody_changed_them(self):
        self.root.dpkg("--install", self.second)
        self.assertTrue(self.root.read(CONFFILE).endswith("# a later version explains more\n"))

    def test_removing_takes_the_programs_and_leaves_settings_and_data(self):
        self.put_data()
        self.root.dpkg("--remove", "shosoin")
        self.assertEqual("deinstall ok config-files", self.root.state())
        self.assertFalse(os.path.exists(self.root.at("usr/sbin/shosoin-vault")))
        self.assertTrue(os.path.exists(self.root.at(CONFFILE)))
        self.assertEqual(4, len(self.left()))

    def test_a_purge_nobody_watches_keeps_the_data_and_says_where_they_are(self):
        self.put_data()
        told = self.root.dpkg("--purge", "shosoin")
        self.assertIsNone(self.root.state())
        self.assertEqual(4, len(self.left()))
        for place in (*DATA, "etc/shosoin"):
            self.assertIn(f"  /{place}\n", told)
        self.assertFalse(os.path.exists(self.root.at(CONFFILE)))

    def test_an_answer_given_beforehand_does_not_remove_the_data(self):
        self.put_data()
        config = "Name: shosoin/purge-data\nTemplate: shosoin/purge-data\nValue: true\nOwners: shosoin\nFlags: seen\n"
        self.root.write("var/cache/debconf/config.dat", config)
        self.root.dpkg("--purge", "shosoin")
        self.assertEqual(4, len(self.left()))

    def test_a_purge_at_a_terminal_asks_and_no_keeps_the_data(self):
        self.put_data()
        shown, code = self.root.ask("no", "--purge", "shosoin")
        self.assertEqual(0, code, shown)
        self.assertIn("Remove all records, keys and logs of Shosoin?", shown)
        self.assertEqual(4, len(self.left()))

    def test_a_purge_at_a_terminal_asks_and_yes_removes_the_data(self):
        self.put_data()
        outside = os.path.join(self.home, "outside")
        os.makedirs(outside, exist_ok=True)
        with open(os.path.join(outside, "other"), "w", encoding="utf-8") as file:
            file.write("not ours")
        os.symlink(outside, self.root.at("var/lib/shosoin/link"))
        shown, code = self.root.ask("yes", "--purge", "shosoin")
        self.assertEqual(0, code, shown)
        self.assertEqual([], self.left(), shown)
        for place in (*DATA, "etc/shosoin"):
            self.assertFalse(os.path.exists(self.root.at(place)), place)
        self.assertTrue(os.path.exists(os.path.join(outside, "other")), "a purge followed a link")

    def test_a_place_that_is_a_link_is_left_alone(self):
        outside = os.path.join(self.root.folder, "elsewhere")
        self.put_data()
        shutil.move(self.root.at("var/lib/shosoin-copy"), outside)
        os.symlink(outside, self.root.at("var/lib/shosoin-copy"))
        self.root.ask("yes", "--purge", "shosoin")
        self.assertTrue(os.path.exists(os.path.join(outside, "data/kept")))

    def test_a_purge_without_data_asks_nothing_and_leaves_nothing(self):
        shown, code = self.root.ask("no", "--purge", "shosoin")
        self.assertEqual(0, code, shown)
        self.assertNotIn("Remove all", shown)
        for place in (*DATA, "etc/shosoin", "run/shosoin"):
            self.assertFalse(os.path.exists(self.root.at(place)), place)


if __name__ == "__main__":
    unittest.main()
