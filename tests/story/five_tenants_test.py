#!/usr/bin/env python3
"""The short form of tests/story/five_tenants: one tenant with every table of every file, four others with a part, in all encodings."""
import shutil
import tempfile
import unittest

from harness import BUILD
from five import CODES_AT_ONCE, TENANTS, FiveTenants, check, table_text
from five_checker import Checker
from five_tables import as_stored
from installation import Installation
from words import Teller

PEOPLE = 20
WHOLE = "132101"


def a_part(tenant, tables):
    """Everything for one tenant; a different part for each of the others, together everything once more."""
    others = [code for code in TENANTS if code != WHOLE]
    return tables if tenant == WHOLE else tables[others.index(tenant)::len(others)]


class AllSevenFiles(unittest.TestCase):
    def test_what_was_sent_is_what_comes_back_by_every_search_key(self):
        home = tempfile.mkdtemp(prefix="shosoin-five-")
        self.addCleanup(shutil.rmtree, home, ignore_errors=True)
        place = Installation(BUILD, home + "/i")
        self.addCleanup(place.stop)
        campaign = FiveTenants(place, Teller(quiet=True), PEOPLE, a_part, every=3)
        campaign.prepare()
        results = []
        for tenant in campaign.tenants:
            token = campaign.bring_in(tenant)
            results += [check(task) for task in campaign.tasks(tenant, token)]
        print(table_text(results))
        self.assertEqual([], [line for one in results for line in one["wrong"]])
        self.assertEqual(36, len(campaign.imported))
        self.assertEqual(7, len({file for tenant, file, *_ in campaign.imported if tenant == WHOLE}))
        self.assertEqual({"UTF-8", "CP932", "EUC-JP-MS"}, {encoding for *_, encoding, _ in campaign.imported})
        kinds = {kind for one in results for kind in one["searches"]}
        self.assertEqual({"addresseeNumber", "individualNumber", "residentRecordCode", "kanaNameAndBirthDate", "integratedAddresseeNumber",
                          "group"}, kinds)
        self.assertGreater(sum(one["values"] for one in results), 20000)


class TheComparison(unittest.TestCase):
    """A comparison that cannot fail shows nothing."""

    class Fake:
        file, group, order, apart = "file", "main", 0, False
        items = [{"key": "a", "type": "text"}]
        keys = ["a"]

    def checker(self):
        return Checker(None, WHOLE, [self.Fake], 1)

    def record(self, value):
        return {"group": {"key": "main"}, "addresseeNumber": "1", "items": [{"key": "a", "value": value}]}

    def test_one_other_code_point_is_a_difference(self):
        for sent, got in (("葛\U000e0102", "葛"), ("\ufa19", "神"), ("髙", "高"), ("ｱ", "ア")):
            checker = self.checker()
            checker.compare("addresseeNumber", "1", [(self.Fake, "1", [sent])], [self.record(got)])
            self.assertEqual(1, len(checker.wrong))
            checker.compare("addresseeNumber", "1", [(self.Fake, "1", [sent])], [self.record(sent)])
            self.assertEqual((1, 2), (len(checker.wrong), checker.counts["values"]))

    def test_a_row_too_few_or_of_somebody_else_is_a_difference(self):
        checker = self.checker()
        checker.compare("addresseeNumber", "1", [(self.Fake, "1", ["x"])], [])
        checker.compare("addresseeNumber", "1", [(self.Fake, "2", ["x"])], [self.record("x")])
        self.assertEqual(2, len(checker.wrong))
        self.assertNotIn("x", "".join(checker.wrong).split(": ")[1])

    def test_another_item_of_the_same_value_is_a_difference(self):
        checker = self.checker()
        checker.compare("addresseeNumber", "1", [(self.Fake, "1", ["x"])], [self.record("x") | {"items": [{"key": "b", "value": "x"}]}])
        self.assertEqual((1, 0), (len(checker.wrong), checker.counts["equal"]))

    def test_a_row_that_no_search_would_meet_is_a_difference(self):
        class Silent:
            def retrieve(self, *_):
                return []

        class Unreached(self.Fake):
            rows = [("", ["x"])]
        checker = Checker(Silent(), WHOLE, [Unreached], 1)
        checker.every_row()
        self.assertIn("0 rows were compared where 1 were sent", checker.wrong[0])

    def test_only_the_two_conversions_are_expected(self):
        self.assertEqual("ガッコウ", as_stored({"type": "kana"}, "ｶﾞｯｺｳ"))
        self.assertEqual("神　１", as_stored({"type": "kana"}, "神　１"))
        self.assertEqual("184-0004", as_stored({"type": "code"}, "１８４-０００４"))
        self.assertEqual("ｶﾞ１", as_stored({"type": "text"}, "ｶﾞ１"))
        self.assertGreater(CODES_AT_ONCE, 0)


if __name__ == "__main__":
    unittest.main()
