#!/usr/bin/env python3
"""A system clock ten years back and ten years ahead (libfaketime): nothing is erased early in either, and both alarm (E-03)."""
import csv
import datetime
import glob
import os
import time

from harness import Story, main
from scenario import APPLICATION, FILE, KOGANEI

YEARS = 10
SHIFT = YEARS * 366 * 86400
ALARM = "the system clock does not agree with accepted time"


def library():
    found = glob.glob("/usr/lib/*/faketime/libfaketime.so.1")
    if not found:
        raise AssertionError("libfaketime is not installed (deploy/packages.txt)")
    return found[0]


class MovedClock(Story):
    UNTIL = "import_people"

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.row = cls.scenario.rows[KOGANEI][0]

    def adopt_an_end_in_five_years(self):
        scenario = self.scenario
        born = int(self.row["生年月日"][:4])
        rule = ("--tenant", KOGANEI, "--file", FILE)
        proposed = self.accepted(self.cli.at_terminal(
            scenario.endo, "retention", "rule", "propose", *rule, "--rule", "EXCL", "--period",
            f"{datetime.date.today().year + 5 - born}y", "--event-item", "birthDate", "--citation", "架空市文書管理規程(時計)"))
        self.accepted(self.cli.with_code(scenario.kuno, "retention", "rule", "adopt", str(proposed.data["version"]), *rule))

    def start_shifted(self, seconds):
        self.place.stop("vault")
        self.place.vault_environment = {"LD_PRELOAD": library(), "FAKETIME": f"{seconds:+d}", "FAKETIME_DONT_FAKE_MONOTONIC": "1",
                                        "FAKETIME_DONT_RESET": "1"} if seconds else {}
        self.place.start_vault()

    def apply(self, record):
        return self.cli.at_terminal(self.scenario.doi, "erasure", "request", "--tenant", KOGANEI, "--file", FILE, "--record", record,
                                    *APPLICATION)

    def adopt_a_rule_for_the_log(self):
        rule = ("--tenant", KOGANEI, "--file", "access-log")
        proposed = self.accepted(self.cli.at_terminal(self.scenario.endo, "retention", "rule", "propose", *rule, "--rule", "EXCL",
                                                      "--period", "1y", "--citation", "架空市文書管理規程(ログ)"))
        self.accepted(self.cli.with_code(self.scenario.kuno, "retention", "rule", "adopt", str(proposed.data["version"]), *rule))

    def apply_for_this_month_of_the_log(self):
        """L-15: ten years ahead a year has long passed, ten years back it is a month of the future; both are early."""
        month = datetime.datetime.now(datetime.timezone(datetime.timedelta(hours=9))).strftime("%Y-%m")
        return self.cli.at_terminal(self.scenario.doi, "erasure", "request", "--tenant", KOGANEI, "--file", "access-log", "--month", month,
                                    *APPLICATION)

    def close_a_document(self):
        """X-20: a hold that was set and released, and a rule that keeps such papers for a year."""
        scenario = self.scenario
        tenant = ("--tenant", KOGANEI)
        held = self.accepted(self.cli.at_terminal(scenario.doi, "hold", "set", *tenant, "--file", "working-documents", "--name", "架空監査",
                                                  "--reason", "audit"))
        paper = held.data["holdId"]
        self.refused(self.apply_for(paper), "too-early")  # no rule is adopted
        self.accepted(self.cli.at_terminal(scenario.doi, "hold", "release", paper, *tenant))
        self.accepted(self.cli.with_code(scenario.kuno, "hold", "approve", paper, *tenant))
        rule = (*tenant, "--file", "working-documents")
        proposed = self.accepted(self.cli.at_terminal(scenario.endo, "retention", "rule", "propose", *rule, "--rule", "EXCL",
                                                      "--period", "1y", "--citation", "架空市文書管理規程(文書)"))
        self.accepted(self.cli.with_code(scenario.kuno, "retention", "rule", "adopt", str(proposed.data["version"]), *rule))
        return paper

    def apply_for(self, paper):
        return self.cli.at_terminal(self.scenario.doi, "erasure", "request", "--tenant", KOGANEI, "--file", "working-documents",
                                    "--record", paper, *APPLICATION)

    def alarms(self):
        return self.place.vault.log_text().count(ALARM)

    def record_of(self, row):
        found = self.accepted(self.cli.retrieve(self.scenario.doi, KOGANEI, "resident-record-code", row["住民票コード"]))
        return found.data["records"][0]

    def test_an_earlier_version_is_not_erased_before_its_record_ends(self):
        """Versions end together (decision 0075): the one before a move of today is as early as the move."""
        scenario = self.scenario
        today = datetime.datetime.now(datetime.timezone(datetime.timedelta(hours=9))).date()
        row = scenario.rows[KOGANEI][1]
        moved = row | {"異動事由": "転居", "異動年月日": str(today), "住所": "架空町九丁目9番9号"}
        path = os.path.join(self.home, "moved.csv")
        with open(path, "w", encoding="utf-8", newline="") as file:
            table = csv.DictWriter(file, fieldnames=list(moved), quoting=csv.QUOTE_ALL, lineterminator="\r\n")
            table.writeheader()
            table.writerow(moved)
        before = self.record_of(row)["recordId"]
        staged = self.accepted(self.cli.at_terminal(scenario.doi, "import", "file", path, "--tenant", KOGANEI, "--file", FILE)).data
        self.assertEqual(1, staged["accepted"])
        self.accepted(self.cli.with_code(scenario.endo, "import", "confirm", staged["importId"], "--tenant", KOGANEI))
        now = self.record_of(row)
        self.assertEqual([before], now["earlierVersions"])
        for version in (before, now["recordId"]):
            self.refused(self.apply(version), "too-early")
            self.accepted(self.cli.show_record(scenario.doi, KOGANEI, version))

    def test_a_refusal_under_a_hold_names_the_hold(self):
        scenario = self.scenario
        record = self.record_of(scenario.rows[KOGANEI][2])["recordId"]
        hold = self.accepted(self.cli.at_terminal(scenario.endo, "hold", "set", "--tenant", KOGANEI, "--file", FILE, "--name", "架空の開示請求",
                                                  "--reason", "disclosure-request", "--record", record)).data["holdId"]
        self.assertIn(f"(holdId: {hold})", self.refused(self.apply(record), "locked").out)

    def test_what_an_application_needs_is_marked_in_its_help(self):
        told = self.cli.ask("erasure", "request", "--help").out
        for word in ("tenant", "file", "items", "medium", "quantity", "method", "planned-date", "ground"):
            self.assertRegex(told, rf"--{word} TEXT[^\n]* REQUIRED")

    def test_nothing_is_erased_early_and_both_directions_alarm(self):
        scenario = self.scenario
        self.adopt_an_end_in_five_years()
        found = self.accepted(self.cli.retrieve(scenario.doi, KOGANEI, "resident-record-code", self.row["住民票コード"]))
        record = found.data["records"][0]["recordId"]
        told = self.refused(self.apply(record), "too-early")
        self.assertIn(str(datetime.date.today().year + 5), told.err + told.out + told.message())

        self.adopt_a_rule_for_the_log()
        self.refused(self.apply_for_this_month_of_the_log(), "too-early")

        paper = self.close_a_document()
        self.refused(self.apply_for(paper), "too-early")

        before = self.alarms()
        self.start_shifted(-SHIFT)  # the sessions of the present go on: a login would need codes of the future
        self.refused(self.apply(record), "too-early")
        self.refused(self.apply_for_this_month_of_the_log(), "too-early")
        self.refused(self.apply_for(paper), "too-early")
        self.assertGreater(self.alarms(), before, "no alarm about a clock that went back")

        before = self.alarms()
        self.start_shifted(SHIFT)
        for person in (scenario.doi, scenario.aoki):
            person.authenticator.clock = lambda: time.time() + SHIFT
        self.accepted(self.cli.login(scenario.doi))
        self.refused(self.apply(record), "too-early")
        self.refused(self.apply_for_this_month_of_the_log(), "too-early")
        self.refused(self.apply_for(paper), "too-early")
        self.assertGreater(self.alarms(), before, "no alarm about a clock that is ahead")
        self.cli.open_session(scenario.aoki)
        clock = self.accepted(self.cli.ask("clock", "status", "--session", scenario.aoki.session))
        self.assertEqual("ahead", clock.data["state"])
        self.assertLess(clock.data["accepted"], f"{datetime.date.today().year + 1}")
        self.accepted(self.cli.show_record(scenario.doi, KOGANEI, record))  # still there


if __name__ == "__main__":
    main()
