"""Five tenants with all seven record files: synthetic people written, imported, confirmed by another person, retrieved by every search key
and compared byte for byte with what was sent. tests/story/five_tenants is the command, five_tenants_test.py its short form."""
import concurrent.futures
import contextlib
import dataclasses
import json
import multiprocessing
import os
import re
import resource
import threading

from five_checker import Checker
from five_tables import Table
from five_terminal import Terminal
from people import Person
from scenario import Scenario, expect

TENANTS = {"110001": "埼玉県", "111007": "さいたま市", "042021": "石巻市", "431001": "熊本市", "132101": "小金井市"}
CODES_AT_ONCE = 2      # confirmations of one person without waiting: three codes are good at a time, one goes into the login
PART = 4 << 20         # bytes of a CSV in one request
LOCKED = 256 << 20     # bytes the vault may lock, as its unit allows: its cache of blocks is a share of it


def allow_locked():
    """What is started from here on may lock as much as the installed service; where that is not allowed, its cache is smaller."""
    with contextlib.suppress(ValueError, PermissionError):
        resource.setrlimit(resource.RLIMIT_MEMLOCK, (LOCKED, LOCKED))


@dataclasses.dataclass
class Task:
    """One file of one tenant, for a process that retrieves it."""
    port: int
    authority: str
    certificate: str
    private_key: str
    token: str
    tenant: str
    folder: str
    tables: list       # of the manifest
    definition: dict
    every: int


class Progress:
    """Rows compared for the first time, counted by all processes that retrieve."""
    rows = None

    @classmethod
    def share(cls, counter):
        cls.rows = counter

    @classmethod
    def told(cls, rows):
        if cls.rows is not None:
            with cls.rows.get_lock():
                cls.rows.value += rows


def check(task):
    tables = [Table(task.folder, told, task.definition) for told in task.tables]
    terminal = Terminal(task.port, task.authority, task.certificate, task.private_key, task.token)
    with terminal:
        return Checker(terminal, task.tenant, tables, task.every, Progress.told).run()


class Checkers:
    """Processes that retrieve and compare, one file of one tenant each at a time."""

    def __init__(self, workers):
        context = multiprocessing.get_context("fork")
        self.rows = context.Value("q", 0)
        self.pool = concurrent.futures.ProcessPoolExecutor(workers, context, initializer=Progress.share, initargs=(self.rows,))

    def begin(self, tasks):
        return [self.pool.submit(check, task) for task in tasks]

    def end(self):
        self.pool.shutdown(wait=True, cancel_futures=True)


class KeptSessions:
    """Importers whose files are compared later: a session that nobody uses for five minutes ends (A-14)."""
    ROUND = 60  # seconds

    def __init__(self, place):
        self.place, self.held, self.over = place, [], threading.Event()
        self.thread = threading.Thread(target=self.watch, daemon=True)
        self.thread.start()

    def keep(self, person, token):
        self.held.append((person, token))

    def watch(self):
        while not self.over.wait(self.ROUND):
            for person, token in list(self.held):
                with Terminal.of(self.place, person, token) as terminal:
                    terminal.ask("GET", f"/v1/tenants/{person.tenant}/imports/{'0' * 32}")  # unknown, and asked by somebody who is here

    def end(self):
        self.over.set()
        self.thread.join()


def memory_text(place):
    """The most that vault and gate held at once, by the kernel's account."""
    said = []
    for name, process in (("vault", place.vault), ("gate", place.gate)):
        with open(f"/proc/{process.pid}/status", encoding="ascii") as file:
            told = dict(line.split(":", 1) for line in file.read().splitlines())
        said.append(f"{name} VmHWM {int(told['VmHWM'].split()[0]) / 1024:.1f} MiB, RssAnon now {int(told['RssAnon'].split()[0]) / 1024:.1f} MiB")
    return "memory: " + "; ".join(said)


