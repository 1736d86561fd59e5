#!/usr/bin/env python3
"""The running vault and gate, started as the units start them - accounts of their own, no capability, the gate's socket handed over -
and looked at from outside: which descriptors they hold, and what they have given up. Needs the rights of root."""
import ctypes
import fcntl
import os
import re
import shutil
import socket
import stat
import struct
import subprocess
import sys
import unittest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, "tests", "story"))

import harness  # noqa: E402
from installation import ENVIRONMENT, READY, Failed  # noqa: E402
from processes import Process, wait_until  # noqa: E402

# Two accounts that every Debian has, in place of shosoin-vault and shosoin-gate.
VAULT, GATE = ("daemon", 1), ("nobody", 65534)
GATE_GROUP = 65534
PIDFD_GETFD = 438  # asm-generic, the same on every architecture
SO_ACCEPTCONN, SO_PEERCRED = 30, 17
PLAIN = re.compile(r"^(?:anon_inode:\[(?:eventpoll|eventfd|timerfd|signalfd)\]|pipe:\[\d+\]|/dev/null)$")


def confined(account, words):
    """As a unit does: user, no supplementary group, no capability, no new privilege."""
    number = str(account[1])
    return ["setpriv", f"--reuid={number}", f"--regid={number}", "--clear-groups", "--no-new-privs", "--bounding-set=-all",
            "--inh-caps=-all", "--ambient-caps=-all", *words]


def sockets_of(pid):
    """{descriptor: the very socket, as a descriptor of ours}"""
    libc = ctypes.CDLL(None, use_errno=True)
    held, watch = {}, os.pidfd_open(pid)
    for number in os.listdir(f"/proc/{pid}/fd"):
        if os.readlink(f"/proc/{pid}/fd/{number}").startswith("socket:"):
            ours = libc.syscall(PIDFD_GETFD, watch, int(number), 0)
            if ours < 0:
                raise OSError(ctypes.get_errno(), "pidfd_getfd")
            held[int(number)] = socket.socket(fileno=ours)
    os.close(watch)
    return held


def names_of(pid):
    """What the descriptors are that are no sockets."""
    names = {number: os.readlink(f"/proc/{pid}/fd/{number}") for number in os.listdir(f"/proc/{pid}/fd")}
    return {int(number): name for number, name in names.items() if not name.startswith("socket:")}


def status_of(path):
    with open(path, encoding="ascii", errors="replace") as file:
        return dict(line.rstrip("\n").split(":\t", 1) for line in file if ":\t" in line)


