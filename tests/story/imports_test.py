#!/usr/bin/env python3
"""A CSV in CP932 with a private character goes through the real programs: sent in parts, resumed under its key, one row waits for its
character to be identified by one person and confirmed by another, and no number is told on the way."""
import csv
import io
import os

from harness import Story, main
from scenario import FILE, KOGANEI


class ImportsInAnotherEncoding(Story):
    UNTIL = "log_in"
    PEOPLE = 5

    def setUp(self):
        self.rows = [{name: self.plain(value) for name, value in row.items()} for row in self.scenario.rows[KOGANEI]]
        for row in self.rows:
            row["漢字氏名"], row["住所"] = "架空　太郎", "東京都小金井市本町１－２～３"

    @staticmethod
    def plain(value):
        """Empty where CP932 has no such character: the test brings its own."""
        return value if value.encode("cp932", "ignore").decode("cp932") == value else ""

    def write(self, name, rows, encoding):
        out = io.StringIO(newline="")
        table = csv.DictWriter(out, fieldnames=list(rows[0]), quoting=csv.QUOTE_ALL, lineterminator="\r\n")
        table.writeheader()
        table.writerows(rows)
        path = os.path.join(self.home, name)
        with open(path, "wb") as file:
            file.write(out.getvalue().encode(encoding))
        return path

    def create(self, path, *words):
        return self.cli.at_terminal(self.scenario.doi, "import", "create", path, "--tenant", KOGANEI, "--file", FILE, *words)

    def test_1_what_is_not_declared_rightly_is_refused_and_tells_no_number(self):
        numbers = [row["個人番号"] for row in self.rows]
        for words, slug in ((("--encoding", "Shift_JIS"), "invalid-content"), (("--group", "nothing"), "invalid-content"),
                            (("--ivs-collection", "Other"), "invalid-content"), (("--encoding", "EUC-JP-MS"), "invalid-content")):
            path = self.write("wrong.csv", self.rows, "cp932")
            answer = self.refused(self.create(path, *(words if words[0] == "--encoding" else ("--encoding", "CP932", *words))), slug)
            for number in numbers:
                self.assertNotIn(number, answer.out + answer.err)

    def test_2_a_row_with_a_private_character_waits_and_is_identified_by_two(self):
        path = self.write("gaiji.csv", self.rows, "cp932")  # Python's has no private area: U+E000 is F040
        with open(path, "rb") as file:
            text = file.read()
        first = text.index("架空".encode("cp932"))
        with open(path, "wb") as file:
            file.write(text[:first] + b"\xf0\x40" + text[first + 2:])
        words = ("--encoding", "CP932", "--idempotency-key", "story-1")
        staged = self.accepted(self.create(path, *words)).data
        self.assertEqual((4, 1, "staged", "CP932"), (staged["accepted"], staged["quarantined"], staged["state"], staged["encoding"]))
        again = self.accepted(self.create(path, *words)).data  # the answer was lost: one import all the same
        self.assertEqual(staged["importId"], again["importId"])
        doi, endo, which = self.scenario.doi, self.scenario.endo, (staged["importId"], "--tenant", KOGANEI)
        self.accepted(self.cli.with_code(endo, "import", "confirm", *which))
        waiting = self.accepted(self.cli.at_terminal(doi, "import", "quarantine", *which)).data["rows"]
        self.assertEqual([("waiting", 2)], [(row["state"], row["row"]) for row in waiting])
        self.assertEqual([{"position": 1, "codePoints": ["U+E000"]}], waiting[0]["items"][0]["doubtful"])
        record = waiting[0]["recordId"]
        self.refused(self.cli.retrieve(doi, KOGANEI, "addressee-number", self.rows[0]["宛名番号"]), "not-found")
        identify = ("import", "identify", *which, "--record", record, "--item", "kanjiName", "--value-file", "-")
        self.refused(self.cli.at_terminal(doi, *identify, text="髙空　次郎\n"), "invalid-content")  # more than the doubtful one
        self.accepted(self.cli.at_terminal(doi, *identify, text="髙空　太郎\n"))
        own = self.cli.with_code(doi, "import", "accept-identification", *which, "--record", record)
        self.refused(own, "same-person")
        done = self.accepted(self.cli.with_code(endo, "import", "accept-identification", *which, "--record", record)).data
        self.assertEqual("identified", done["state"])
        found = self.accepted(self.cli.retrieve(doi, KOGANEI, "addressee-number", self.rows[0]["宛名番号"])).data["records"]
        values = {item["name"]: item["value"] for item in found[0]["items"]}
        self.assertEqual("髙空　太郎", values["漢字氏名"])
        self.assertEqual("東京都小金井市本町１－２～３", values["住所"])

    def test_3_conversions_come_with_the_import(self):
        rows = self.rows[:1]
        rows[0] |= {"漢字氏名": "架空　花子", "住所": "東京都", "ふりがな氏名": "ｶｸｳ ﾊﾅｺ", "宛名番号": "990001", "個人番号": "",
                    "住民票コード": "00000000019"}
        staged = self.accepted(self.create(self.write("kana.csv", rows, "euc_jp"), "--encoding", "EUC-JP-MS")).data
        self.assertEqual(1, staged["byRule"]["convert.kana-widened"])
        told = self.accepted(self.cli.at_terminal(self.scenario.doi, "import", "conversions", staged["importId"], "--tenant", KOGANEI)).data
        self.assertIn({"before": ["U+FF76"], "after": "U+30AB"}, told["conversions"][0]["changes"])
        self.accepted(self.cli.with_code(self.scenario.endo, "import", "reject", staged["importId"], "--tenant", KOGANEI))


if __name__ == "__main__":
    main()
