"""Five tenants with all seven record files: synthetic people written, imported, confirmed by another person, retrieved by every search key
and compared byte for byte with what was sent. tests/story/five_tenants is the command, five_tenants_test.py its short form."""
import concurrent.futures
import contextlib
import csv
import http.client
import io
import json
import multiprocessing
import os
import re
import ssl
import subprocess
import unicodedata

from installation import ENVIRONMENT
from people import Person
from scenario import Scenario, expect

TENANTS = {"110001": "埼玉県", "111007": "さいたま市", "042021": "石巻市", "431001": "熊本市", "132101": "小金井市"}
CODES_AT_ONCE = 2      # confirmations of one person without waiting: three codes are good at a time, one went into the login
PART = 4 << 20         # bytes of a CSV in one request
REASON = {"reasonCode": "R01", "caseReference": "TEST-2026-5"}
KINDS = {"residentRecordCode": "residentRecordCode", "individualNumber": "individualNumber"}  # item role -> search kind
HALF_WIDTH = re.compile("[\uff61-\uff9f]+")
FULL_WIDTH_DIGITS = {0xFF10 + digit: str(digit) for digit in range(10)}
DIGIT_TYPES = ("number", "code", "flag", "amount")


def decode(data, encoding):
    """What was sent as text, by other hands than the importer's."""
    if encoding == "UTF-8":
        return data.decode("utf-8-sig")
    if encoding == "CP932":
        return data.decode("cp932")
    done = subprocess.run(["iconv", "-f", "EUC-JP-MS", "-t", "UTF-8"], input=data, capture_output=True, env=ENVIRONMENT, check=True)
    return done.stdout.decode("utf-8")


def as_stored(item, value):
    """The two conversions that the pages promise, and no other: half-width kana of a kana item, full-width digits of a number."""
    if item["type"] == "kana":
        return HALF_WIDTH.sub(lambda run: unicodedata.normalize("NFKC", run.group()), value)
    return value.translate(FULL_WIDTH_DIGITS) if item["type"] in DIGIT_TYPES else value


class Table:
    """One CSV of the set, as it must come back."""

    def __init__(self, folder, told, definition):
        groups = definition.get("groups") or [{"key": told["group"], "rows": "one"}]
        self.order = [group["key"] for group in groups].index(told["group"])
        self.file, self.group, self.encoding = told["file"], told["group"], told["encoding"]
        self.apart = groups[self.order]["rows"] == "apart"
        self.items = [item for item in definition["items"] if item.get("group", told["group"]) == told["group"]]
        with open(os.path.join(folder, told["name"]), "rb") as file:
            lines = list(csv.reader(io.StringIO(decode(file.read(), self.encoding), newline="")))
        header = lines[0]
        self.leading = len(header) == len(self.items) + 1
        expect([item["name"] for item in self.items] == header[1 if self.leading else 0:], f"{told['name']}: another header")
        own = next((at for at, item in enumerate(self.items) if item.get("role") == "addresseeNumber"), None)
        self.rows = []  # (addressee number, values as stored)
        for line in lines[1:]:
            values = [as_stored(item, value) for item, value in zip(self.items, line[1 if self.leading else 0:], strict=True)]
            self.rows.append((line[0] if self.leading else values[own] if own is not None else "", values))
        expect(len(self.rows) == told["rows"], f"{told['name']}: another number of rows")

    def index_of(self, role):
        return next((at for at, item in enumerate(self.items) if item.get("role") == role), None)


