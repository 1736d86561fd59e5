"""The life of a record, step by step: what deploy/demo shows and what the stories begin with. Each step checks what it shows."""
import csv
import json
import os

from commands import CommandLine
from installation import Failed, run
from people import Person

FILE = "honnin-kakunin-joho"
# One table of each of the six other files, in the encodings that hosts write: file, table, encoding, more words of the generator.
OTHER_FILES = (("jumin-kihon-daicho", "resident", "CP932", ("--half-width-kana",)), ("sofusaki-joho", "main", "UTF-8", ("--no-bom",)),
               ("chihozei-shutaino", "taxTerm", "EUC-JP-MS", ()), ("jido-teate", "addressee", "CP932", ("--line-end", "LF")),
               ("kyufukin-shikyu-kanri-daicho", "numberLink", "UTF-8", ()), ("hoikushi-torokubo", "main", "EUC-JP-MS", ("--line-end", "LF")))
FEW = 6  # people in each of them
KOGANEI, SAITAMA = "132101", "111007"
APPLICATION = ("--items", "本人確認情報の全項目", "--medium", "サーバー内の暗号化記録", "--quantity", "1件", "--method", "暗号鍵の破棄",
               "--planned-date", "2026-12-01", "--ground", "保存期間満了に伴う廃棄決裁 第12号")


def expect(condition, text):
    if not condition:
        raise Failed(text)


def refused(answer, slug):
    """A refusal that had to come; returns the words the operator sees."""
    expect(answer.problem == slug, f"{answer.shown}: expected the refusal {slug}, got exit code {answer.code}: {answer.out}{answer.err}")
    return answer.message()


