#!/usr/bin/env python3
"""A short kill campaign in the suite; tests/fault/kill_campaign --count 200 is the long one."""
import os
import sys

from harness import ROOT, Story, main

sys.path.insert(0, os.path.join(ROOT, "tests", "fault"))

from campaign import run_campaign  # noqa: E402


class KillNine(Story):
    UNTIL = "import_people"

    def test_ten_kills_lose_nothing_that_was_acknowledged(self):
        told = run_campaign(self.scenario, 10, 20261122, print)
        self.assertEqual(10, sum(told["kills"].values()))
        self.assertGreater(told["acknowledged"], 10, told)


if __name__ == "__main__":
    main()
