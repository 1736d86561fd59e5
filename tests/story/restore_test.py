#!/usr/bin/env python3
"""Backup while the service runs, disk lost after an erasure, restore by two persons: everything but the erased, and what is lost is said."""
import json
import os
import shutil

from harness import Story, main
from markers_test import files_below, find_in, forms_of_number, forms_of_text
from scenario import APPLICATION, FILE, KOGANEI


def backup_file(home):
    """Some other file."""
    return os.path.join(home, "provisioning.json")


class Restore(Story):
    UNTIL = "import_people"

    def write_code(self, person, code):
        path = os.path.join(person.folder, "code")
        with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="ascii") as file:
            file.write(code)
        return path

    def restore(self, backup, *persons, remains=None):
        words = ["restore", "--backup", backup, "--remains", remains or self.remains]
        for person, code in persons:
            words += ["--as", person.login_file, "--code-file", self.write_code(person, code)]
        return self.cli.ask(*words, patience=300)

    def erase(self, record):
        story = self.scenario
        request = self.accepted(self.cli.at_terminal(story.endo, "erasure", "request", "--tenant", KOGANEI, "--file", FILE, "--record",
                                                     record, *APPLICATION)).data["erasureId"]
        self.accepted(self.cli.with_code(story.hara, "erasure", "approve", request, "--tenant", KOGANEI))
        return self.accepted(self.cli.with_code(story.endo, "erasure", "execute", request, "--tenant", KOGANEI, "--now")).data

    def by_addressee(self, row):
        return self.cli.retrieve(self.scenario.chiba, KOGANEI, "addressee-number", row["宛名番号"])

    def test_1_everything_but_the_erased_comes_back_and_what_is_lost_is_said(self):
        story, rows = self.scenario, self.scenario.rows[KOGANEI]
        aoki, baba = story.officers
        records = [self.accepted(self.by_addressee(row)).data["records"][0]["recordId"] for row in rows[:3]]
        made = self.accepted(self.cli.ask("backup", "create", "--session", aoki.session, patience=300)).data
        verified = self.accepted(self.cli.ask("backup", "verify", made["directory"])).data
        self.assertEqual(made["backupDigest"], verified["backupDigest"])
        self.assertEqual([], made["leftOut"])
        self.holds_no_plaintext(made["directory"], rows[5])

        done = self.erase(records[1])
        self.accepted(self.cli.both(aoki, baba, "batch", "run", "--now"))  # the state copy of the erasure is not the newest
        backup = os.path.join(self.home, "backup")
        shutil.copytree(made["directory"], backup)
        self.remains = os.path.join(self.home, "remains")
        os.rename(self.place.data, self.remains)
        self.refused(self.restore(backup, (aoki, "000000"), (baba, "000000")), "conflict")  # the vault lives, its data moved away
        os.rename(self.remains, self.place.data)
        self.place.stop("vault")
        occupied = self.restore(backup, (aoki, "000000"), (baba, "000000"))
        self.refused(occupied, "conflict")
        os.rename(self.place.data, self.remains)

        code, other = aoki.authenticator.next_code(), baba.authenticator.next_code()
        self.refused(self.restore(backup, (aoki, code)), "not-authenticated")
        self.refused(self.restore(backup, (aoki, code), (aoki, code)), "same-person")
        self.refused(self.restore(backup, (aoki, code), (baba, baba.authenticator.wrong_code())), "not-authenticated")
        self.assertFalse(os.path.exists(self.place.data), "a refused restore left something")
        self.damaged_is_refused(backup, (aoki, code), (baba, other))
        for elsewhere in (backup, self.home):  # either would say that nothing was lost, or what another lost
            refused = self.restore(backup, (aoki, code), (baba, other), remains=elsewhere)
            self.assertIn("--remains", self.refused(refused, "invalid-content").data["doing"])
            self.assertFalse(os.path.exists(self.place.data), "a refused restore left something")
        told = self.accepted(self.restore(backup, (aoki, code), (baba, other))).data
        self.assertEqual(made["backupDigest"], told["backupDigest"])
        self.assertEqual(made["epoch"] + 2, told["epoch"])
        own = next(one for one in told["tenants"] if one.get("localGovernmentCode") == KOGANEI)
        self.assertGreater(own["lastSequenceKnown"], own["lastSequencePresent"] - 1)
        self.assertGreater(own["sequenceGoesOnAfter"], own["lastSequenceKnown"])
        self.assertGreaterEqual(own["rowsDropped"], 1)
        self.assertTrue(own["opens"])
        self.assertNotIn("whole", own)
        gone = own["lastSequenceKnown"] > own["lastSequencePresent"]
        self.assertEqual(gone, "lostFrom" in own and "lostTo" in own)
        self.assertEqual(not gone and own["rowsLost"] == 0, "lost" in own)
        self.assertTrue(told["clock"]["remainsRead"])
        self.assertGreaterEqual(told["clock"]["accepted"], told["clock"]["stored"])  # both in the same hour of one zone

        self.place.start_vault()
        self.refused(self.by_addressee(rows[0]), "not-authenticated")  # sessions of the backup have ended
        for person in (story.chiba, story.doi, story.endo, story.hara):
            self.accepted(self.cli.login(person))
        self.accepted(self.by_addressee(rows[0]))
        self.refused(self.by_addressee(rows[1]), "not-found")
        self.refused(self.cli.show_record(story.doi, KOGANEI, records[1]), "erased")
        self.accepted(self.by_addressee(rows[2]))
        lost = self.accepted(self.cli.at_terminal(story.hara, "record", "lost", "--tenant", KOGANEI)).data
        self.assertEqual({"lostRecords": [], "more": False}, {key: lost[key] for key in ("lostRecords", "more")})
        certificate = os.path.join(self.home, "certificate.json")
        record = os.path.join(self.home, "provisioning.json")
        self.accepted(self.cli.at_terminal(story.endo, "certificate", "get", done["certificates"][0], "--tenant", KOGANEI, "--out", certificate))
        self.cli.must("certificate", "provisioning", "--profile", story.endo.profile, "--out", record)
        self.assertTrue(self.cli.must("verify", "certificate", certificate, "--provisioning", record, "--tenant", KOGANEI).data["valid"])
        self.cli.open_session(baba)
        report = self.cli.must("storage", "check", "--session", baba.session, patience=300).data["report"]
        self.assertTrue(report["sound"], json.dumps(report))

    def test_2_a_tenant_that_was_handed_over_is_removed_and_only_the_proof_stays(self):
        story, baba = self.scenario, self.scenario.officers[1]
        receipt = os.path.join(self.home, "receipt.txt")
        with open(receipt, "w", encoding="utf-8") as file:
            file.write("架空市 受領書 架空情第12号\n")
        story.officers_in()
        details = ["--receiver", "架空市", "--document", "架空情第12号", "--handed-over-on", "2026-01-31", "--receipt", receipt, "--session", baba.session]
        self.refused(self.cli.ask("tenant", "remove", KOGANEI, "--again", "042021", *details), "invalid-content")
        asked = self.accepted(self.cli.ask("tenant", "remove", KOGANEI, "--again", KOGANEI, *details)).data
        self.assertEqual("requested", asked["state"])
        for person in (story.hara, story.chiba):
            self.accepted(self.cli.login(person))
        shown = self.accepted(self.cli.at_terminal(story.hara, "tenant", "removal", "show", "--tenant", KOGANEI)).data
        self.assertEqual(asked["handOver"], shown["handOver"])
        approve = ["tenant", "removal", "approve", "--tenant", KOGANEI, "--again", KOGANEI, "--receipt"]
        self.refused(self.cli.with_code(story.hara, *approve, backup_file(self.home)), "invalid-content")  # another receipt
        self.accepted(self.cli.with_code(story.hara, *approve, receipt))
        self.accepted(self.cli.both(*story.officers, "batch", "run", "--now"))
        self.cli.open_session(baba)
        listed = self.cli.must("tenant", "list", "--session", baba.session).data
        self.assertNotIn(KOGANEI, [one["localGovernmentCode"] for one in listed["tenants"]])
        gone = next(one for one in listed["removed"] if one["localGovernmentCode"] == KOGANEI)
        self.refused(self.by_addressee(self.scenario.rows[KOGANEI][0]), "not-authenticated")
        certificate, record = os.path.join(self.home, "removal.json"), os.path.join(self.home, "pinned.json")
        self.cli.must("tenant", "certificate", KOGANEI, gone["serial"], "--out", certificate, "--session", baba.session)
        shutil.copy(os.path.join(self.place.data, "provisioning.json"), record)
        told = self.cli.must("verify", "certificate", certificate, "--provisioning", record, "--tenant", KOGANEI).data
        self.assertTrue(told["valid"] and told["tenantRemoval"], told)
        self.assertEqual(gone["rows"], told["rows"])

    def holds_no_plaintext(self, directory, row):
        needles = {}
        for name in ("漢字氏名", "ふりがな氏名", "住所"):
            needles |= {f"{name} in {form}": needle for form, needle in forms_of_text(row[name]).items()}
        for name in ("個人番号", "住民票コード"):
            needles |= {f"{name} as {form}": needle for form, needle in forms_of_number(row[name]).items()}
        looked = 0
        for path in files_below(directory):
            looked += 1
            self.assertEqual(set(), find_in(path, needles), path)
        self.assertGreater(looked, 5)

    def damaged_is_refused(self, backup, *persons):
        path = os.path.join(backup, "appliance", "data.mdb")
        with open(path, "r+b") as file:
            file.seek(5000)
            byte = file.read(1)
            file.seek(5000)
            file.write(bytes([byte[0] ^ 1]))
            file.flush()
            answer = self.refused(self.restore(backup, *persons), "integrity")
            self.assertIn("appliance/data.mdb", answer.out + answer.err)
            self.refused(self.cli.ask("backup", "verify", backup), "integrity")
            file.seek(5000)
            file.write(byte)


if __name__ == "__main__":
    main()
