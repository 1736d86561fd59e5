#!/usr/bin/env python3
"""A record file definition is amended and another added while the service runs; and a number typed in the wrong place is not told back."""
import json
import os

from harness import Story, main
from scenario import FILE


class DefinitionsOfARunningService(Story):
    UNTIL = "create_tenants"
    PEOPLE = 1

    def write(self, name, definition):
        path = os.path.join(self.home, name)
        with open(path, "w", encoding="utf-8") as out:
            json.dump(definition, out, ensure_ascii=False)
        return path

    def shipped(self):
        return json.loads(self.accepted(self.cli.ask("file", "show", FILE)).out)

    def test_1_an_amendment_is_shown_and_then_agreed_on_by_two(self):
        first, second = self.scenario.officers
        definition = self.shipped()
        self.assertEqual(1, definition["version"])
        definition["version"] = 2
        definition["checks"][0]["when"]["in"].append("01")  # the code this municipality writes for 転入
        path = self.write("second.json", definition)
        shown = self.accepted(self.cli.ask("file", "add", path, "--session", first.session)).data
        self.assertEqual([("logic-check-changed", "/checks/0", "noMoveInOfResident")],
                         [(change["rule"], change["pointer"], change["key"]) for change in shown["changes"]])
        self.refused(self.cli.ask("file", "add", path, "--change", shown["changeDigest"], "--session", first.session), "not-authenticated")
        self.refused(self.cli.both(first, first, "file", "add", path, "--change", shown["changeDigest"]), "same-person")
        self.refused(self.cli.both(first, second, "file", "add", path, "--change", "00" * 32), "conflict")
        done = self.accepted(self.cli.both(first, second, "file", "add", path, "--change", shown["changeDigest"])).data
        self.assertEqual(2, done["version"])
        files = self.accepted(self.cli.ask("file", "list", "--session", first.session)).data["recordFiles"]
        self.assertEqual([2], [one["version"] for one in files if one["recordFile"] == FILE])
        now = self.accepted(self.cli.ask("file", "show", FILE, "--session", first.session)).data
        self.assertEqual([1, 2], now["versions"])
        self.assertEqual(definition, now["definition"])
        self.assertEqual((first.id, second.id), (now["added"]["requestedBy"], now["added"]["approvedBy"]))
        before = self.accepted(self.cli.ask("file", "show", FILE, "--version", "1", "--session", first.session)).data
        self.assertEqual(self.shipped(), before["definition"])

    def test_2_what_earlier_records_would_not_survive_is_refused_with_its_place(self):
        first, second = self.scenario.officers
        definition = self.shipped() | {"version": 3}
        del definition["items"][5]
        definition["checks"] = definition["checks"][:2]
        path = self.write("third.json", definition)
        answer = self.refused(self.cli.both(first, second, "file", "add", path, "--change", "00" * 32), "invalid-content")
        self.assertEqual("/items/5", answer.data["pointer"])

    def test_3_a_number_in_the_wrong_place_is_not_told_back(self):
        number = "123456789018"
        for words in (("check", number), ("check", "individual-number", number, number), ("check", "date", "1", "１２３４５６７８９０１８")):
            answer = self.cli.ask(*words)
            self.assertEqual(64, answer.code)
            self.assertNotIn("12345", answer.out + answer.err)
            self.assertNotIn("１２３", answer.out + answer.err)


if __name__ == "__main__":
    main()