class TheRunningPrograms(harness.Story):
    UNTIL = "enrol"
    PEOPLE = 3

    @classmethod
    def setUpClass(cls):
        if os.geteuid() != 0:
            raise AssertionError("run this test as root: it looks into processes of other accounts")
        real, harness.Installation = harness.Installation, AsTheUnits
        cls.addClassCleanup(setattr, harness, "Installation", real)
        super().setUpClass()
        cls.caller = socket.create_connection(("127.0.0.1", cls.place.port))
        cls.addClassCleanup(cls.caller.close)
        cls.both = {"vault": cls.place.vault.pid, "gate": cls.place.gate.pid}
        # The officers' and the gate's work so far went through these very processes; this one goes through the gate as well.
        operator = cls.scenario.chiba
        answer = cls.cli.login(operator)
        if not answer.ok:
            raise Failed(f"the confined gate does not serve: {answer.out}{answer.err}")

    def test_they_run_under_accounts_of_their_own_without_a_capability(self):
        for name, (_, number) in (("vault", VAULT), ("gate", GATE)):
            threads = os.listdir(f"/proc/{self.both[name]}/task")
            self.assertGreater(len(threads), 1)
            for thread in threads:
                told = status_of(f"/proc/{self.both[name]}/task/{thread}/status")
                self.assertEqual([str(number)] * 4, told["Uid"].split(), name)
                self.assertEqual("", told["Groups"].strip(), name)
                for capabilities in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"):
                    self.assertEqual(0, int(told[capabilities], 16), f"{name} {capabilities}")

    def test_every_thread_is_confined_and_cannot_gain_privilege(self):
        for name, pid in self.both.items():
            for thread in os.listdir(f"/proc/{pid}/task"):
                told = status_of(f"/proc/{pid}/task/{thread}/status")
                self.assertEqual(("1", "2"), (told["NoNewPrivs"], told["Seccomp"]), name)

    def test_nobody_dumps_them_or_looks_into_them(self):
        for name, pid in self.both.items():
            # The kernel gives what is in /proc of an undumpable process to root, whoever the process belongs to.
            self.assertEqual(0, os.stat(f"/proc/{pid}/environ").st_uid, name)
            with open(f"/proc/{pid}/limits", encoding="ascii") as file:
                self.assertRegex(file.read(), r"(?m)^Max core file size +0 +0 ")
            account = dict((("vault", VAULT), ("gate", GATE)))[name][1]
            done = subprocess.run(["setpriv", f"--reuid={account}", f"--regid={account}", "--clear-groups", "cat", f"/proc/{pid}/environ"],
                                  capture_output=True, check=False, timeout=20)
            self.assertNotEqual(0, done.returncode, f"{name} can be looked into by its own account")

    def test_the_vault_locks_memory(self):
        self.assertGreater(int(status_of(f"/proc/{self.both['vault']}/status")["VmLck"].split()[0]), 0)

    def test_the_vault_holds_no_socket_of_any_network(self):
        held = sockets_of(self.both["vault"])
        self.assertGreaterEqual(len(held), 3)  # two that listen, and one to the TPM
        for number, one in held.items():
            with one:
                self.assertEqual(socket.AF_UNIX, one.family, number)
        self.assertLessEqual({self.place.gate_socket, self.place.admin_socket},
                             {name for name in self.unix_names(self.both["vault"]) if name})

    def unix_names(self, pid):
        names = []
        for one in sockets_of(pid).values():
            with one:
                if one.family == socket.AF_UNIX:
                    names.append(one.getsockname())
        return names

    def test_the_gate_holds_network_sockets_only_of_its_port(self):
        listening = accepted = 0
        for one in sockets_of(self.both["gate"]).values():
            with one:
                if one.family == socket.AF_UNIX:
                    continue
                self.assertEqual(socket.AF_INET, one.family)
                self.assertEqual(self.place.port, one.getsockname()[1])
                if one.getsockopt(socket.SOL_SOCKET, SO_ACCEPTCONN):
                    listening += 1
                else:
                    accepted += 1
        self.assertEqual(1, listening)
        self.assertGreaterEqual(accepted, 1)

    def test_the_gate_speaks_with_the_vault_and_with_no_other_process(self):
        to_vault = 0
        for one in sockets_of(self.both["gate"]).values():
            with one:
                if one.family != socket.AF_UNIX:
                    continue
                self.assertEqual("", one.getsockname())
                peer, user, _ = struct.unpack("3i", one.getsockopt(socket.SOL_SOCKET, SO_PEERCRED, 12))
                if peer == self.both["gate"]:  # a pair of its own, to wake itself
                    continue
                self.assertEqual(self.place.gate_socket, one.getpeername())
                self.assertEqual((self.both["vault"], VAULT[1]), (peer, user))
                to_vault += 1
        self.assertGreaterEqual(to_vault, 1)

    def test_the_gate_holds_no_file_but_its_log(self):
        for number, name in names_of(self.both["gate"]).items():
            if number in (1, 2):
                self.assertEqual(self.place.gate.log, name)
            else:
                self.assertRegex(name, PLAIN)

    def test_the_vault_holds_files_only_of_its_data_and_its_state_copy(self):
        files = 0
        for number, name in names_of(self.both["vault"]).items():
            if number in (1, 2):
                self.assertEqual(self.place.vault.log, name)
            elif not PLAIN.match(name):
                self.assertTrue(name.startswith((self.place.data + "/", self.place.state_copy + "/")), name)
                files += 1
        self.assertGreater(files, 2)

    def test_the_gate_cannot_open_data_settings_of_the_tpm_or_the_administration_socket(self):
        for path in (self.place.data, self.place.state_copy, os.path.join(self.place.keys, "tpm.auth"), self.place.tpm_socket,
                     self.place.admin_socket):
            for flag in ("-r", "-w"):
                done = subprocess.run(confined(GATE, ["test", flag, path]), check=False, timeout=20)
                self.assertEqual(1, done.returncode, f"{path} {flag}")
        done = subprocess.run(confined(GATE, ["test", "-w", self.place.gate_socket]), check=False, timeout=20)
        self.assertEqual(0, done.returncode)

    def test_nothing_in_them_is_both_written_and_run(self):
        for name, pid in self.both.items():
            with open(f"/proc/{pid}/maps", encoding="utf-8") as file:
                told = file.read()
            self.assertIn(f"shosoin-{name}", told)
            self.assertNotRegex(told, r"(?m)^\S+ \Swx")
            self.assertNotRegex(told, "libcurl" if name == "vault" else "liblmdb|libtss2")