class Terminal:
    """Requests of one session over one kept connection."""

    def __init__(self, place, person, token=None):
        self.port, self.token = place.port, token
        self.context = ssl.create_default_context(cafile=place.server_authority)
        self.context.load_cert_chain(person.certificate, person.private_key)
        self.connection = http.client.HTTPSConnection("127.0.0.1", self.port, timeout=300, context=self.context)

    def ask(self, method, path, body=None, headers=None):
        """(status, answer); body: bytes, or members of a JSON object."""
        sent = dict(headers or {})
        if self.token:
            sent["Authorization"] = f"Bearer {self.token}"
        if isinstance(body, dict):
            body = json.dumps(body, ensure_ascii=False).encode()
            sent["Content-Type"] = "application/json"
        self.connection.request(method, path, body, sent)
        answer = self.connection.getresponse()
        text = answer.read()
        return answer.status, json.loads(text) if text else {}

    def must(self, method, path, body=None, headers=None):
        status, answer = self.ask(method, path, body, headers)
        expect(status in (200, 201), f"{method} {path}: {status} {json.dumps(answer, ensure_ascii=False)[:600]}")
        return answer

    def close(self):
        self.connection.close()

    def log_in(self, person):
        self.token = self.must("POST", "/v1/sessions", {"operatorId": person.id, "password": person.password,
                                                        "totpCode": person.authenticator.next_code()})["session"]

    def retrieve(self, tenant, file, key, **more):
        """Every record behind a search key, all pages; an empty list where there is none."""
        found, body = [], {"searchKey": key, "accessReason": REASON, "includeIndividualNumber": True} | more
        while True:
            status, answer = self.ask("POST", f"/v1/tenants/{tenant}/files/{file}/retrievals", body)
            if status == 404 and not found:
                return []
            expect(status == 200, f"retrieval from {file}: {status} {json.dumps(answer, ensure_ascii=False)[:300]}")
            found += answer["records"]
            if "cursor" not in answer:
                return found
            body["cursor"] = answer["cursor"]


def told_rows(records):
    return [(one["group"]["key"], one["addresseeNumber"], [item["value"] for item in one["items"]]) for one in records]


class Checker:
    """Retrieves what one tenant has in one file, and compares."""

    def __init__(self, terminal, tenant, tables, every):
        self.terminal, self.tenant, self.every = terminal, tenant, every
        self.tables = sorted(tables, key=lambda table: table.order)
        self.file = self.tables[0].file
        self.counts = {"rows": 0, "values": 0, "equal": 0, "searches": {}}
        self.wrong = []  # places only: a value may be a number

    def compare(self, kind, place, expected, records):
        """expected: (table, addressee number, values) in order."""
        self.counts["searches"][kind] = self.counts["searches"].get(kind, 0) + 1
        told = told_rows(records)
        if [(table.group, who) for table, who, _ in expected] != [(group, who) for group, who, _ in told]:
            self.wrong.append(f"{self.tenant} {self.file} {kind} {place}: {len(told)} rows instead of {len(expected)}")
            return
        for (table, _, sent), (_, _, got) in zip(expected, told, strict=True):
            self.counts["rows"] += 1
            for item, before, after in zip(table.items, sent, got, strict=True):
                self.counts["values"] += 1
                if before.encode() == after.encode():
                    self.counts["equal"] += 1
                else:
                    self.wrong.append(f"{self.tenant} {self.file} {table.group} {kind} {place}: {item['key']} differs")

    def rows_where(self, test):
        return [(table, who, values) for table in self.tables for who, values in table.rows if not table.apart and test(table, who, values)]

    def index_by(self, value_of):
        found = {}
        for table in self.tables:
            for who, values in table.rows:
                value = None if table.apart else value_of(table, who, values)
                if value:
                    found.setdefault(value, []).append((table, who, values))
        return found

    def by_role(self, role):
        def value_of(table, _, values):
            at = table.index_of(role)
            return values[at] if at is not None else None
        return self.index_by(value_of)

    def by_kana(self):
        """(kana name, birth date) -> every row that search finds: the birth date itself, and names that begin so."""
        born = {}
        for table in self.tables:
            kana, birth = table.index_of("kanaName"), table.index_of("birthDate")
            for who, values in table.rows if kana is not None and birth is not None else ():
                if values[kana]:
                    born.setdefault(values[birth], []).append((values[kana], (table, who, values)))
        return {(name, birth): [row for other, row in rows if self.bare(other).startswith(self.bare(name))]
                for birth, rows in born.items() for name in dict.fromkeys(other for other, _ in rows)}

    @staticmethod
    def bare(kana):
        return kana.replace("\u3000", "").replace(" ", "")

    def run(self):
        for table in self.tables:
            if table.apart:
                records = self.terminal.retrieve(self.tenant, self.file, {"kind": "group", "value": table.group})
                self.compare("group", table.group, [(table, who, values) for who, values in table.rows], records)
        integrated = {}
        for number, rows in self.index_by(lambda _table, who, _values: who).items():
            records = self.terminal.retrieve(self.tenant, self.file, {"kind": "addresseeNumber", "value": number})
            self.compare("addresseeNumber", number, rows, records)
            for one in records:
                integrated.setdefault(one["integratedAddresseeNumber"], set()).add(number)
        for at, (one, numbers) in enumerate(integrated.items()):
            if len(numbers) != 1:
                self.wrong.append(f"{self.tenant} {self.file}: {len(numbers)} people under one integrated number")
            elif at % self.every == 0:
                rows = self.rows_where(lambda _table, who, _values, numbers=numbers: who in numbers) if at < 40 * self.every else None
                if rows is not None:
                    records = self.terminal.retrieve(self.tenant, self.file, {"kind": "integratedAddresseeNumber", "value": one})
                    self.compare("integratedAddresseeNumber", next(iter(numbers)), rows, records)
        for role, kind in KINDS.items():
            for at, (value, rows) in enumerate(self.by_role(role).items()):
                if at % self.every == 0:
                    self.compare(kind, rows[0][1], rows, self.terminal.retrieve(self.tenant, self.file, {"kind": kind, "value": value}))
        kana = self.by_kana()
        for at, ((name, birth), rows) in enumerate(kana.items()):
            if at % self.every == 0:
                records = self.terminal.retrieve(self.tenant, self.file,
                                                 {"kind": "kanaNameAndBirthDate", "value": name, "birthDate": birth})
                self.compare("kanaNameAndBirthDate", rows[0][1], sorted(rows, key=lambda row: (row[0].order, row[1])), records)
        return {"tenant": self.tenant, "file": self.file, "tables": len(self.tables), "sent": sum(len(table.rows) for table in self.tables),
                "encodings": sorted({table.encoding for table in self.tables}), "wrong": self.wrong} | self.counts


