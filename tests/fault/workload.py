"""Changes that go on while processes are killed, and a model of what was acknowledged. What was acknowledged must be there
afterwards; what was under way may be there or not, but whole."""
import random
import threading

from scenario import APPLICATION, FILE, KOGANEI


class Broken(Exception):
    """Something acknowledged is missing, or something is half there."""


class Workload(threading.Thread):
    """Acts one after the other until it is told to rest. A refused or unanswered command is an unknown outcome."""

    BATCHES = 20  # fewer than limits::kMaxBatchesPerDay: the cap is not what is tested here

    def __init__(self, scenario, seed):
        super().__init__(daemon=True)
        self.scenario = scenario
        self.cli = scenario.cli
        self.random = random.Random(seed)
        self.request = scenario.place.make_terminal_request(scenario.fujii.__class__(
            scenario.place.home, "extra", "予備 端末", "市民課窓口", "10099", "operator", KOGANEI))
        self.terminals = set()       # fingerprints
        self.applications = {}       # erasure id -> the set of states it may be in
        self.erased = set()          # record ids whose erasure was acknowledged
        self.epoch = 0
        self.batches = 0
        self.acknowledged = 0
        self.unknown = 0
        self.records = self._record_ids()
        self.wanted = threading.Event()
        self.resting = threading.Event()
        self.over = False
        self.resting.set()

    def _record_ids(self):
        """Record ids and what was imported under each, by the addressee number."""
        out = {}
        for row in self.scenario.rows[KOGANEI]:
            answer = self.cli.retrieve(self.scenario.chiba, KOGANEI, "addressee-number", row["宛名番号"])
            if answer.ok:
                out[answer.data["records"][0]["recordId"]] = row
        return out

    # -- control, from the campaign's thread

    def resume(self):
        self.resting.clear()
        self.wanted.set()

    def rest(self):
        """Returns when no command is under way any more."""
        self.wanted.clear()
        self.resting.wait()

    def end(self):
        self.over = True
        self.wanted.set()
        self.join()

    # -- acts, on the workload's thread

    def run(self):
        acts = ((self.read, 5), (self.add_terminal, 4), (self.apply, 3), (self.decide, 2), (self.advance, 1))
        while True:
            if not self.wanted.is_set():
                self.resting.set()
            self.wanted.wait()
            if self.over:
                return
            act = self.random.choices([act for act, _ in acts], [weight for _, weight in acts])[0]
            act()

    def count(self, answer):
        if answer.ok:
            self.acknowledged += 1
        else:
            self.unknown += 1
        return answer.ok

    def living(self):
        busy = set()
        for states in self.applications.values():
            busy.add(states["record"])
        return [record for record in self.records if record not in self.erased and record not in busy]

    def read(self):
        row = self.random.choice(list(self.records.values()))
        self.count(self.cli.retrieve(self.scenario.chiba, KOGANEI, "addressee-number", row["宛名番号"]))

    def add_terminal(self):
        answer = self.cli.both(*self.scenario.officers, "terminal", "add", "--csr", self.request, "--name", "予備", "--tenant", KOGANEI,
                               "--out", self.request + ".pem")
        if self.count(answer):
            self.terminals.add(answer.data["fingerprint"])

    def apply(self):
        free = self.living()
        if not free:
            return
        record = self.random.choice(free)
        answer = self.cli.at_terminal(self.scenario.doi, "erasure", "request", "--tenant", KOGANEI, "--file", FILE, "--record", record,
                                      *APPLICATION)
        if self.count(answer):
            self.applications[answer.data["erasureId"]] = {"record": record, "states": {"requested"}}

    def decide(self):
        """Approval needs a fresh code: only when the approver has one at hand."""
        open_ones = [one for one, known in self.applications.items() if known["states"] == {"requested"}]
        manager = self.scenario.endo
        if not open_ones or not manager.authenticator.has_code():
            return
        identity = self.random.choice(open_ones)
        known = self.applications[identity]
        known["states"] = {"requested", "approved"}
        if self.count(self.cli.with_code(manager, "erasure", "approve", identity, "--tenant", KOGANEI)):
            known["states"] = {"approved"}

    def advance(self):
        """A batch: erases what is approved, and moves the epoch."""
        if self.batches >= self.BATCHES:
            return
        self.batches += 1
        going = [known for known in self.applications.values() if "approved" in known["states"]]
        for known in going:
            known["states"] = known["states"] | {"executed"}
        answer = self.cli.both(*self.scenario.officers, "batch", "run", "--now")
        if self.count(answer):
            self.epoch = answer.data["epoch"]
            for known in going:
                if "requested" not in known["states"]:
                    known["states"] = {"executed"}
                    self.erased.add(known["record"])

    # -- the check after a restart, from the campaign's thread

    def check(self, thorough):
        officer = self.scenario.aoki.session
        listed = self.cli.must("terminal", "list", "--session", officer).data["terminals"]
        missing = self.terminals - {terminal["fingerprint"] for terminal in listed}
        if missing:
            raise Broken(f"{len(missing)} acknowledged terminals are gone")
        status = self.cli.must("status", "--session", officer).data
        if status["epoch"] < self.epoch or not status["certified"]:
            raise Broken(f"the epoch is {status['epoch']}, {self.epoch} was acknowledged")
        self._check_applications()
        walk = self.cli.must("journal", "walk", "--session", officer).data
        if walk["chain"] != "intact":
            raise Broken("the journal's chain is broken")
        if thorough:
            self._check_records()
            report = self.cli.must("storage", "check", "--session", officer, patience=300).data["report"]
            if report.get("faults"):
                raise Broken(f"storage check: {report['faults']}")

    def _check_applications(self):
        answer = self.cli.at_terminal(self.scenario.doi, "erasure", "list", "--tenant", KOGANEI)
        if not answer.ok:
            raise Broken(f"the list of applications is refused: {answer.out}{answer.err}")
        listed = {one["erasureId"]: one for one in answer.data["erasures"]}
        for identity, known in self.applications.items():
            if identity not in listed:  # a long list leaves out decided ones
                listed.update(self._shown_application(identity))
            if identity not in listed:
                raise Broken(f"the acknowledged application {identity} is gone")
            state = listed[identity]["state"]
            if state not in known["states"]:
                raise Broken(f"the application {identity} is {state}, not one of {sorted(known['states'])}")
            known["states"] = {state}
            if state == "executed":
                self.erased.add(known["record"])
        for identity, one in listed.items():  # what was under way when the process died: whole, or not there
            if identity not in self.applications:
                records = self._shown_application(identity).get(identity, {}).get("recordIds", [])
                if one["state"] != "requested" or one["count"] != 1 or len(records) != 1 or not one["requestedBy"]:
                    raise Broken(f"the application {identity} is half there")
                self.applications[identity] = {"record": records[0], "states": {"requested"}}

    def _shown_application(self, identity):
        answer = self.cli.at_terminal(self.scenario.doi, "erasure", "show", identity, "--tenant", KOGANEI)
        return {identity: answer.data} if answer.ok else {}

    def _check_records(self):
        for record, row in self.records.items():
            answer = self.cli.show_record(self.scenario.chiba, KOGANEI, record)
            if record in self.erased:
                if answer.problem != "erased":
                    raise Broken(f"an erased record answers {answer.problem or 'with its content'}")
            elif not answer.ok or self.scenario.items(answer.data["records"][0])["kanjiName"] != row["漢字氏名"]:
                raise Broken(f"a live record is lost: {answer.out}{answer.err}")