class AsTheUnits(harness.Installation):
    """The installation of the stories, laid out and started as the package does it."""

    def __init__(self, build, home):
        super().__init__(build, home)
        # The clone may lie where other accounts do not reach.
        self.build = os.path.join(home, "bin")
        os.mkdir(self.build)
        for name in ("shosoin", "shosoin-vault", "shosoin-gate"):
            shutil.copy(os.path.join(build, name), self.build)
        for folder in (os.path.dirname(home), home, self.build, self.run_folder, self.keys):
            os.chmod(folder, 0o711)
        for name, account, group, mode in (("gate", VAULT, GATE_GROUP, 0o2750), ("admin", VAULT, VAULT[1], 0o700)):
            os.mkdir(folder := os.path.join(self.run_folder, name))
            os.chown(folder, account[1], group)
            os.chmod(folder, mode)
        self.gate_socket = os.path.join(self.run_folder, "gate", "gate.sock")
        self.admin_socket = os.path.join(self.run_folder, "admin", "admin.sock")

    def write_settings(self):
        super().write_settings()
        with open(self.settings, encoding="utf-8") as file:
            text = file.read()
        self.authority = os.path.join(self.keys, "terminal-ca.pem")
        for old, new in ((f'listen = "127.0.0.1:{self.port}"', 'listen = "systemd"'), ("[tpm]", f'gate_user = "{GATE[0]}"\n\n[tpm]'),
                         (f"{self.data}/terminal-ca.pem", self.authority)):
            assert old in text
            text = text.replace(old, new, 1)
        with open(self.settings, "w", encoding="utf-8") as file:
            file.write(text)

    def start_vault(self, wait=True):
        for top in (self.data, self.state_copy):
            for folder, folders, files in os.walk(top):
                for name in (".", *folders, *files):
                    os.chown(os.path.join(folder, name), VAULT[1], VAULT[1])
        for path in (os.path.join(self.keys, "tpm.auth"), self.tpm_socket, self.tpm_socket + ".ctrl"):
            os.chown(path, VAULT[1], VAULT[1])
        self.vault = Process("shosoin-vault", confined(VAULT, [self.program("shosoin-vault"), "--settings", self.settings]),
                             os.path.join(self.logs, "vault.log"), ENVIRONMENT)
        self.wait_for_vault()

    def start_gate(self):
        """With the listening socket as descriptor 3, in the way of sd_listen_fds(3)."""
        shutil.copy(os.path.join(self.data, "terminal-ca.pem"), self.authority)
        os.chmod(self.authority, stat.S_IRUSR | stat.S_IRGRP | stat.S_IROTH)
        os.chown(self.server_key, GATE[1], GATE[1])
        with socket.create_server(("127.0.0.1", self.port), backlog=64) as listener:
            high = fcntl.fcntl(listener, fcntl.F_DUPFD_CLOEXEC, 10)  # out of the way of 3
            hand_over = 'exec 3<&"$1" && eval "exec $1<&-"; shift; export LISTEN_PID=$$ LISTEN_FDS=1; exec "$@"'
            words = ["bash", "-c", hand_over, "bash", str(high),
                     *confined(GATE, [self.program("shosoin-gate"), "--settings", self.settings])]
            self.gate = HandedProcess("shosoin-gate", words, os.path.join(self.logs, "gate.log"), high)
            os.close(high)
        if not wait_until(self.gate_listens, READY, self.gate):
            raise Failed(f"the gate does not listen\n{self.gate.log_text()[-2000:]}")


class HandedProcess(Process):
    def __init__(self, name, words, log, descriptor):
        self.name, self.log = name, log
        with open(log, "ab") as out:
            self.child = subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=out, stderr=out, start_new_session=True,
                                          pass_fds=(descriptor,), env=ENVIRONMENT)


if __name__ == "__main__":
    unittest.main()
