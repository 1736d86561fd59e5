"""What every story stands on: a real installation in a directory of its own, made by the same parts as deploy/demo."""
import os
import shutil
import sys
import tempfile
import unittest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, "deploy", "lib"))
sys.dont_write_bytecode = True

from installation import Installation  # noqa: E402
from scenario import Scenario  # noqa: E402
from words import Teller  # noqa: E402

BUILD = os.environ.get("SHOSOIN_BUILD_DIR") or os.path.join(ROOT, "build", "release")
PEOPLE = 60  # enough for every step; the demonstration uses 1,000 a tenant


class Story(unittest.TestCase):
    """One installation for all tests of a class; they run in the order of their names, which are numbered where it matters."""

    UNTIL = None  # name of the scenario's last step before the tests begin; None: nothing is started
    PEOPLE = PEOPLE

    @classmethod
    def setUpClass(cls):
        cls.home = tempfile.mkdtemp(prefix="shosoin-story-")
        cls.addClassCleanup(shutil.rmtree, cls.home, ignore_errors=True)
        cls.place = Installation(BUILD, os.path.join(cls.home, "i"))
        cls.addClassCleanup(cls.place.stop)
        cls.scenario = Scenario(cls.place, Teller(quiet=True), cls.PEOPLE)
        cls.cli = cls.scenario.cli
        if cls.UNTIL:
            cls.scenario.run(until=cls.UNTIL)

    def refused(self, answer, slug):
        self.assertEqual(slug, answer.problem, f"{answer.shown}: {answer.out}{answer.err}")
        return answer

    def accepted(self, answer):
        self.assertEqual(0, answer.code, f"{answer.shown}: {answer.out}{answer.err}")
        return answer


main = unittest.main
