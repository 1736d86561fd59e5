"""EIO and ENOSPC once at every write, sync, truncation, allocation, renaming, creation and removal of acts that matter. Each point
begins from the same image of an installation; afterwards everything acknowledged must be there after kill -9 and a restart, nothing
refused may be there by half, and the service must be back within BACK_WITHIN seconds."""
import collections
import os
import shutil
import subprocess
import threading
import time

import local_socket
from faults import Faults
from scenario import APPLICATION, FILE, KOGANEI, SAITAMA
from second_factor import STEP, code_at
from workload import Broken

BACK_WITHIN = 5.0
RESTART_AFTER = 0.1       # systemd's default RestartSec
IMAGE_AGE = 200           # sessions end after 300 seconds without an operation
DISK_CALLS = ("write", "sync", "truncate", "allocate", "rename", "create", "remove")
NEW_TENANT = "131016"


class Keeper(threading.Thread):
    """Starts the vault again whenever it has ended by itself: Restart=on-failure."""

    def __init__(self, place):
        super().__init__(daemon=True)
        self.place = place
        self.lock = threading.Lock()
        self.wanted = False
        self.over = False
        self.restarts = 0

    def run(self):
        while not self.over:
            with self.lock:
                if self.wanted and not self.place.vault.running():
                    time.sleep(RESTART_AFTER)
                    self.place.start_vault(wait=False)
                    self.restarts += 1
            time.sleep(0.02)

    def start_vault(self):
        with self.lock:
            self.wanted = True
            self.place.start_vault(wait=False)

    def kill_vault(self):
        with self.lock:
            self.wanted = False
            if self.place.vault is not None:
                self.place.vault.kill()

    def end(self):
        self.over = True
        self.join()
        self.kill_vault()


