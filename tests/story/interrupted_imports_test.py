#!/usr/bin/env python3
"""A short campaign in the suite: each of vault, gate and client is killed once while a CSV is sent, completed and confirmed;
tests/fault/interrupted_imports is the long one (issue 3, line 6)."""
import os
import shutil
import sys
import tempfile
import unittest

from harness import BUILD, ROOT
from installation import Installation
from words import Teller

sys.path.insert(0, os.path.join(ROOT, "tests", "fault"))

from interrupted import POINTS, TARGETS, Interrupted, OneTenant  # noqa: E402
from workload import Broken  # noqa: E402

KILLS = len(POINTS) * len(TARGETS)
PEOPLE = 150


class KilledOnItsWayIn(unittest.TestCase):
    def test_an_import_is_there_once_or_not_at_all_and_says_which(self):
        home = tempfile.mkdtemp(prefix="shosoin-story-")
        self.addCleanup(shutil.rmtree, home, ignore_errors=True)
        place = Installation(BUILD, os.path.join(home, "i"))
        self.addCleanup(place.stop)
        scenario = OneTenant(place, Teller(quiet=True), PEOPLE, lambda _tenant, tables: tables[:KILLS])
        scenario.prepare()
        told = Interrupted(scenario, 20261122, print).run()
        self.assertEqual(KILLS, told["kills"])
        self.assertEqual({3}, {sum(found.values()) for found in told["found"].values()})
        self.assertGreater(told["values"], 10000)


class TheJudgement(unittest.TestCase):
    """A campaign that cannot fail shows nothing."""

    def judge(self, point, target, found, answered=()):
        Interrupted.judge(None, point, target, found, list(answered))

    def test_what_may_not_be_found_is_said(self):
        for point, target, found in (("part", "vault", "staged"), ("part", "vault", "receiving"), ("part", "gate", "abandoned"),
                                     ("completion", "vault", "receiving"), ("completion", "vault", "publishing"),
                                     ("decision", "gate", "abandoned"), ("completion", "client", "confirmed")):
            with self.assertRaises(Broken, msg=f"{point} {target} {found}"):
                self.judge(point, target, found)

    def test_what_was_answered_must_stand(self):
        for target in TARGETS:
            self.judge("completion", target, "staged", ["completion"])
            self.judge("decision", target, "confirmed", ["decision"])
            with self.assertRaises(Broken):
                self.judge("completion", target, "abandoned", ["completion"])
            with self.assertRaises(Broken):
                self.judge("decision", target, "staged", ["decision"])


if __name__ == "__main__":
    unittest.main()
