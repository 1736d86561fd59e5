"""Retrieves what one tenant has in one file by every search key, and compares it with what was sent. Every row that was sent is among what
is searched by 宛名番号 or listed as a table about nobody; searches by other keys come on top."""
KINDS = {"residentRecordCode": "residentRecordCode", "individualNumber": "individualNumber"}  # item role -> search kind


class Checker:
    def __init__(self, terminal, tenant, tables, every, told=None):
        self.terminal, self.tenant, self.every = terminal, tenant, every
        self.tables = sorted(tables, key=lambda table: table.order)
        self.file = self.tables[0].file
        self.counts = {"rows": 0, "values": 0, "equal": 0, "searches": {}}
        self.wrong = []  # places only: a value may be a number
        self.told = told or (lambda rows: None)  # rows compared for the first time, for whoever shows progress

    def say(self, text):
        self.wrong.append(f"{self.tenant} {self.file} {text}")

    def compare(self, kind, place, expected, records):
        """expected: (table, addressee number, values) in order. Two texts are equal here exactly when their bytes in UTF-8 are."""
        counts = self.counts
        counts["searches"][kind] = counts["searches"].get(kind, 0) + 1
        whose = [(one["group"]["key"], one["addresseeNumber"]) for one in records]
        if [(table.group, who) for table, who, _ in expected] != whose:
            self.say(f"{kind} {place}: {len(records)} rows instead of {len(expected)}, or of others")
            return
        for (table, _, sent), record in zip(expected, records, strict=True):
            items = record["items"]
            if [item["key"] for item in items] != table.keys:
                self.say(f"{table.group} {kind} {place}: other items")
                continue
            got = [item["value"] for item in items]
            counts["rows"] += 1
            counts["values"] += len(sent)
            if got == sent:
                counts["equal"] += len(sent)
                continue
            for item, before, after in zip(table.items, sent, got, strict=True):
                if before == after:
                    counts["equal"] += 1
                else:
                    self.say(f"{table.group} {kind} {place}: {item['key']} differs")

    def search(self, kind, place, expected, value, **more):
        records = self.terminal.retrieve(self.tenant, self.file, {"kind": kind, "value": value} | more)
        self.compare(kind, place, expected, records)
        return records

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
        """For each n-th (kana name, birth date), every row that search finds: the birth date itself, and names that begin so."""
        born = {}
        for table in self.tables:
            kana, birth = table.index_of("kanaName"), table.index_of("birthDate")
            for who, values in table.rows if kana is not None and birth is not None else ():
                if values[kana]:
                    born.setdefault(values[birth], []).append((values[kana], self.bare(values[kana]), (table, who, values)))
        asked = [(name, birth) for birth, rows in born.items() for name in dict.fromkeys(name for name, _, _ in rows)]
        return {(name, birth): [row for _, bare, row in born[birth] if bare.startswith(self.bare(name))]
                for name, birth in asked[::self.every]}

    @staticmethod
    def bare(kana):
        return kana.replace("\u3000", "").replace(" ", "")

    def run(self):
        self.every_row()
        for role, kind in KINDS.items():
            for value, rows in list(self.by_role(role).items())[::self.every]:
                self.search(kind, rows[0][1], rows, value)
        for (name, birth), rows in self.by_kana().items():
            rows.sort(key=lambda row: (row[0].order, row[1]))
            self.search("kanaNameAndBirthDate", rows[0][1], rows, name, birthDate=birth)
        return {"tenant": self.tenant, "file": self.file, "tables": len(self.tables), "sent": sum(len(table.rows) for table in self.tables),
                "encodings": sorted({table.encoding for table in self.tables}), "wrong": self.wrong} | self.counts

    def every_row(self):
        """Each row once; then each n-th person by the number that the service gave."""
        for table in self.tables:
            if table.apart:
                self.search("group", table.group, [(table, who, values) for who, values in table.rows], table.group)
                self.told(len(table.rows))
        integrated = {}
        people = self.index_by(lambda _table, who, _values: who)
        for number, rows in people.items():
            for one in self.search("addresseeNumber", number, rows, number):
                integrated.setdefault(one["integratedAddresseeNumber"], set()).add(number)
            self.told(len(rows))
        sent = sum(len(table.rows) for table in self.tables)
        if self.counts["rows"] != sent:
            self.say(f"{self.counts['rows']} rows were compared where {sent} were sent")
        for at, (one, numbers) in enumerate(integrated.items()):
            if len(numbers) != 1:
                self.say(f"{len(numbers)} people under one integrated number")
            elif at % self.every == 0:
                number = next(iter(numbers))
                self.search("integratedAddresseeNumber", number, people[number], one)