class FiveTenants(Scenario):
    """The scenario's beginning, with five tenants and enough people in each to confirm without waiting for codes."""

    def __init__(self, installation, teller, count, tables_of=None, every=1, tables_each=CODES_AT_ONCE):
        super().__init__(installation, teller, count)
        self.tables_each = tables_each  # of one person who confirms
        self.tenants = dict(TENANTS)
        self.every = every
        self.tables_of = tables_of or (lambda tenant, tables: tables)
        self.manifests, self.definitions, self.imported = {}, {}, []
        self.crew = {}

    # -- what is sent

    def folder(self, tenant):
        return os.path.join(self.place.home, f"people-{tenant}")

    def make_people_of(self, tenant):
        """The files, and whoever it takes to bring them in."""
        seed = list(self.tenants).index(tenant)  # another one for each, so that a table comes in another encoding from each
        self.cli.must("synthetic", "people", "--tenant", tenant, "--count", str(self.count), "--seed", str(seed), "--directory",
                      self.folder(tenant), patience=600)
        with open(os.path.join(self.folder(tenant), "manifest.json"), encoding="utf-8") as file:
            told = json.load(file)["tables"]
        for one in sorted({table["file"] for table in told} - set(self.definitions)):
            self.definitions[one] = self.cli.must("file", "show", one).data
        # A table with 個人番号 goes first: the others of its file are linked by 宛名番号 to whoever that one is.
        self.manifests[tenant] = sorted(self.tables_of(tenant, told), key=lambda table: not self.has_numbers(table))
        confirmers = -(-len(self.manifests[tenant]) // self.tables_each)
        name, home = self.tenants[tenant], self.place.home
        self.crew[tenant] = [Person(home, f"im{tenant}", f"取込 {name}", "市民課窓口", f"{tenant}00", "operator", tenant,
                                    ("retrieve", "viewIndividualNumber", "import"))]
        self.crew[tenant] += [Person(home, f"c{at:02}{tenant}", f"確認 {name} {at}", "市民課", f"{tenant}{at:02}", "operator", tenant,
                                     ("retrieve", "confirmImport")) for at in range(1, confirmers + 1)]

    def has_numbers(self, told):
        return any(item.get("role") == "individualNumber" and item.get("group", told["group"]) == told["group"]
                   for item in self.definitions[told["file"]]["items"])

    # -- how it goes in

    def send(self, importer, tenant, told):
        with open(os.path.join(self.folder(tenant), told["name"]), "rb") as file:
            data = file.read()
        base = f"/v1/tenants/{tenant}/imports"
        opened = importer.must("POST", base, {"recordFile": told["file"], "group": told["group"], "encoding": told["encoding"]},
                               {"Idempotency-Key": os.urandom(16).hex()})
        for at in range(0, len(data), PART):
            importer.must("POST", f"{base}/{opened['importId']}/parts/{at}", data[at:at + PART], {"Content-Type": "application/octet-stream"})
        return importer.must("POST", f"{base}/{opened['importId']}/completion")

    def send_by_command(self, person, tenant, told):
        return self.must(self.cli.at_terminal(person, "import", "create", os.path.join(self.folder(tenant), told["name"]), "--tenant", tenant,
                                              "--file", told["file"], "--group", told["group"], "--encoding", told["encoding"])).data

    def bring_in(self, tenant, told=lambda table: None):
        """Every table staged by one person and confirmed by another; each second one by the command line."""
        importer, *confirmers = self.crew[tenant]
        self.must(self.cli.login(importer))
        token = self.token_of(importer)
        first = Terminal.of(self.place, importer, token)
        each = self.tables_each
        at_once = [self.manifests[tenant][at:at + each] for at in range(0, len(self.manifests[tenant]), each)]
        for person, tables in zip(confirmers, at_once, strict=True):
            second = Terminal.of(self.place, person)  # only now: a session that waits ends
            second.log_in(person)
            for turn, one in enumerate(tables):
                self.confirm(second, person, tenant, one, self.stage(first, importer, tenant, one, turn % 2 == 0))
                told(one)
            second.log_out()
        first.close()
        return token

    @staticmethod
    def token_of(person):
        """Of the session that the command line keeps."""
        with open(person.session, encoding="utf-8") as file:
            return re.search(r'token = "(.+?)"', file.read()).group(1)

    def stage(self, importer, person, tenant, told, by_request):
        staged = self.send(importer, tenant, told) if by_request else self.send_by_command(person, tenant, told)
        expect(staged["accepted"] == told["rows"] and staged["refused"] == 0, f"{tenant} {told['name']}: {json.dumps(staged)[:600]}")
        return staged["importId"]

    def confirm(self, confirmer, person, tenant, told, identity):
        done = confirmer.must("POST", f"/v1/tenants/{tenant}/imports/{identity}/decision",
                              {"decision": "approve", "totpCode": person.authenticator.next_code()})
        expect(done["state"] == "confirmed", f"{tenant} {told['name']}: {done['state']}")
        self.imported.append((tenant, told["file"], told["group"], told["encoding"], told["rows"]))

    # -- how it comes out

    def tasks(self, tenant, token):
        """The largest file first, so that none is left alone at the end."""
        person, tables = self.crew[tenant][0], self.manifests[tenant]
        files = {file: [told for told in tables if told["file"] == file] for file in dict.fromkeys(told["file"] for told in tables)}
        made = [Task(self.place.port, self.place.server_authority, person.certificate, person.private_key, token, tenant,
                     self.folder(tenant), own, self.definitions[file], self.every) for file, own in files.items()]
        return sorted(made, key=lambda task: -sum(told["rows"] for told in task.tables))

    def rows_of(self, tenant):
        return sum(told["rows"] for told in self.manifests[tenant])

    def prepare(self):
        allow_locked()
        for step in (self.start_tpm, self.approve_boot, self.initialise, self.start, self.create_tenants):
            step()
        for tenant in self.tenants:
            self.make_people_of(tenant)
        self.staff = [person for crew in self.crew.values() for person in crew]
        self.enrol()


def table_text(results):
    """What came of it, a line for each tenant and file."""
    lines = [f"{'tenant':<7} {'file':<29} {'tables':>6} {'rows sent':>9} {'retrievals':>10} {'rows compared':>13} {'values':>10} {'equal':>10}  ratio"]
    for one in results:
        searches = sum(one["searches"].values())
        lines.append(f"{one['tenant']:<7} {one['file']:<29} {one['tables']:>6} {one['sent']:>9} {searches:>10} {one['rows']:>13} "
                     f"{one['values']:>10} {one['equal']:>10}  {one['equal'] / max(1, one['values']):.6f}")
    kinds = {}
    for one in results:
        for kind, count in one["searches"].items():
            kinds[kind] = kinds.get(kind, 0) + count
    values, equal = (sum(one[name] for one in results) for name in ("values", "equal"))
    lines.append(f"all: {sum(one['sent'] for one in results)} rows sent, {equal} of {values} values equal, "
                 f"{sum(len(one['wrong']) for one in results)} differences; retrievals by " +
                 ", ".join(f"{kind} {count}" for kind, count in sorted(kinds.items())))
    return "\n".join(lines)
