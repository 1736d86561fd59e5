#!/usr/bin/env python3
"""Disks that fail and memory that runs out, on the real programs: short versions of tests/fault/write_errors and out_of_memory, and repair
mode from its first second to its last."""
import os
import sys
import time

from harness import ROOT, Story, main

sys.path.insert(0, os.path.join(ROOT, "tests", "fault"))

import local_socket  # noqa: E402
from memory_campaign import ActMemory, GateMemory, VaultMemory  # noqa: E402
from scenario import FILE, KOGANEI  # noqa: E402
from write_campaign import BACK_WITHIN  # noqa: E402


def spread(points, count):
    """`count` of them, from the first to the last."""
    return points if len(points) <= count else [points[(len(points) - 1) * i // (count - 1)] for i in range(count)]


class Faults(Story):
    UNTIL = "import_people"
    PEOPLE = 12

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.campaign = ActMemory(cls.scenario, print)
        cls.addClassCleanup(cls.campaign.end)
        cls.campaign.prepare()

    def read(self):
        return self.cli.retrieve(self.scenario.doi, KOGANEI, "addressee-number", self.campaign.living["宛名番号"])

    def test_1_what_was_acknowledged_survives_a_write_that_fails_and_what_was_refused_is_not_there_by_half(self):
        for name, count, errors in (("read", 2, ("EIO",)), ("import", 3, ("ENOSPC",)), ("tenant", 2, ("EIO",)), ("start", 2, ("ENOSPC",)),
                                    ("batch", 4, ("EIO",))):
            self.campaign.run((name,), errors, lambda points, count=count: spread(points, count))
        told = self.campaign.report()
        print(told)
        self.assertGreaterEqual(told["points"], 13)
        self.assertNotIn("no call", told["outcomes"])
        self.assertGreater(told["outcomes"].get("unavailable", 0) + told["outcomes"].get("storage-failed", 0), 0, told)
        self.assertLess(told["slowestBack"], BACK_WITHIN)

    def test_2_memory_that_runs_out_gives_no_wrong_answer(self):
        self.campaign.restore(with_tpm=False)
        vault = VaultMemory(self.campaign)
        vault.run(("read", "status", "terminal add"), every=31)
        refused = sum(counts["out-of-memory"] for counts in vault.counts.values())
        self.assertGreater(refused, 10, vault.counts)
        gate = GateMemory(self.campaign)
        gate.run(every=11)
        self.assertEqual(0, gate.ended, "the gate ended for want of memory")
        self.assertGreater(sum(counts["connection ended"] for counts in gate.counts.values()), 0, gate.counts)
        self.campaign.run_acts(("import",), 2)

    def test_3_a_vault_that_cannot_write_is_in_repair_mode_until_it_can(self):
        campaign = self.campaign
        campaign.restore(with_tpm=False, start=False)
        campaign.faults.arm("write", 1, "ENOSPC", lasting=True)
        campaign.keeper.start_vault()
        told = None
        end = time.monotonic() + 10
        while told is None and time.monotonic() < end:
            told = local_socket.health(self.place.admin_socket)
        self.assertEqual((True, False, "repair", "storage-full"), tuple(told[name] for name in ("alive", "ready", "mode", "cause")))
        status = self.accepted(self.cli.ask("status")).data
        self.assertEqual("storage-full", status["cause"])
        self.assertIn("修復モード", status["whatToDo"]["ja"])
        self.assertGreater(self.accepted(self.cli.ask("journal", "walk")).data["frames"], 50)
        report = self.accepted(self.cli.ask("storage", "check")).data["report"]
        self.assertTrue(report["sound"], report)
        self.assertEqual(3, report["environments"])
        refused = self.refused(self.read(), "repair-mode")
        self.assertIn("修復モード", refused.data["title"])
        self.assertEqual(75, refused.code)
        self.refused(self.cli.ask("session", "open", "--as", self.scenario.aoki.login_file, "--code-file", "-", "--out",
                                  self.scenario.aoki.session + ".unused", text="123456"), "repair-mode")
        again = self.place.refused_start()[0]  # a second vault on the same data does not take the first one's place
        self.assertEqual(75, again)
        campaign.faults.rest()
        back = campaign.wait_until_back(time.monotonic())
        self.assertLess(back, BACK_WITHIN)
        self.accepted(self.read())

    def test_4_scarce_space_is_kept_for_those_who_look_after_the_appliance(self):
        campaign = self.campaign
        free = os.statvfs(self.place.data)
        mib = max(2, free.f_bavail * free.f_frsize >> 20)
        with open(self.place.settings, encoding="utf-8") as file:
            settings = file.read()
        try:
            for reserve, reads in ((mib // 2, "ok"), (2 * mib, "storage-full")):
                with open(self.place.settings, "w", encoding="utf-8") as file:
                    file.write(settings.replace("[vault]", f"[vault]\nreserve_mib = {min(reserve, 1 << 20)}", 1))
                campaign.restore(with_tpm=True)
                self.assertEqual(reads, self.read().problem or "ok")
                imported = self.cli.at_terminal(self.scenario.doi, "import", "file", campaign.more[KOGANEI][0], "--tenant", KOGANEI,
                                                "--file", FILE)
                self.refused(imported, "storage-full")
                self.refused(self.cli.both(*self.scenario.officers, "tenant", "create", "131016", "千代田区"), "storage-full")
                self.accepted(self.cli.ask("status", "--session", self.scenario.aoki.session))
                self.accepted(self.cli.at_terminal(self.scenario.doi, "erasure", "list", "--tenant", KOGANEI))
                self.accepted(self.cli.both(*self.scenario.officers, "batch", "run", "--now"))
        finally:
            with open(self.place.settings, "w", encoding="utf-8") as file:
                file.write(settings)


if __name__ == "__main__":
    main()
