#!/usr/bin/env python3
"""The units: at most 0.7 in `systemd-analyze security`, sound for systemd, and not narrower than the programs' own confinement."""
import os
import re
import shutil
import sys
import tempfile
import unittest

import package

sys.path.insert(0, os.path.join(package.ROOT, "tests", "house"))
import source_tree  # noqa: E402

WORST = 0.7
SERVICES = ("shosoin-vault.service", "shosoin-gate.service")
UNITS = SERVICES + ("shosoin-gate.socket",)


def read(unit):
    """[(key, value)] of a unit, in order."""
    with open(os.path.join(package.UNITS, unit), encoding="utf-8") as file:
        return re.findall(r"^(\w+)=(.*)$", file.read(), re.MULTILINE)


def values(unit, key):
    return [value for found, value in read(unit) if found == key]


def exposure(path):
    """(what systemd says of the unit, 0.0 to 10.0; whether it is above the bound in systemd's own judgement)"""
    code, told = package.run("systemd-analyze", "security", "--offline=yes", "--no-pager", f"--threshold={int(WORST * 10)}", path)
    score = re.search(r"Overall exposure level for \S+: ([0-9.]+)", told)
    if not score:
        raise AssertionError(told)
    return float(score.group(1)), code != 0


def calls_of(group):
    told = package.must("systemd-analyze", "syscall-filter", "--no-pager", group)
    for line in told.splitlines()[1:]:
        word = line.strip()
        if word.startswith("@"):
            yield from calls_of(word)
        elif word and not word.startswith("#"):
            yield word


def allowed(unit):
    calls = set()
    for value in values(unit, "SystemCallFilter"):
        for word in value.lstrip("~").split():
            group = set(calls_of(word)) if word.startswith("@") else {word}
            calls = calls - group if value.startswith("~") else calls | group
    return calls


def own_list(name):
    text = re.search(rf"{name}\[\] = \{{(.*?)\}};", source_tree.read("firmware/sandbox/system_calls.h"), re.DOTALL).group(1)
    return set(re.findall(r"SCMP_SYS\((\w+)\)", text))


class TheExposure(unittest.TestCase):
    def test_vault_and_gate_are_at_most_at_the_bound(self):
        for unit in SERVICES:
            score, above = exposure(os.path.join(package.UNITS, unit))
            print(f"{unit}: {score}")
            self.assertLessEqual(score, WORST)
            self.assertFalse(above)

    def test_a_unit_with_a_network_would_be_above_the_bound(self):
        with tempfile.TemporaryDirectory() as folder:
            for unit in SERVICES:
                with open(os.path.join(package.UNITS, unit), encoding="utf-8") as file:
                    text = file.read()
                weaker = re.sub(r"(?m)^(PrivateNetwork|RestrictAddressFamilies|IPAddressDeny|CapabilityBoundingSet)=.*\n", "", text)
                self.assertNotEqual(text, weaker)
                path = os.path.join(folder, unit)
                with open(path, "w", encoding="utf-8") as file:
                    file.write(weaker)
                score, above = exposure(path)
                self.assertGreater(score, WORST)
                self.assertTrue(above)