class FiveTenants(Scenario):
    """The scenario's beginning, with five tenants and enough people in each to confirm without waiting for codes."""

    def __init__(self, installation, teller, count, tables_of=None, every=1):
        super().__init__(installation, teller, count)
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
        confirmers = -(-len(self.manifests[tenant]) // CODES_AT_ONCE)
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

    def bring_in(self, tenant):
        """Every table staged by one person and confirmed by another; each second one by the command line."""
        importer, *confirmers = self.crew[tenant]
        self.must(self.cli.login(importer))
        terminals = []
        for person in confirmers:
            terminals.append(Terminal(self.place, person))
            terminals[-1].log_in(person)
        with open(importer.session, encoding="utf-8") as file:
            token = re.search(r'token = "(.+?)"', file.read()).group(1)
        first = Terminal(self.place, importer, token)
        for at, told in enumerate(self.manifests[tenant]):
            staged = self.send(first, tenant, told) if at % 2 == 0 else self.send_by_command(importer, tenant, told)
            expect(staged["accepted"] == told["rows"] and staged["refused"] == 0, f"{tenant} {told['name']}: {json.dumps(staged)[:600]}")
            turn = at // CODES_AT_ONCE
            done = terminals[turn].must("POST", f"/v1/tenants/{tenant}/imports/{staged['importId']}/decision",
                                        {"decision": "approve", "totpCode": confirmers[turn].authenticator.next_code()})
            expect(done["state"] == "confirmed", f"{tenant} {told['name']}: {done['state']}")
            self.imported.append((tenant, told["file"], told["group"], told["encoding"], told["rows"]))
        for terminal in terminals:
            terminal.ask("DELETE", "/v1/sessions/current")
            terminal.close()
        first.close()
        return token

    # -- how it comes out

    def check_file(self, tenant, file, token):
        tables = [Table(self.folder(tenant), told, self.definitions[file]) for told in self.manifests[tenant] if told["file"] == file]
        with contextlib.closing(Terminal(self.place, self.crew[tenant][0], token)) as terminal:
            return Checker(terminal, tenant, tables, self.every).run()

    def check_tenant(self, tenant, token, workers):
        files = list(dict.fromkeys(told["file"] for told in self.manifests[tenant]))
        if workers <= 1:
            return [self.check_file(tenant, file, token) for file in files]
        with concurrent.futures.ProcessPoolExecutor(workers, multiprocessing.get_context("fork")) as pool:
            return list(pool.map(self.check_file, *zip(*((tenant, file, token) for file in files), strict=True)))

    def prepare(self):
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
