"""kill -9 of vault, gate or client while a CSV is on its way in: while it is sent, while it is completed (sealed and published), while
another person confirms it. Afterwards nothing of it is visible that was not confirmed, the service says which state it is in, and with
the same Idempotency-Key it becomes one import. In the end everything is there once, byte for byte."""
import itertools
import multiprocessing
import os
import random
import time

from five import FiveTenants, check
from five_tables import Table
from five_terminal import Terminal
from installation import Failed
from processes import wait_until
from workload import Broken

POINTS = ("part", "completion", "decision")
TARGETS = ("vault", "gate", "client")
PARTS = 6              # requests a CSV is sent in
READY_WITHIN = 20      # seconds; how long a start takes is what kill_campaign looks at
SETTLED_WITHIN = 30    # seconds until a request whose asker went away has come to its end
QUIET = 0.5            # seconds without a change: then nothing is on its way any more
# Seconds between the request's first byte and the kill, at most: about as long as such a request takes.
SPAN = {"part": 0.03, "completion": 0.25, "decision": 0.02}
TENANT, NAME = "132101", "小金井市"
AFTER = {  # what may be found when no answer came: of the point and of who was killed
    ("part", "vault"): {"abandoned"}, ("part", "gate"): {"receiving"}, ("part", "client"): {"receiving"},
    ("completion", "vault"): {"abandoned", "staged"}, ("completion", "gate"): {"receiving", "staged"},
    ("completion", "client"): {"receiving", "staged"},
    ("decision", "vault"): {"staged", "confirmed"}, ("decision", "gate"): {"staged", "confirmed"},
    ("decision", "client"): {"staged", "confirmed"}}


def must(condition, text):
    if not condition:
        raise Broken(text)


class OneTenant(FiveTenants):
    """One tenant of the five, its tables as far as wanted, and for each table somebody who confirms it."""

    def __init__(self, installation, teller, count, tables_of=None):
        super().__init__(installation, teller, count, tables_of, every=20, tables_each=1)
        self.tenants = {TENANT: NAME}


class Client(multiprocessing.get_context("fork").Process):
    """A program that asks; it says what it is about to ask and what it was answered, and may be killed at any time."""

    def __init__(self, place, person, token, asks):
        self.heard, self.speaks = multiprocessing.get_context("fork").Pipe(duplex=False)
        super().__init__(target=self.work, args=(place, person, token, asks), daemon=True)
        self.start()
        self.speaks.close()

    def work(self, place, person, token, asks):
        try:
            terminal = Terminal.of(place, person, token)
            for name, method, path, body, headers in asks:
                self.speaks.send(("asks", name))
                status, _ = terminal.ask(method, path, body, headers)
                self.speaks.send(("answered", name if status in (200, 201) else None))
        except (Failed, OSError, ValueError):
            os._exit(1)
        os._exit(0)

    def wait_for(self, wanted):
        """Until it is about to ask that."""
        while self.hear() != ("asks", wanted):
            pass

    def hear(self, patience=60):
        must(self.heard.poll(patience), "a client neither asks nor ends")
        return self.heard.recv()

    def rest(self):
        """The names of what was still answered, once the client has ended."""
        answered = []
        try:
            while True:
                kind, name = self.hear()
                if kind == "answered":
                    answered.append(name)
        except EOFError:
            self.join()
        return answered