class TheUnits(unittest.TestCase):
    def test_systemd_understands_every_line(self):
        with tempfile.TemporaryDirectory() as folder:
            for place in ("usr/sbin", "lib/systemd/system"):
                os.makedirs(os.path.join(folder, place))
            for program in ("shosoin-vault", "shosoin-gate"):
                shutil.copy("/bin/true", os.path.join(folder, "usr/sbin", program))
            paths = [shutil.copy(os.path.join(package.UNITS, unit), os.path.join(folder, "lib/systemd/system")) for unit in UNITS]
            for name in ("sysinit.target", "basic.target", "sockets.target", "shutdown.target", "multi-user.target"):
                with open(os.path.join(folder, "lib/systemd/system", name), "w", encoding="utf-8") as file:
                    file.write("[Unit]\nDescription=of the system\n")
            inside = ["/" + os.path.relpath(path, folder) for path in paths]
            code, told = package.run("systemd-analyze", "verify", "--man=no", "--recursive-errors=yes", f"--root={folder}", *inside)
            ours = [line for line in told.splitlines() if "shosoin" in line]
            self.assertEqual((0, []), (code, ours), told)
            with open(os.path.join(folder, "lib/systemd/system/shosoin-gate.service"), "a", encoding="utf-8") as file:
                file.write("[Service]\nRestrictEverything=yes\n")
            _, told = package.run("systemd-analyze", "verify", "--man=no", f"--root={folder}", inside[1])
            self.assertIn("RestrictEverything", told)

    def test_they_allow_what_the_programs_own_confinement_allows(self):
        """Otherwise a call that works in every other test fails only under systemd."""
        ordinary, changing = own_list("kOrdinaryCalls"), own_list("kFileChangingCalls")
        self.assertGreater(len(ordinary), 90)
        self.assertGreater(len(changing), 20)
        narrow = {"clone", "clone3", "mmap", "mprotect", "socket", "socketpair", "prlimit64", "tgkill", "ioctl", "prctl"}
        starting = {"execve", "seccomp", "bind", "listen", "chmod", "umask", "arch_prctl"}
        self.assertEqual(set(), (ordinary | changing | narrow | starting) - allowed(SERVICES[0]))
        # The gate asks for no priority of its own, and its socket is bound and listening already.
        self.assertEqual({"setpriority"}, (ordinary | narrow | {"execve", "seccomp"}) - allowed(SERVICES[1]))

    def test_they_allow_nothing_that_could_only_be_an_attack(self):
        deadly = own_list("kDeadlyCalls") - {"execve", "execveat"}  # systemd itself needs execve; the programs give it up
        self.assertGreater(len(deadly), 40)
        self.assertEqual({"unshare", "setns"}, deadly & allowed(SERVICES[0]))  # with @process; RestrictNamespaces= refuses them
        self.assertEqual({"unshare", "setns"}, deadly & allowed(SERVICES[1]))
        for unit in SERVICES:
            self.assertEqual(["yes"], values(unit, "RestrictNamespaces"))

    def test_the_vault_has_one_device_and_no_network(self):
        self.assertEqual(["/dev/tpmrm0 rw"], values(SERVICES[0], "DeviceAllow"))
        for key, value in (("PrivateNetwork", "yes"), ("RestrictAddressFamilies", "AF_UNIX"), ("IPAddressDeny", "any"),
                           ("DevicePolicy", "closed"), ("LimitCORE", "0"), ("User", "shosoin-vault")):
            self.assertEqual([value], values(SERVICES[0], key), key)

    def test_the_gate_has_no_device_and_neither_data_nor_network_of_its_own(self):
        self.assertEqual([], values(SERVICES[1], "DeviceAllow") + values(SERVICES[1], "BindPaths") + values(SERVICES[1], "ReadWritePaths"))
        hidden = values(SERVICES[1], "InaccessiblePaths")[0].split()
        self.assertLessEqual({"-/var/lib/shosoin", "-/var/lib/shosoin-copy", "-/run/shosoin/admin"}, set(hidden))
        for key, value in (("PrivateNetwork", "yes"), ("RestrictAddressFamilies", "AF_UNIX"), ("PrivateDevices", "yes"),
                           ("LimitCORE", "0"), ("User", "shosoin-gate")):
            self.assertEqual([value], values(SERVICES[1], key), key)

    def test_nothing_starts_before_init_and_failures_are_tried_again_within_bounds(self):
        for unit in (SERVICES[0], UNITS[2]):
            self.assertIn("/var/lib/shosoin/data/provisioning.json", values(unit, "ConditionPathExists"))
        for unit in SERVICES:
            for key in ("StartLimitIntervalSec", "StartLimitBurst", "WatchdogSec"):
                self.assertEqual(1, len(values(unit, key)), key)
            self.assertEqual(["on-failure"], values(unit, "Restart"))
            self.assertEqual(["64 78"], values(unit, "RestartPreventExitStatus"))


if __name__ == "__main__":
    unittest.main()
