#!/usr/bin/env python3
"""The short version of tests/hostile/slow_clients: 300 connections, four seconds for each mode, and a lowered descriptor limit."""
import os
import resource
import shutil
import sys
import tempfile
import time
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
sys.dont_write_bytecode = True

from campaign import MODES, ROOT, House, one_mode, quantile, raise_descriptors, ratio, table  # noqa: E402

SECONDS, CONNECTIONS, RATE = 4, 300, 200
# Some hundred answers give no steady p99 on shared cores: this much may come from elsewhere. The campaign knows no such allowance.
SLACK_MS = 30.0
MOST_MEMORY_MB = 200


class SlowClients(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        raise_descriptors()
        cls.home = tempfile.mkdtemp(prefix="shosoin-hostile-")
        cls.addClassCleanup(shutil.rmtree, cls.home, ignore_errors=True)
        build = os.environ.get("SHOSOIN_BUILD_DIR") or os.path.join(ROOT, "build", "release")
        cls.house = House(build, os.path.join(cls.home, "i"), CONNECTIONS)
        cls.addClassCleanup(cls.house.place.stop)
        cls.good = cls.house.start()

    def test_1_a_good_client_does_not_notice_slow_ones(self):
        rows = [one_mode(self.house, self.good, mode, SECONDS, RATE) for mode in MODES]
        print("\n" + table(rows), file=sys.stderr)
        for row in rows:
            with self.subTest(mode=row["mode"]):
                quiet, hostile = (quantile(row[state]["kept"], 0.99) for state in ("quiet", "hostile"))
                self.assertTrue(ratio(row) <= 3 or hostile - quiet < SLACK_MS, f"p99 {quiet:.1f} ms -> {hostile:.1f} ms")
                self.assertGreater(row["mostHeld"], 50, "an attack that was none")
                self.assertGreater(len(row["hostile"]["new"]), 5, "too few new connections of the good client")
                self.assertLess(row["recovery"], 1.0)
                self.assertLess(row["most"][1], MOST_MEMORY_MB)
                self.assertLess(row["after"][0], row["before"][0] + 40, "descriptors were not given back")

    def test_2_the_gate_outlives_a_lack_of_descriptors(self):
        gate = self.house.place.gate
        soft, hard = resource.prlimit(gate.pid, resource.RLIMIT_NOFILE)
        self.assertGreaterEqual(soft, 1024 + 64, "not raised to what the bounds need")
        used = len(os.listdir(f"/proc/{gate.pid}/fd"))
        attackers = []
        try:
            resource.prlimit(gate.pid, resource.RLIMIT_NOFILE, (used + 20, hard))
            attackers = self.house.attack("headers", 4, RATE)
            end = time.monotonic() + 3
            while time.monotonic() < end:
                self.good.timed(on_new=False)  # a new connection may find no descriptor: nobody can promise it one
        finally:
            resource.prlimit(gate.pid, resource.RLIMIT_NOFILE, (soft, hard))
            for child in attackers:
                child.stdout.read()
                child.wait(60)
        self.assertIn("a connection could not be accepted", gate.log_text())
        began = time.monotonic()
        self.good.timed(on_new=True)
        self.assertLess(time.monotonic() - began, 1.0)
        self.assertTrue(gate.running())


if __name__ == "__main__":
    unittest.main()