class Scenario:
    def __init__(self, installation, teller, count=1000):
        self.place = installation
        self.tell = teller
        self.count = count
        self.cli = CommandLine(installation, teller.language)
        home = installation.home
        os.makedirs(os.path.join(home, "people"), mode=0o700)
        office = "データセンター運用"
        self.aoki = Person(home, "aoki", "青木 一郎", office, "90001", "securityOfficer")
        self.baba = Person(home, "baba", "馬場 京子", office, "90002", "securityOfficer")
        counter, manager = "市民課窓口", "市民課"
        self.chiba = Person(home, "chiba", "千葉 花子", counter, "10011", "operator", KOGANEI)
        self.doi = Person(home, "doi", "土井 健", counter, "10012", "operator", KOGANEI,
                          ("retrieve", "viewIndividualNumber", "import", "confirmImport", "requestErasure"))
        self.endo = Person(home, "endo", "遠藤 修", manager, "10013", "dataProtectionManager", KOGANEI,
                           ("retrieve", "confirmImport", "approveErasure", "requestErasure"))
        self.hara = Person(home, "hara", "原 節子", manager, "10014", "dataProtectionManager", KOGANEI)
        self.kuno = Person(home, "kuno", "久野 治", manager, "10015", "dataProtectionManager", KOGANEI, ("manageRetention",))
        self.fujii = Person(home, "fujii", "藤井 幸", counter, "20011", "operator", SAITAMA)
        self.goto = Person(home, "goto", "後藤 実", manager, "20012", "dataProtectionManager", SAITAMA)
        self.officers = (self.aoki, self.baba)
        self.staff = (self.chiba, self.doi, self.endo, self.hara, self.kuno, self.fujii, self.goto)
        self.tenants = {KOGANEI: "小金井市", SAITAMA: "さいたま市"}
        self.rows = {}
        self.erased_record = self.erased_row = self.certificate = self.serial = None

    # -- helpers

    def shown(self, answer, fields=()):
        """What the operator sees of an answer, one line a field."""
        for field in fields:
            if field in answer.data:
                self.tell.detail(f"{field}: {answer.data[field]}")

    def must(self, answer):
        expect(answer.ok, f"{answer.shown}: exit code {answer.code}\n{answer.out}{answer.err}")
        return answer

    def officers_in(self):
        for officer in self.officers:
            self.cli.open_session(officer)

    def csv_path(self, tenant):
        return os.path.join(self.place.home, f"people-{tenant}.csv")

    @staticmethod
    def items(record):
        return {item["key"]: item["value"] for item in record["items"]}

    # -- steps

    def start_tpm(self):
        self.tell.step("ソフトウェアTPMを起動する(開発用。証拠としての価値はない)", "Start a software TPM (for development; of no evidential value)")
        self.place.start_tpm()
        self.place.write_settings()
        self.place.make_server_certificate()

    def approve_boot(self):
        self.tell.step("起動状態に署名する鍵を作り、今の起動状態を承認する", "Make the key that signs boot states, and approve the present one")
        keys = self.place.keys
        self.cli.must("boot", "keygen", "--out", f"{keys}/boot-signer.key", "--public-out", f"{keys}/boot-signer.pem")
        self.cli.must("boot", "approve", "--signing-key", f"{keys}/boot-signer.key", "--tcti", self.place.tcti, "--out",
                      f"{keys}/boot-approvals.json")

    def initialise(self):
        self.tell.step("装置を初期化する: セキュリティ責任者二人、custodianの分散鍵5個(3個で足りる)",
                       "Initialise the appliance: two security officers, five custodian shares of which three suffice")
        words = ["init"]
        for officer in self.officers:
            words += ["--officer", officer.enrolment_file]
        words += ["--shares-directory", self.place.shares]
        self.cli.must(*words, patience=300)
        self.tell.detail("\n".join(sorted(os.listdir(self.place.shares))))
        again = self.cli.ask(*words, patience=300)
        self.tell.detail("もう一度 / again: " + refused(again, "conflict"))
        for officer in self.officers:
            officer.forget_enrolment()

    def start(self):
        self.tell.step("保管庫とゲートを起動する", "Start the vault and the gate")
        self.place.start_vault()
        self.place.start_gate()
        self.tell.detail(self.place.url)

    def create_tenants(self):
        self.tell.step("団体を作る: セキュリティ責任者二人の認証が要る", "Create two tenants: it takes both security officers")
        self.officers_in()
        alone = self.cli.ask("tenant", "create", KOGANEI, self.tenants[KOGANEI], "--session", self.aoki.session)
        self.tell.detail("一人で / alone: " + refused(alone, "not-authenticated"))
        for code, name in self.tenants.items():
            self.must(self.cli.both(*self.officers, "tenant", "create", code, name))
            self.tell.detail(f"{code} {name}")

    def enrol(self):
        self.tell.step("担当者と保護管理者、それぞれの端末を登録する", "Enrol operators and managers, each with a terminal of their own")
        for person in self.staff:
            self.enrol_one(person)

    def enrol_one(self, person):
        words = ["operator", "add", "--person", person.enrolment_file, "--role", person.role, "--tenant", person.tenant]
        for permission in person.permissions:
            words += ["--permission", permission]
        for file in person.files:
            words += ["--file", file]
        self.must(self.cli.both(*self.officers, *words))
        person.forget_enrolment()
        request = self.place.make_terminal_request(person)
        self.must(self.cli.both(*self.officers, "terminal", "add", "--csr", request, "--name", f"{person.section} {person.id}",
                                "--tenant", person.tenant, "--out", person.certificate))
        self.place.write_profile(person)
        self.tell.detail(f"{person.name} ({person.id}, {person.role}, {self.tenants[person.tenant]})")

    def make_people(self):
        self.tell.step(f"架空の住民 {self.count * 2}人分の試験データを作る(検査数字は正しい)",
                       f"Make test data of {self.count * 2} people who do not exist, with valid check digits")
        for seed, tenant in enumerate(self.tenants, 1):
            self.cli.must("synthetic", "people", "--tenant", tenant, "--file", FILE, "--count", str(self.count), "--seed", str(seed),
                          "--addressee-numbers", "--out", self.csv_path(tenant))
            with open(self.csv_path(tenant), encoding="utf-8-sig", newline="") as file:
                self.rows[tenant] = list(csv.DictReader(file))
            expect(len(self.rows[tenant]) == self.count, "the test data has another number of rows")
            head = self.rows[tenant][0]
            self.tell.detail(f"{tenant}: {head['漢字氏名']} {head['生年月日']} {head['住所']} ...")

    def log_in(self):
        self.tell.step("ログイン: 端末証明書 + パスワード + 認証コード", "Log in: terminal certificate, password, code")
        wrong = self.cli.login(self.chiba, self.chiba.authenticator.wrong_code())
        self.tell.detail("誤ったコード / wrong code: " + refused(wrong, "not-authenticated"))
        self.must(self.cli.login(self.chiba))
        self.tell.detail(f"{self.chiba.name}: ログインしました / logged in")
        reused = self.cli.login(self.chiba, self.chiba.authenticator.last_code())
        self.tell.detail("使用済みのコード / reused code: " + refused(reused, "not-authenticated"))
        for person in self.staff[1:]:
            self.must(self.cli.login(person))
        self.tell.detail("、".join(person.name for person in self.staff[1:]))

    def adopt_rule(self):
        self.tell.step("保存期間の規則を提案し、別の人が採択する。規則がなければ何も満了せず、何も消去できない(期間はデモ用)",
                       "Propose a retention rule; another person adopts it. Without one nothing expires and nothing can be erased (demo period)")
        rule = ("--tenant", KOGANEI, "--file", FILE)
        before = self.must(self.cli.at_terminal(self.hara, "retention", "rule", "list", "--tenant", KOGANEI))
        expect(FILE in before.data["withoutRule"], f"a rule is there that nobody adopted: {before.out}")
        proposed = self.must(self.cli.at_terminal(self.endo, "retention", "rule", "propose", *rule, "--rule", "EXCL", "--period", "1d",
                                                  "--event-item", "changeDate", "--event-item", "notificationDate", "--event-item", "birthDate",
                                                  "--citation", "架空市文書管理規程(デモ用)"))
        version = str(proposed.data["version"])
        own = self.cli.at_code(self.endo, self.endo.authenticator.last_code(), "retention", "rule", "adopt", version, *rule)
        self.tell.detail("権限なし / without the permission: " + refused(own, "not-permitted"))
        done = self.must(self.cli.with_code(self.kuno, "retention", "rule", "adopt", version, *rule))
        expect(done.data["state"] == "adopted" and done.data["termsComputed"], f"the rule is not in force: {done.out}")
        self.tell.detail(f"{self.endo.name} → {self.kuno.name}: {done.data['rule']} {done.data['period']}, {done.data['citation']}")

    def import_people(self):
        self.tell.step("CSVを取り込む: 検査して預け、別の人が別の端末で確認するまで使えない",
                       "Import CSV files: checked and staged; of no use until another person confirms on another terminal")
        for operator, manager in ((self.doi, self.endo), (self.fujii, self.goto)):
            staged = self.must(self.cli.at_terminal(operator, "import", "file", self.csv_path(operator.tenant), "--tenant",
                                                    operator.tenant, "--file", FILE))
            self.shown(staged, ("importId", "rows", "accepted", "refused", "quarantined", "state"))
            expect(staged.data["accepted"] == self.count, f"not every row was accepted: {staged.out}")
            identity = staged.data["importId"]
            if operator is self.doi:
                before = self.cli.retrieve(operator, KOGANEI, "addressee-number", self.rows[KOGANEI][0]["宛名番号"])
                self.tell.detail("確認前の照会 / retrieval before: " + refused(before, "not-found"))
                own = self.cli.at_code(operator, operator.authenticator.last_code(), "import", "confirm", identity, "--tenant",
                                       operator.tenant)
                self.tell.detail("自分で確認 / self-confirmation: " + refused(own, "same-person"))
            done = self.must(self.cli.with_code(manager, "import", "confirm", identity, "--tenant", operator.tenant))
            self.tell.detail(f"{manager.name}: {done.data['state']}")

    def retrieve(self):
        self.tell.step("照会する: 宛名番号、住民票コード、個人番号、カナ氏名+生年月日。処理事由と案件番号が要る",
                       "Retrieve by each key; a reason and a case are required")
        row = self.rows[KOGANEI][1]
        keys = (("addressee-number", row["宛名番号"], None), ("resident-record-code", row["住民票コード"], None),
                ("individual-number", row["個人番号"], None), ("kana", row["ふりがな氏名"], row["生年月日"]))
        for by, value, birth in keys:
            answer = self.must(self.cli.retrieve(self.chiba, KOGANEI, by, value, birth))
            found = [self.items(record) for record in answer.data["records"]]
            match = [one for one in found if one["residentRecordCode"] == row["住民票コード"]]
            expect(match and match[0]["kanjiName"] == row["漢字氏名"] and match[0]["address"] == row["住所"],
                   f"retrieval by {by} told something else than was imported")
            expect(match[0]["individualNumber"] == "************", "the individual number was not masked")
            self.tell.detail(f"{by}: {match[0]['kanjiName']} {match[0]['birthDate']} 個人番号 {match[0]['individualNumber']}")
        full = self.must(self.cli.retrieve(self.doi, KOGANEI, "addressee-number", row["宛名番号"], show_number=True))
        number = self.items(full.data["records"][0])["individualNumber"]
        expect(number == row["個人番号"], "the individual number shown is not the one imported")
        self.tell.detail(f"権限のある{self.doi.name}だけが番号を見る / only with the permission: {number[:4]}……")
        masked = self.must(self.cli.retrieve(self.chiba, KOGANEI, "addressee-number", row["宛名番号"], show_number=True))
        expect(self.items(masked.data["records"][0])["individualNumber"] == "************", "shown without the permission")

    def refusals(self):
        self.tell.step("断られる照会: 事由なし、他団体", "Refused: without a reason, of another tenant")
        row = self.rows[KOGANEI][1]
        nothing = self.cli.retrieve(self.chiba, KOGANEI, "addressee-number", row["宛名番号"], reason=None, case=None)
        self.tell.detail("事由なし / no reason: " + refused(nothing, "invalid-content"))
        foreign = self.cli.retrieve(self.chiba, SAITAMA, "addressee-number", self.rows[SAITAMA][0]["宛名番号"])
        unknown = self.cli.retrieve(self.chiba, "011002", "addressee-number", "1")
        self.tell.detail("他団体 / another tenant: " + refused(foreign, "not-found"))
        expect(foreign.out == unknown.out and foreign.code == unknown.code, "a foreign tenant answers unlike an unknown one")
        elsewhere = self.cli.ask("record", "retrieve", "--profile", self.fujii.profile, "--session", self.chiba.session, "--tenant",
                                 KOGANEI, "--file", FILE, "--by", "addressee-number", "--value-file", "-", "--reason", "R01",
                                 "--case", "1", text=row["宛名番号"])
        self.tell.detail("他の端末に持ち出したセッション / a session taken to another terminal: " +
                         refused(elsewhere, "not-authenticated"))

    def restart(self):
        self.tell.step("途中で保管庫を止めて起動し直す。次に kill -9", "Stop and start the vault in the middle; then kill -9")
        row = self.rows[KOGANEI][2]
        self.place.stop("vault")
        self.place.start_vault()
        again = self.must(self.cli.retrieve(self.chiba, KOGANEI, "addressee-number", row["宛名番号"]))
        expect(len(again.data["records"]) == 1, "a record is missing after the restart")
        self.place.vault.kill()
        self.place.start_vault(wait=False)
        seconds = self.place.wait_for_vault()
        again = self.must(self.cli.retrieve(self.chiba, KOGANEI, "resident-record-code", row["住民票コード"]))
        expect(len(again.data["records"]) == 1, "a record is missing after kill -9")
        self.tell.detail(f"全部ある。{seconds:.2f}秒で準備完了 / all there; ready within {seconds:.2f} s of kill -9")

    def erase(self):
        self.tell.step("消去: 申請、自己承認の拒否、別の人の承認、実施", "Erasure: application, self-approval refused, approval by another, execution")
        self.erased_row = self.rows[KOGANEI][3]
        found = self.must(self.cli.retrieve(self.doi, KOGANEI, "resident-record-code", self.erased_row["住民票コード"], reason="R06"))
        self.erased_record = found.data["records"][0]["recordId"]
        request = self.must(self.cli.at_terminal(self.endo, "erasure", "request", "--tenant", KOGANEI, "--file", FILE, "--record",
                                                 self.erased_record, *APPLICATION)).data["erasureId"]
        self.tell.detail(f"{self.endo.name}が申請 / applied for: {request}")
        early = self.cli.at_code(self.endo, self.endo.authenticator.last_code(), "erasure", "execute", request, "--tenant", KOGANEI,
                                 "--now")
        self.tell.detail("承認前の実施 / execution before approval: " + refused(early, "conflict"))
        own = self.cli.at_code(self.endo, self.endo.authenticator.last_code(), "erasure", "approve", request, "--tenant", KOGANEI)
        self.tell.detail("自己承認 / self-approval: " + refused(own, "same-person"))
        self.must(self.cli.with_code(self.hara, "erasure", "approve", request, "--tenant", KOGANEI))
        self.tell.detail(f"{self.hara.name}が別の端末で承認 / approved by another on another terminal")
        done = self.must(self.cli.with_code(self.endo, "erasure", "execute", request, "--tenant", KOGANEI, "--now"))
        self.serial = done.data["certificates"][0]
        self.tell.detail(f"エポック / epoch {done.data['epoch']}、証明書番号 / serial {self.serial}")
        gone = self.cli.show_record(self.doi, KOGANEI, self.erased_record)
        self.tell.detail("記録IDで照会 / by its id (410): " + refused(gone, "erased"))
        unknown = self.cli.retrieve(self.doi, KOGANEI, "individual-number", self.erased_row["個人番号"], reason="R06")
        self.tell.detail("個人番号で照会 / by number (404): " + refused(unknown, "not-found"))

    def verify(self):
        self.tell.step("消去証明書をオフラインで検証する", "Verify the certificate offline, with two files only")
        self.certificate = os.path.join(self.place.home, "certificate.json")
        record = os.path.join(self.place.home, "provisioning.json")
        self.must(self.cli.ask("certificate", "get", self.serial, "--tenant", KOGANEI, "--out", self.certificate,
                               "--profile", self.endo.profile, "--session", self.endo.session))
        self.cli.must("certificate", "provisioning", "--profile", self.endo.profile, "--out", record)
        told = self.cli.must("verify", "certificate", self.certificate, "--provisioning", record).data
        expect(told["valid"] and told["softwareTpm"], f"the certificate does not hold: {told}")
        for part in ("proven", "declared", "notProven"):
            self.tell.detail(told[part])
        with open(self.certificate, encoding="utf-8") as file:
            text = file.read()
        for secret in (self.erased_row["個人番号"], self.erased_row["住民票コード"], self.erased_row["漢字氏名"]):
            expect(secret not in text, "the certificate names the subject")
        forged = os.path.join(self.place.home, "forged.json")
        with open(forged, "w", encoding="utf-8") as file:
            file.write(text.replace(KOGANEI, SAITAMA, 1))
        answer = self.cli.ask("verify", "certificate", forged, "--provisioning", record)
        expect(answer.code != 0 and not answer.data["valid"], "a forged certificate was accepted")
        self.tell.detail("一文字変えると / one change: " + answer.data["reason"])

    def all_files(self):
        self.tell.step("残り六つの特定個人情報ファイルも取り込む: 同じ架空の住民を、宣言した三つの文字コードで。確認は必ず別の人",
                       "Import the six other record files: the same made-up residents, in three declared encodings; always confirmed by another")
        rights = ("retrieve", "import", "confirmImport")
        kondo = Person(self.place.home, "kondo", "近藤 圭", "市民課", "10021", "operator", KOGANEI, rights)
        mori = Person(self.place.home, "mori", "森 直子", "市民課", "10022", "operator", KOGANEI, rights)
        for person in (kondo, mori):
            self.enrol_one(person)
            self.must(self.cli.login(person))
        # A code works once and 30 seconds long, so nobody confirms more than two.
        pairs = ((self.doi, kondo), (self.doi, kondo), (self.doi, mori), (self.doi, mori), (kondo, self.doi), (kondo, self.doi))
        for (file, group, encoding, form), (operator, another) in zip(OTHER_FILES, pairs, strict=True):
            path = os.path.join(self.place.home, f"{file}.{group}.TEST.csv")
            self.cli.must("synthetic", "people", "--tenant", KOGANEI, "--file", file, "--group", group, "--encoding", encoding, "--count",
                          str(min(FEW, self.count)), "--seed", "1", "--addressee-numbers", "--out", path, *form)
            staged = self.must(self.cli.at_terminal(operator, "import", "create", path, "--tenant", KOGANEI, "--file", file, "--group", group,
                                                    "--encoding", encoding)).data
            expect(staged["refused"] == 0 and staged["accepted"] > 0, f"{file} was not accepted: {staged}")
            done = self.must(self.cli.with_code(another, "import", "confirm", staged["importId"], "--tenant", KOGANEI))
            expect(done.data["state"] == "confirmed", f"{file}: {done.out}")
            self.tell.detail(f"{file} {group} {encoding}: {staged['accepted']}行 / rows, 変換 / converted "
                             f"{sum(staged['byRule'].get(rule, 0) for rule in ('convert.kana-widened', 'convert.digits-narrowed'))}, "
                             f"{operator.name} → {another.name}")
        self.one_person_in_all_files()

    def one_person_in_all_files(self):
        row = self.rows[KOGANEI][0]
        one = {}
        for file in [FILE] + [file for file, *_ in OTHER_FILES]:
            found = self.must(self.cli.retrieve(self.chiba, KOGANEI, "addressee-number", row["宛名番号"], file=file)).data["records"]
            names = [value for key, value in self.items(found[0]).items() if key.endswith("anjiName")]
            expect(names in ([], [row["漢字氏名"]]) or row["漢字氏名"] in names, f"{file} tells another name")
            one.setdefault(found[0]["integratedAddresseeNumber"], []).append(file)
            numbers = [item["value"] for record in found for item in record["items"] if item["name"] == "個人番号" and item["value"]]
            expect(set(numbers) <= {"************"}, f"{file}: a number was not masked")
            self.tell.detail(f"{file}: {len(found)}行 / rows, {row['漢字氏名']}, 個人番号 {numbers[0] if numbers else '—'}")
        together = max(one.values(), key=len)
        expect(set(sum(one.values(), [])) - set(together) <= {"jido-teate"}, f"the files do not agree on the integrated addressee number: {one}")
        self.tell.detail(f"個人番号のある{len(together)}ファイルは同じ団体内統合宛名番号。児童手当には個人番号がなく、宛名番号だけで付く\n"
                         f"One integrated addressee number in the {len(together)} files with 個人番号; 児童手当 has none and is linked by its own 宛名番号")
        found = self.must(self.cli.retrieve(self.doi, KOGANEI, "individual-number", row["個人番号"], file="chihozei-shutaino")).data["records"]
        self.tell.detail(f"地方税を個人番号で / local tax by number: {len(found)}期別 / terms")

    def show_status(self):
        self.tell.step("装置の状態と保存データの検査", "State of the appliance, and a walk over everything stored")
        self.cli.open_session(self.aoki)
        status = self.cli.must("status", "--session", self.aoki.session)
        self.shown(status, ("epoch", "certified", "tenants", "openTenants", "softwareTpm", "retention", "witness"))
        report = self.cli.must("storage", "check", "--session", self.aoki.session, patience=300)
        self.tell.detail(json.dumps(report.data["report"], ensure_ascii=False)[:400])
        walk = self.cli.must("journal", "walk", "--session", self.aoki.session)
        self.shown(walk, ("chain", "frames"))
        self.cli.must("session", "close", "--session", self.aoki.session)

    def old_image(self):
        self.tell.step("訓練: 消去の前に写したディスクを、消去の後に、動いているTPMと保管庫の秘密すべてで攻撃する",
                       "Drill: disks copied before an erasure, attacked after it with the live TPM and every secret of the vault")
        self.place.stop("vault")
        image = os.path.join(self.place.home, "old-image")
        told = self.cli.must("drill", "old-image", "--image", image, patience=300).data
        expect(told["passed"], f"the drill found what must be gone: {told}")
        before, after = told["foundBeforeErasure"], told["foundAfterErasure"]
        self.tell.detail(f"消去の前に取り出せた鍵 / keys before the erasure: {before['keys']} / {told['planted']}")
        for attempt in told["attempts"]:
            self.tell.detail(f"{attempt['ja']} / {attempt['en']}" + (f" (TPM 0x{attempt['tpmCode']:x})" if attempt["tpmCode"] else ""))
        self.tell.detail(f"消去の後に取り出せた鍵 / keys of what was erased: {after['keys']}; 存在の手がかり / signs of presence: {after['presences']}; "
                         f"残した記録 / kept and readable: {told['liveReadable']}")
        self.place.start_vault()

    def try_curl(self):
        """The line an integrator would type; it is run before it is printed."""
        words = ["curl", "--silent", "--show-error", "--fail", "--cacert", self.place.server_authority, "--cert", self.chiba.certificate,
                 "--key", self.chiba.private_key, f"{self.place.url}/ready"]
        expect(json.loads(run(words)).get("ready") is True, "the curl line does not work")
        return " ".join(words)

    def leave(self):
        for person in self.staff:
            self.cli.logout(person)

    def steps(self):
        return (self.start_tpm, self.approve_boot, self.initialise, self.start, self.create_tenants, self.enrol, self.make_people,
                self.log_in, self.adopt_rule, self.import_people, self.retrieve, self.refusals, self.restart, self.erase, self.verify,
                self.all_files, self.show_status, self.old_image)

    def run(self, until=None):
        """All steps, or up to and with the one named."""
        for step in self.steps():
            step()
            if until == step.__name__:
                return

    def for_outside(self):
        """The one line of JSON that DESIGN section 9 promises."""
        return {"url": self.place.url, "ca": self.place.server_authority, "clientCert": self.chiba.certificate,
                "clientKey": self.chiba.private_key,
                "operators": [person.for_outside() for person in self.staff],
                "officers": [person.for_local_socket() for person in self.officers],
                "tenants": [{"localGovernmentCode": code, "name": name} for code, name in self.tenants.items()],
                "dataDir": self.place.data, "stateCopyDir": self.place.state_copy, "tpmState": self.place.tpm_state,
                "adminSocket": self.place.admin_socket, "settings": self.place.settings, "pids": self.place.pids()}
