#!/usr/bin/env python3
"""The demonstration's own steps, one test each, and what an operator's terminal sees around them."""
import json
import os
import ssl
import urllib.request

from harness import Story, main
from scenario import KOGANEI, SAITAMA


class TheLifeOfARecord(Story):
    UNTIL = "erase"

    def test_1_a_certificate_is_verified_offline_and_a_forged_one_refused(self):
        self.scenario.verify()

    def test_2_all_seven_files_are_taken_and_everything_stored_passes_the_check(self):
        self.scenario.all_files()
        self.scenario.show_status()

    def test_3_an_erased_record_stays_erased_after_kill_9(self):
        self.place.vault.kill()
        self.place.start_vault()
        self.refused(self.cli.show_record(self.scenario.doi, KOGANEI, self.scenario.erased_record), "erased")
        row = self.scenario.erased_row
        self.refused(self.cli.retrieve(self.scenario.doi, KOGANEI, "individual-number", row["個人番号"]), "not-found")

    def test_4_the_other_records_are_all_still_there(self):
        rows = self.scenario.rows[KOGANEI]
        gone = self.scenario.erased_row["宛名番号"]
        for row in rows[:20]:
            if row["宛名番号"] != gone:
                answer = self.accepted(self.cli.retrieve(self.scenario.chiba, KOGANEI, "addressee-number", row["宛名番号"]))
                items = self.scenario.items(answer.data["records"][0])
                for key, name in (("kanjiName", "漢字氏名"), ("kanaName", "ふりがな氏名"), ("address", "住所"), ("birthDate", "生年月日")):
                    self.assertEqual(row[name], items[key])

    def test_5_a_session_ends_at_logout(self):
        self.accepted(self.cli.logout(self.scenario.fujii))
        row = self.scenario.rows[SAITAMA][0]
        self.refused(self.cli.retrieve(self.scenario.fujii, SAITAMA, "addressee-number", row["宛名番号"]), "not-authenticated")

    def test_6_the_curl_line_works(self):
        self.assertIn("--cacert", self.scenario.try_curl())

    def test_7_the_line_for_programs_holds_what_was_promised(self):
        told = json.loads(json.dumps(self.scenario.for_outside()))
        self.assertEqual({"url", "ca", "clientCert", "clientKey", "operators", "officers", "tenants", "dataDir", "stateCopyDir",
                          "tpmState", "adminSocket", "settings", "pids"}, set(told))
        self.assertEqual({"vault", "gate", "tpm"}, set(told["pids"]))
        for operator in told["operators"]:
            self.assertEqual({"id", "role", "tenant", "password", "totpSecret", "clientCert", "clientKey"}, set(operator))
            self.assertTrue(os.path.exists(operator["clientCert"]))
        for officer in told["officers"]:
            self.assertEqual({"id", "role", "password", "totpSecret"}, set(officer))

    def test_8_without_a_client_certificate_there_is_no_answer(self):
        context = ssl.create_default_context(cafile=self.place.server_authority)
        with self.assertRaises(OSError):
            urllib.request.urlopen(self.place.url + "/health", context=context, timeout=5)  # noqa: S310

    def test_9_the_vault_ends_in_good_order_when_asked(self):
        self.place.gate.end()
        self.assertTrue(self.place.vault.end())
        self.assertEqual(0, self.place.vault.child.returncode, self.place.vault.log_text()[-1000:])


if __name__ == "__main__":
    main()