class Campaign:
    def __init__(self, scenario, tell):
        self.scenario = scenario
        self.place = scenario.place
        self.cli = scenario.cli
        self.tell = tell
        self.faults = Faults(self.place.build, self.place.home)
        self.place.vault_environment = self.faults.environment()
        self.image = os.path.join(self.place.home, "image")
        self.keeper = Keeper(self.place)
        self.taken = 0.0
        self.tpm_moved = False
        self.slowest = 0.0
        self.outcomes = collections.Counter()
        self.table = collections.defaultdict(collections.Counter)
        self.points = 0
        self.facts = {}

    # -- the image

    def code(self, person):
        """The present code: the image knows no later one, so it may be used once from each restored image."""
        while int(time.time() // STEP) <= person.authenticator.last_step:
            time.sleep(0.1)
        return code_at(person.authenticator.secret, int(time.time() // STEP))

    def login(self, person):
        return self.cli.login(person, self.code(person))

    def prepare(self):
        """From the end of import_people: an application approved, an import staged, everybody logged in."""
        scenario, cli = self.scenario, self.cli
        self.place.stop("vault")
        self.keeper.start()
        self.keeper.start_vault()
        self.place.wait_for_vault()
        scenario.officers_in()
        rows = scenario.rows[KOGANEI]
        self.doomed, self.next_doomed = (self._record_of(row) for row in rows[:2])
        self.living = rows[3]
        self.application = scenario.must(cli.at_terminal(scenario.doi, "erasure", "request", "--tenant", KOGANEI, "--file", FILE,
                                                         "--record", self.doomed, *APPLICATION)).data["erasureId"]
        scenario.must(cli.with_code(scenario.hara, "erasure", "approve", self.application, "--tenant", KOGANEI))
        self.more = {tenant: self._more_people(tenant) for tenant in (KOGANEI, SAITAMA)}
        staged = scenario.must(cli.at_terminal(scenario.fujii, "import", "file", self.more[SAITAMA][0], "--tenant", SAITAMA,
                                               "--file", FILE))
        self.staged = staged.data["importId"]
        self._take_image()

    def _record_of(self, row):
        return self.scenario.must(self.cli.retrieve(self.scenario.chiba, KOGANEI, "addressee-number", row["宛名番号"])
                                  ).data["records"][0]["recordId"]

    def _more_people(self, tenant):
        path = os.path.join(self.place.home, f"more-{tenant}.csv")
        seed = 70 + int(tenant) % 7
        self.cli.must("synthetic", "people", "--tenant", tenant, "--file", FILE, "--count", "6", "--seed", str(seed), "--out", path)
        with open(path, encoding="utf-8-sig", newline="") as file:
            import csv
            return path, list(csv.DictReader(file))

    def _renew(self):
        """Logs everybody in again, so that the image's sessions are fresh."""
        while int(time.time() // STEP) <= self.used_step:
            time.sleep(0.2)
        for officer in self.scenario.officers:
            self.cli.must("session", "open", "--as", officer.login_file, "--code-file", "-", "--out", officer.session,
                          text=self.code(officer))
        for person in self.scenario.staff:
            self.scenario.must(self.login(person))
        for person in self.everybody():
            person.authenticator.last_step = int(time.time() // STEP)
        self._take_image()

    def _take_image(self):
        self.keeper.kill_vault()
        self.place.stop("tpm")
        shutil.rmtree(self.image, ignore_errors=True)
        os.makedirs(self.image)
        for folder in ("data", "state-copy", "tpm"):
            self._copy(os.path.join(self.place.home, folder), os.path.join(self.image, folder))
        self.place.start_tpm()
        for person in self.everybody():
            shutil.copy2(person.session, os.path.join(self.image, f"session-{person.id}"))
        self.taken = time.monotonic()
        self.used_step = max(person.authenticator.last_step for person in self.everybody())

    @staticmethod
    def _copy(source, target):
        shutil.rmtree(target, ignore_errors=True)
        subprocess.run(["cp", "-a", "--sparse=always", "--reflink=auto", source, target], check=True)

    def restore(self, with_tpm, start=True):
        """with_tpm: what follows moves the epoch, so that the TPM has to be put back before the next point as well."""
        self.keeper.kill_vault()
        with_tpm, self.tpm_moved = with_tpm or self.tpm_moved, with_tpm
        if time.monotonic() - self.taken > IMAGE_AGE:
            self._put_back(True)
            self.keeper.start_vault()
            self.place.wait_for_vault()
            self._renew()
        self._put_back(with_tpm)
        if start:
            self.keeper.start_vault()
            self.place.wait_for_vault()

    def everybody(self):
        return (*self.scenario.officers, *self.scenario.staff)

    def _put_back(self, with_tpm):
        for person in self.everybody():
            shutil.copy2(os.path.join(self.image, f"session-{person.id}"), person.session)
        for folder in ("data", "state-copy"):
            self._copy(os.path.join(self.image, folder), os.path.join(self.place.home, folder))
        if with_tpm:
            self.place.stop("tpm")
            self._copy(os.path.join(self.image, "tpm"), os.path.join(self.place.home, "tpm"))
            self.place.start_tpm()

    # -- acts: each returns the answer of the command

    def acts(self):
        s, cli = self.scenario, self.cli
        return {
            "read": (lambda: cli.retrieve(s.chiba, KOGANEI, "addressee-number", self.living["宛名番号"]), self.check_read),
            "login": (lambda: self.login(s.chiba), self.check_login),
            "import": (lambda: cli.at_terminal(s.doi, "import", "file", self.more[KOGANEI][0], "--tenant", KOGANEI, "--file", FILE),
                       self.check_import),
            "confirm": (lambda: cli.at_code(s.goto, self.code(s.goto), "import", "confirm", self.staged, "--tenant", SAITAMA),
                        self.check_confirm),
            "apply": (lambda: cli.at_terminal(s.doi, "erasure", "request", "--tenant", KOGANEI, "--file", FILE, "--record",
                                              self.next_doomed, *APPLICATION), self.check_apply),
            "tenant": (lambda: cli.both(*s.officers, "tenant", "create", NEW_TENANT, "千代田区"), self.check_tenant),
            "batch": (lambda: cli.at_code(s.endo, self.code(s.endo), "erasure", "execute", self.application, "--tenant", KOGANEI,
                                          "--now"), self.check_batch),
            "start": (lambda: None, self.check_start),
        }

    # -- checks, after kill -9 and a restart; `answer`: what the act was told

    def expect(self, condition, text):
        if not condition:
            raise Broken(text)

    def check_read(self, answer):
        if answer.ok:
            items = self.scenario.items(answer.data["records"][0])
            self.expect(items["kanjiName"] == self.living["漢字氏名"], "a read told somebody else's record")
            self.expect(self.lines()[KOGANEI] >= self.facts["lines"][KOGANEI] + 1, "a read was told and its line is gone")

    def check_login(self, answer):
        if answer.ok:
            shown = self.cli.ask("session", "show", *self.cli._at(self.scenario.chiba))
            again = self.cli.retrieve(self.scenario.chiba, KOGANEI, "addressee-number", self.living["宛名番号"])
            self.expect(again.ok, f"an acknowledged login is gone: {shown.out}{again.out}")

    def check_import(self, answer):
        rows = self.more[KOGANEI][1]
        for row in (rows[0], rows[-1]):
            found = self.cli.retrieve(self.scenario.chiba, KOGANEI, "resident-record-code", row["住民票コード"])
            self.expect(found.problem == "not-found", f"an unconfirmed row is told: {found.out}")
        if answer.ok:
            shown = self.cli.at_terminal(self.scenario.doi, "import", "show", answer.data["importId"], "--tenant", KOGANEI)
            self.expect(shown.ok and shown.data["state"] == "staged", f"an acknowledged import is {shown.out}")
        else:  # nothing stands in the way of the next one, unless it is whole
            again = self.cli.at_terminal(self.scenario.doi, "import", "file", self.more[KOGANEI][0], "--tenant", KOGANEI, "--file", FILE)
            if again.ok:
                return
            self.expect(again.problem == "conflict", f"an import after a refused one: {again.out}{again.err}")
            stands = self.cli.at_terminal(self.scenario.doi, "import", "show", again.data["importId"], "--tenant", KOGANEI)
            self.expect(stands.ok and stands.data["state"] == "staged" and stands.data["accepted"] == len(rows),
                        f"an import is there by half: {stands.out}")

    def check_confirm(self, answer):
        rows = self.more[SAITAMA][1]
        found = [self.cli.retrieve(self.scenario.fujii, SAITAMA, "resident-record-code", row["住民票コード"]) for row in rows]
        there = sum(one.ok for one in found)
        self.expect(there in (0, len(rows)), f"{there} of {len(rows)} confirmed rows are told")
        self.expect(all(one.ok or one.problem == "not-found" for one in found), "a confirmed row is neither there nor unknown")
        self.expect(not answer.ok or there == len(rows), "an acknowledged confirmation is gone")

    def check_apply(self, answer):
        listed = self.cli.at_terminal(self.scenario.doi, "erasure", "list", "--tenant", KOGANEI)
        self.expect(listed.ok, f"the list of applications is refused: {listed.out}{listed.err}")
        states = {one["erasureId"]: one["state"] for one in listed.data["erasures"]}
        self.expect(states.get(self.application) == "approved", "another application changed")
        if answer.ok:
            self.expect(states.get(answer.data["erasureId"]) == "requested", "an acknowledged application is gone")

    def check_tenant(self, answer):
        officer = self.scenario.aoki.session
        listed = self.cli.must("tenant", "list", "--session", officer).data["tenants"]
        codes = {one["localGovernmentCode"] for one in listed}
        self.expect(not answer.ok or NEW_TENANT in codes, "an acknowledged tenant is gone")
        count = self.cli.must("status", "--session", officer).data["tenants"]
        self.expect(count == len(listed), f"{count} tenants are counted and {len(listed)} named")
        if not answer.ok and NEW_TENANT not in codes:
            again = self.cli.both(*self.scenario.officers, "tenant", "create", NEW_TENANT, "千代田区")
            self.expect(again.ok, f"a tenant cannot be created after a refusal: {again.out}{again.err}")

    def check_batch(self, answer):
        officer = self.scenario.aoki.session
        status = self.cli.must("status", "--session", officer).data
        self.expect(status["certified"], "the epoch is not certified after a start")
        moved = status["epoch"] - self.facts["epoch"]
        shown = self.cli.show_record(self.scenario.chiba, KOGANEI, self.doomed)
        state = self.cli.at_terminal(self.scenario.doi, "erasure", "show", self.application, "--tenant", KOGANEI).data["state"]
        self.expect(moved in (0, 1), f"the epoch moved by {moved}")
        if moved:
            self.expect(shown.problem == "erased" and state == "executed", f"after the batch: {shown.out} {state}")
        else:
            self.expect(shown.ok and state == "approved", f"before the batch: {shown.out} {state}")
        if answer.ok:
            self.expect(moved == 1, "an acknowledged batch is gone")
            path = os.path.join(self.place.home, "certificate.json")
            got = self.cli.ask("certificate", "get", answer.data["certificates"][0], "--tenant", KOGANEI, "--out", path, "--profile",
                               self.scenario.endo.profile, "--session", self.scenario.endo.session)
            self.expect(got.ok, f"the certificate of an acknowledged erasure is refused: {got.out}{got.err}")

    def check_start(self, answer):
        del answer

    def lines(self):
        walk = self.cli.must("journal", "walk", "--session", self.scenario.aoki.session).data
        self.expect(walk["chain"] == "intact", "the journal's chain is broken")
        return {one["localGovernmentCode"]: one["lines"] for one in walk["tenants"]}

    def check_everything(self):
        report = self.cli.must("storage", "check", "--session", self.scenario.aoki.session, patience=300).data["report"]
        self.expect(report["sound"], f"storage check: {report['faults']}")
        again = self.cli.retrieve(self.scenario.doi, KOGANEI, "addressee-number", self.living["宛名番号"])
        self.expect(again.ok, f"a good reader is refused: {again.out}{again.err}")

    # -- points

    def learn(self, name):
        """How many calls of each kind the act makes."""
        act, _ = self.acts()[name]
        self.restore(with_tpm=name == "batch", start=name != "start")
        if name == "start":
            self.faults.count()
            self.keeper.start_vault()
            self.place.wait_for_vault()
            time.sleep(0.3)
        else:
            self.facts = {"lines": self.lines(),
                          "epoch": self.cli.must("status", "--session", self.scenario.aoki.session).data["epoch"]}
            self.faults.count()
            answer = act()
            self.expect(answer.ok, f"{name} without any fault: {answer.out}{answer.err}")
        counted = self.faults.counted()
        self.faults.rest()
        return {call: counted[call] for call in DISK_CALLS}

    def run_point(self, name, call, number, error):
        act, check = self.acts()[name]
        self.restore(with_tpm=name == "batch", start=name != "start")
        self.faults.arm(call, number, error)
        answer, restarts = None, self.keeper.restarts
        if name == "start":
            self.keeper.start_vault()
        else:
            answer = act()
        told = time.monotonic()
        back = self.wait_until_back(told)
        hit, place = self.faults.hits(), self.faults.place()
        self.faults.rest()
        outcome = "no call" if not hit else "started" if answer is None else "answered" if answer.ok else answer.problem or "no answer"
        where = f"{name}, {call} {number}, {error} ({place}): {outcome}"
        self.points += 1
        self.outcomes[outcome] += 1
        self.table[(name, call, error)][outcome] += 1
        self.slowest = max(self.slowest, back)
        if back > BACK_WITHIN:
            raise Broken(f"{where}: the service is back only after {back:.1f} s")
        if answer is not None and not answer.ok and answer.problem not in ("storage-full", "storage-failed", "unavailable"):
            raise Broken(f"{where}: {answer.out}{answer.err}")
        self.check_after(where, restarts, check, answer)

    def check_after(self, where, restarts, check, answer):
        """After a restart: the one the vault needed by itself, or one after kill -9."""
        try:
            if self.keeper.restarts == restarts:
                self.keeper.kill_vault()
                self.keeper.start_vault()
                self.place.wait_for_vault()
            check(answer)
            self.check_everything()
        except Exception as fault:
            raise Broken(f"{where}: {fault}") from fault

    def wait_until_back(self, since):
        """Seconds until the vault is ready and a good reader is answered."""
        while time.monotonic() - since < 3 * BACK_WITHIN:
            if local_socket.ready(self.place.admin_socket):
                if self.cli.retrieve(self.scenario.doi, KOGANEI, "addressee-number", self.living["宛名番号"]).ok:
                    return time.monotonic() - since
            time.sleep(0.03)
        raise Broken("the service does not come back")

    def run(self, names, errors, choose):
        for name in names:
            counted = self.learn(name)
            points = [(call, number) for call in DISK_CALLS for number in range(1, counted[call] + 1)]
            chosen = choose(points)
            began = time.monotonic()
            for call, number in chosen:
                for error in errors:
                    self.run_point(name, call, number, error)
            self.tell(f"{name}: {sum(counted.values())} calls " + " ".join(f"{call}={count}" for call, count in counted.items() if count) +
                      f"; {len(chosen) * len(errors)} points in {time.monotonic() - began:.0f} s")

    def report(self):
        self.tell(f"{'act':8} {'call':9} {'error':7} outcomes")
        for (name, call, error), outcomes in self.table.items():
            self.tell(f"{name:8} {call:9} {error:7} " + ", ".join(f"{what} {count}" for what, count in sorted(outcomes.items())))
        return {"points": self.points, "outcomes": dict(self.outcomes), "restarts": self.keeper.restarts,
                "slowestBack": round(self.slowest, 2)}

    def end(self):
        if self.keeper.is_alive():
            self.keeper.end()
