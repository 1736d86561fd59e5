#!/usr/bin/env python3
"""Asking on a terminal: nothing secret is echoed, printed or left readable; and what the command line refuses before it asks anybody."""
import os
import pty
import select
import stat
import subprocess
import time

from harness import Story, main
from installation import ENVIRONMENT
from people import new_password


def converse(words, answers, patience=60):
    """Runs a command on a terminal of its own, answering each question when it is asked: (exit code, all that was shown)."""
    pid, terminal = pty.fork()
    if pid == 0:
        os.execve(words[0], words, ENVIRONMENT)
    shown, left, end = b"", list(answers), time.monotonic() + patience
    while time.monotonic() < end:
        ready, _, _ = select.select([terminal], [], [], 0.1)
        if ready:
            try:
                piece = os.read(terminal, 4096)
            except OSError:
                break
            if not piece:
                break
            shown += piece
        if left and shown.rstrip(b" ").endswith(b":"):
            os.write(terminal, left.pop(0).encode() + b"\n")
            shown += b"\n"
    _, status = os.waitpid(pid, 0)
    os.close(terminal)
    return os.waitstatus_to_exitcode(status), shown.decode(errors="replace")


class OnATerminal(Story):
    UNTIL = "approve_boot"

    def test_1_init_asks_two_officers_and_shows_no_secret(self):
        keys = self.place.keys
        passwords = [new_password(), new_password()]
        answers = []
        for number, password in enumerate(passwords):
            answers += [f"officer-{number}x", f"責任者 {number}", "運用", f"9000{number}", password, password]
        code, shown = converse([self.cli.program, "--settings", self.place.settings, "init", "--shares-directory", self.place.shares,
                                "--totp-out", f"{keys}/first.totp", "--totp-out", f"{keys}/second.totp"], answers)
        self.assertEqual(0, code, shown)
        for password in passwords:
            self.assertNotIn(password, shown)
        for name in ("first.totp", "second.totp"):
            path = os.path.join(keys, name)
            self.assertEqual(0o600, stat.S_IMODE(os.stat(path).st_mode))
            with open(path, encoding="ascii") as file:
                self.assertNotIn(file.read().strip(), shown)
        for share in os.listdir(self.place.shares):
            path = os.path.join(self.place.shares, share)
            self.assertEqual(0o600, stat.S_IMODE(os.stat(path).st_mode))
            with open(path, encoding="ascii") as file:
                self.assertNotIn(file.read().strip(), shown)

    def enrol(self, totp, *answers, session=True):
        name = os.path.join(self.place.keys, "any.session")
        if session:
            with open(name, "w", encoding="ascii", opener=lambda path, flags: os.open(path, flags, 0o600)) as file:
                file.write(f'token = "{"A" * 43}"\nperson = "x"\n')
        return converse([self.cli.program, "--settings", self.place.settings, "operator", "add", "--role", "operator", "--totp-out", totp,
                         "--session", name, "--session", name if session else "none.session"], list(answers))

    def test_2_two_passwords_that_differ_are_refused(self):
        code, shown = self.enrol(f"{self.place.keys}/none.totp", "x", "x", "x", "1", new_password(), new_password())
        self.assertEqual(65, code, shown)
        self.assertFalse(os.path.exists(f"{self.place.keys}/none.totp"))

    def test_2_an_enrolment_that_came_to_nothing_leaves_no_second_factor_and_can_be_repeated(self):
        password = new_password()
        for _ in range(2):  # the vault does not run
            code, shown = self.enrol(f"{self.place.keys}/again.totp", "x", "x", "x", "1", password, password)
            self.assertEqual(69, code, shown)
            self.assertFalse(os.path.exists(f"{self.place.keys}/again.totp"))

    def test_2_a_place_that_is_taken_and_a_session_that_is_not_there_are_told_before_anything_is_asked(self):
        taken = f"{self.place.keys}/first.totp"
        code, shown = self.enrol(taken, "x")
        self.assertEqual(75, code, shown)
        self.assertIn("このファイルはすでにあります", shown)
        self.assertNotIn("氏名", shown)
        code, shown = self.enrol(f"{self.place.keys}/free.totp", "x", session=False)
        self.assertEqual(64, code, shown)
        self.assertNotIn("氏名", shown)

    def test_3_without_a_terminal_nobody_is_asked(self):
        answer = self.cli.ask("operator", "add", "--role", "operator", "--session", "a", "--session", "b")
        self.assertNotEqual(0, answer.code)

    def test_4_a_vault_that_does_not_run_is_told_plainly(self):
        answer = self.refused(self.cli.ask("health"), "unavailable")
        self.assertEqual(69, answer.code)
        self.assertIn("admin.sock", answer.out)

    def test_5_wrong_usage_and_unknown_commands_have_one_exit_code(self):
        for words in (["nothing"], ["tenant"], ["record", "retrieve"], ["--lang", "fr", "health"]):
            answer = self.refused(self.cli.ask(*words), "bad-request")
            self.assertEqual((64, 64), (answer.code, answer.data["exitCode"]), words)
        for words in (["--rule", "EXCL", "--period", "0y", "--event", "2024-06-20"], ["--rule", "EXCL"]):
            self.assertTrue(self.cli.ask("retention", "explain", *words).problem, words)

    def test_7_an_answer_that_could_not_be_written_is_no_success(self):
        with open("/dev/full", "wb") as full:
            done = subprocess.run([self.cli.program, "retention", "proposals"], stdout=full, stderr=subprocess.PIPE, timeout=60, check=False)
        self.assertEqual(74, done.returncode)
        self.assertIn("標準出力", done.stderr.decode())

    def test_6_help_tells_the_exit_codes_and_examples(self):
        told = self.cli.ask("--help")
        self.assertEqual(0, told.code)
        for text in ("終了コード", "not-authenticated", "shosoin verify certificate", "77"):
            self.assertIn(text, told.out)


if __name__ == "__main__":
    main()