class Interrupted:
    """A campaign over every table of one tenant: one kill each."""

    def __init__(self, scenario, seed, tell):
        self.scenario, self.place, self.tell = scenario, scenario.place, tell
        self.random = random.Random(seed)
        self.told = {point: {} for point in POINTS}  # point -> "target state" -> how often
        self.importer, *self.confirmers = scenario.crew[TENANT]
        self.token = None
        self.base = f"/v1/tenants/{TENANT}/imports"

    def run(self, count=None):
        """One kill for each table, each point and target in turn; then everything is compared with what was sent."""
        self.scenario.must(self.scenario.cli.login(self.importer))
        self.token = self.scenario.token_of(self.importer)
        tables = self.scenario.manifests[TENANT][:count]
        ways = list(itertools.product(POINTS, TARGETS))
        self.random.shuffle(ways)
        for number, (table, confirmer) in enumerate(zip(tables, self.confirmers)):
            point, target = ways[number % len(ways)]
            found = self.one(table, confirmer, point, target)
            seen = self.told[point]
            seen[f"{target}: {found}"] = seen.get(f"{target}: {found}", 0) + 1
            self.tell(f"{number + 1:3} {point:10} {target:6} -> {found:9} {table['file']} {table['group']}")
        results = [check(task) for task in self.scenario.tasks(TENANT, self.token)]
        wrong = [line for one in results for line in one["wrong"]]
        must(not wrong, "\n".join(wrong[:20]))
        self.walk()
        return {"kills": len(tables), "found": self.told, "values": sum(one["values"] for one in results)}

    def walk(self):
        """Everything stored, down to rows that no entry names."""
        officer, cli = self.scenario.aoki, self.scenario.cli
        words = ("storage", "check", "--session", officer.session)
        answer = cli.ask(*words, patience=300)
        if answer.problem in ("not-authenticated", "session-expired"):
            cli.open_session(officer)
            answer = cli.ask(*words, patience=300)
        must(answer.ok and answer.data["report"]["sound"], f"the storage check: {answer.out[:1000]}{answer.err}")

    # -- one table

    def one(self, table, confirmer, point, target):
        """What was found after the kill."""
        key = f"{self.random.getrandbits(64):x}"
        sample = Sample(self.scenario, table)
        identity = self.open(table, key)
        if point == "decision":
            self.finish(table, key, identity)
        with Terminal.of(self.place, confirmer) as terminal:
            terminal.log_in(confirmer)
            token = terminal.token
        who, session = (confirmer, token) if point == "decision" else (self.importer, self.token)
        last = self.random.randrange(1, PARTS) if point == "part" else point
        asks = self.decision(identity, confirmer) if point == "decision" else self.upload(table, identity)
        asks = asks[:[name for name, *_ in asks].index(last) + 1]
        client = Client(self.place, who, session, asks)
        client.wait_for(last)
        time.sleep(self.random.uniform(0, SPAN[point]))
        self.kill(target, client)
        answered = client.rest()
        seen = sample.visible(self.place, self.importer, self.token)
        found = self.settled(identity)
        self.judge(point, target, found, answered)
        must(not seen or found == "confirmed", f"{found}, and yet to be seen")
        if found != "confirmed":
            identity = self.finish(table, key, identity)
            must(not sample.visible(self.place, self.importer, self.token), "staged, and yet to be seen")
            self.confirm(identity, confirmer, token)
        must(sample.visible(self.place, self.importer, self.token), "confirmed and not to be seen")
        return found

    def judge(self, point, target, found, answered):
        for answer, state in (("completion", "staged"), ("decision", "confirmed")):
            if answer in answered:
                must(found == state, f"{answer} was answered, and after the end of the {target} it is {found}")
                return
        must(found in AFTER[point, target], f"{point} without an answer, and after the end of the {target} it is {found}")

    def ask(self, method, path, body=None, headers=None, who=None, token=None):
        with Terminal.of(self.place, who or self.importer, token or self.token) as terminal:
            return terminal.must(method, path, body, headers)

    def open(self, table, key):
        opened = self.ask("POST", self.base, {"recordFile": table["file"], "group": table["group"], "encoding": table["encoding"]},
                          {"Idempotency-Key": key})
        return opened["importId"]

    def upload(self, table, identity):
        with open(os.path.join(self.scenario.folder(TENANT), table["name"]), "rb") as file:
            data = file.read()
        size = -(-len(data) // PARTS)
        asks = [(number, "POST", f"{self.base}/{identity}/parts/{number * size}", data[number * size:(number + 1) * size],
                 {"Content-Type": "application/octet-stream"}) for number in range(PARTS)]
        return asks + [("completion", "POST", f"{self.base}/{identity}/completion", None, None)]

    def decision(self, identity, confirmer):
        return [("decision", "POST", f"{self.base}/{identity}/decision",
                 {"decision": "approve", "totpCode": confirmer.authenticator.next_code()}, None)]

    def kill(self, target, client):
        if target == "client":
            client.kill()
        elif target == "gate":
            self.place.gate.kill()
            self.place.start_gate()
        else:
            self.place.vault.kill()
            self.place.start_vault(wait=False)
            self.place.wait_for_vault(READY_WITHIN)

    def settled(self, identity):
        """The state the service tells, once nothing is under way any more: what a client sent before it was killed may still arrive."""
        told, since = None, time.monotonic()

        def still():
            nonlocal told, since
            answer = self.ask("GET", f"{self.base}/{identity}")
            now = answer["state"], answer.get("received")
            under_way = now[0] == "publishing" or (now[0] == "receiving" and now[1] is None)
            if now != told or under_way:
                told, since = now, time.monotonic()
            return time.monotonic() - since >= QUIET
        must(wait_until(still, SETTLED_WITHIN), f"it does not settle: {told}")
        return told[0]

    def finish(self, table, key, identity):
        """The same command with the same key, twice: one import, staged."""
        words = ("import", "create", os.path.join(self.scenario.folder(TENANT), table["name"]), "--tenant", TENANT, "--file", table["file"],
                 "--group", table["group"], "--encoding", table["encoding"], "--idempotency-key", key)
        was = self.ask("GET", f"{self.base}/{identity}")["state"]
        first, second = (self.scenario.must(self.scenario.cli.at_terminal(self.importer, *words)).data for _ in range(2))
        must(first["state"] == "staged" and first["accepted"] == table["rows"], f"repeated after {was}: {first['state']}")
        must(first["importId"] == second["importId"], "the same key made two imports")
        must((first["importId"] == identity) == (was != "abandoned"), f"another import in place of one that is {was}")
        if was == "abandoned":
            must(self.ask("GET", f"{self.base}/{identity}")["state"] == was, "what was abandoned says so no more")
        return first["importId"]

    def confirm(self, identity, confirmer, token):
        done = self.ask(*self.decision(identity, confirmer)[0][1:], who=confirmer, token=token)
        must(done["state"] == "confirmed", f"confirmed again: {done['state']}")


class Sample:
    """The first row of a table: whether the service tells it."""

    def __init__(self, scenario, told):
        self.table = Table(scenario.folder(TENANT), told, scenario.definitions[told["file"]])
        self.number = self.table.rows[0][0]

    def visible(self, place, person, token):
        key = {"kind": "group", "value": self.table.group} if self.table.apart else {"kind": "addresseeNumber", "value": self.number}
        with Terminal.of(place, person, token) as terminal:
            records = terminal.retrieve(TENANT, self.table.file, key)
        return any(record["group"]["key"] == self.table.group for record in records)
