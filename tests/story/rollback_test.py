#!/usr/bin/env python3
"""Restored, forked and foreign states: each refused at start with its own message, nothing changed, and the current state starts."""
import hashlib
import os
import re
import shutil
import time

from harness import Story, main
from scenario import FILE, KOGANEI

STATE = ("data", "state_copy")
ROLLED_BACK = ("保存状態がTPMより古いため、起動しません", "older than the TPM")
FORKED = ("枝分かれ", "parted ways")
FOREIGN = ("初期化したときのTPMではありません", "not the TPM the installation was made with")


def digest_of(*roots):
    """One digest of every name and byte below."""
    whole = hashlib.sha256()
    for root in roots:
        for folder, folders, names in os.walk(root):
            folders.sort()
            for name in sorted(names):
                path = os.path.join(folder, name)
                if os.path.isfile(path) and name != "lock.mdb":  # the database's table of readers, not data
                    whole.update(os.path.relpath(path, root).encode())
                    with open(path, "rb") as file:
                        whole.update(hashlib.file_digest(file, "sha256").digest())
    return whole.hexdigest()


class ForeignStates(Story):
    UNTIL = "import_people"

    def keep(self, name, *parts):
        """Copies of the named parts of the installation, made while its processes rest."""
        for part in parts:
            shutil.copytree(getattr(self.place, part), os.path.join(self.home, name, part))

    def put(self, name, *parts):
        for part in parts:
            target = getattr(self.place, part)
            shutil.rmtree(target)
            shutil.copytree(os.path.join(self.home, name, part), target)

    def advance(self):
        """One epoch: a batch of nothing, by two officers, in the sessions they have: those survive restarts."""
        return self.accepted(self.cli.both(*self.scenario.officers, "batch", "run", "--now")).data["epoch"]

    def assert_refused(self, message, others):
        before = digest_of(self.place.data, self.place.state_copy)
        code, told = self.place.refused_start()
        self.assertEqual(78, code, told)
        for text in message:
            self.assertIn(text, told)
        for other in others:
            for text in other:
                self.assertNotIn(text, told)
        self.assertEqual(before, digest_of(self.place.data, self.place.state_copy), "a refused start changed something")

    def assert_serves(self):
        self.place.start_vault()
        row = self.scenario.rows[KOGANEI][0]
        self.accepted(self.cli.retrieve(self.scenario.chiba, KOGANEI, "addressee-number", row["宛名番号"]))

    def restart_tpm(self):
        self.place.stop("tpm")
        self.place.start_tpm()

    def test_1_a_restored_copy_of_an_earlier_epoch_is_refused(self):
        self.place.stop("vault")
        self.keep("old", *STATE)
        self.place.start_vault()
        self.advance()
        self.place.stop("vault")
        self.keep("current", *STATE)
        self.put("old", *STATE)
        self.assert_refused(ROLLED_BACK, (FORKED, FOREIGN))
        self.put("current", *STATE)
        self.assert_serves()

    def test_2_a_copy_that_was_run_elsewhere_is_refused(self):
        self.place.stop("vault", "tpm")
        self.keep("here", *STATE, "tpm_state")
        self.place.start_tpm()
        self.place.start_vault()
        self.advance()                                # elsewhere: the same state on a copied TPM
        self.place.stop("vault", "tpm")
        self.keep("elsewhere", *STATE)
        self.put("here", *STATE, "tpm_state")
        self.place.start_tpm()
        self.place.start_vault()
        self.advance()                                # here: the TPM goes its own way
        self.place.stop("vault")
        self.keep("after", *STATE)
        self.put("elsewhere", *STATE)
        self.assert_refused(FORKED, (ROLLED_BACK, FOREIGN))
        self.put("after", *STATE)
        self.place.stop("tpm")
        self.keep("after", "tpm_state")
        self.put("here", "tpm_state")                 # the TPM is set back, the disk is not
        self.place.start_tpm()
        self.assert_refused(FORKED, (ROLLED_BACK, FOREIGN))
        self.place.stop("tpm")
        self.put("after", "tpm_state")
        self.place.start_tpm()
        self.assert_serves()

    def test_3_another_tpm_is_refused(self):
        self.place.stop("vault", "tpm")
        self.keep("own", "tpm_state")
        shutil.rmtree(self.place.tpm_state)
        os.makedirs(self.place.tpm_state, mode=0o700)
        self.place.start_tpm()
        self.assert_refused(FOREIGN, (ROLLED_BACK, FORKED))
        self.place.stop("tpm")
        self.put("own", "tpm_state")
        self.place.start_tpm()
        self.assert_serves()

    def test_4_a_boot_state_nobody_approved_does_not_open_anything(self):
        self.place.stop("vault", "tpm")
        approvals = os.path.join(self.place.keys, "boot-approvals.json")
        shutil.move(approvals, approvals + ".kept")
        self.place.start_tpm()
        code, told = self.place.refused_start()
        self.assertNotEqual(0, code, told)
        shutil.move(approvals + ".kept", approvals)
        self.assert_serves()

    def test_5_a_journal_that_is_not_there_is_damage_and_named(self):
        self.place.stop("vault")
        journal = os.path.join(self.place.data, "journal")
        os.rename(journal, journal + ".kept")
        code, told = self.place.refused_start()
        self.assertEqual(74, code, told)
        self.assertIn("find the journal", told)
        self.assertFalse(os.path.exists(journal), "another journal was begun")
        os.rename(journal + ".kept", journal)

    def test_7_beyond_the_cap_of_the_day_it_takes_two_who_have_seen_how_often_the_tpm_was_written(self):
        aoki, baba = self.scenario.officers
        self.cli.open_session(baba)
        run = ("batch", "run", "--now")
        for _ in range(25):
            answer = self.cli.both(aoki, baba, *run)
            if not answer.ok:
                break
        told = self.refused(answer, "too-many").data["detail"]
        following = re.search(r"--beyond-cap (\d+)", told).group(1)
        self.assertIn(str(int(following) - 1), told)
        self.refused(self.cli.ask(*run, "--beyond-cap", following, "--session", aoki.session), "not-authenticated")
        self.refused(self.cli.both(aoki, baba, *run, "--beyond-cap", str(int(following) + 1)), "invalid-content")
        self.assertEqual(int(following), self.accepted(self.cli.both(aoki, baba, *run, "--beyond-cap", following)).data["epoch"])
        self.refused(self.cli.both(aoki, baba, *run), "too-many")

    def test_6_a_tenant_that_is_behind_the_journal_is_named_though_nobody_uses_it(self):
        """And the others serve: their due dates are looked at though nobody has logged in since the start."""
        tenants = os.path.join(self.place.data, "tenants")
        shutil.copytree(tenants, os.path.join(self.home, "tenants"))
        self.place.start_vault()
        row = self.scenario.rows[KOGANEI][0]
        self.accepted(self.cli.retrieve(self.scenario.chiba, KOGANEI, "addressee-number", row["宛名番号"]))
        proposed = self.accepted(self.cli.at_terminal(
            self.scenario.endo, "retention", "rule", "propose", "--tenant", KOGANEI, "--file", FILE, "--rule", "EXCL", "--period",
            "5y", "--event-item", "birthDate", "--citation", "架空市文書管理規程"))
        self.assertEqual("proposed", proposed.data["state"])
        self.place.stop("vault")
        shutil.rmtree(tenants)
        shutil.copytree(os.path.join(self.home, "tenants"), tenants)
        self.place.start_vault()
        aoki = self.scenario.aoki
        self.cli.open_session(aoki)

        def settled():
            told = self.accepted(self.cli.ask("status", "--session", aoki.session)).data
            return told if told["damagedTenants"] and told["openTenants"] == 1 else None

        for _ in range(50):
            told = settled()
            if told:
                break
            time.sleep(0.2)
        self.assertEqual([KOGANEI], told["damagedTenants"])
        self.assertEqual([KOGANEI], told["retention"]["unknown"])
        self.assertIn("a tenant is not served", self.place.vault.log_text())


if __name__ == "__main__":
    main()
