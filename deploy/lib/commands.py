"""The command line `shosoin` as people use it: secrets through files and standard input, answers as JSON or as a person sees them."""
import json
import os
import subprocess

from installation import ENVIRONMENT, Failed


class Answer:
    def __init__(self, code, out, err, shown):
        self.code = code
        self.out = out
        self.err = err
        self.shown = shown  # the words, without anything secret: there is none in them

    @property
    def ok(self):
        return self.code == 0

    @property
    def data(self):
        return json.loads(self.out)

    @property
    def problem(self):
        """The slug of a refusal, e.g. "same-person"."""
        if self.ok:
            return None
        try:
            return json.loads(self.out).get("code")
        except ValueError:
            return None

    def message(self, language="ja"):
        del language
        try:
            told = json.loads(self.out)
            return told["title"] + (f" [{told['code']}" + (f" {told['pointer']}" if told.get("pointer") else "") + "]")
        except (ValueError, KeyError):
            return (self.out + self.err).strip()


class CommandLine:
    def __init__(self, installation, language="ja"):
        self.installation = installation
        self.language = language
        self.program = installation.program("shosoin")

    def ask(self, *words, text=None, patience=120):
        """Runs one command with --json."""
        command = [self.program, "--json", "--lang", self.language, "--settings", self.installation.settings, *words]
        done = subprocess.run(command, input=text, stdin=None if text is not None else subprocess.DEVNULL, capture_output=True,
                              text=True, timeout=patience, env=ENVIRONMENT, check=False)
        return Answer(done.returncode, done.stdout, done.stderr, "shosoin " + " ".join(words))

    def must(self, *words, text=None, patience=120):
        answer = self.ask(*words, text=text, patience=patience)
        if not answer.ok:
            raise Failed(f"{answer.shown}: exit code {answer.code}\n{answer.out}{answer.err}")
        return answer

    # -- people

    def open_session(self, person):
        """On the local administration socket."""
        return self.must("session", "open", "--as", person.login_file, "--code-file", "-", "--out", person.session,
                         text=person.authenticator.next_code())

    def login(self, person, code=None):
        """Through the gate; may be refused."""
        return self.ask("login", "--profile", person.profile, "--as", person.login_file, "--code-file", "-", "--out",
                        person.session, text=code or person.authenticator.next_code())

    def logout(self, person):
        return self.ask("logout", *self._at(person))

    @staticmethod
    def _at(person, who=None):
        """At a person's terminal; `who`: with the session of somebody else."""
        return ("--profile", person.profile, "--session", (who or person).session)

    def with_code(self, person, *words):
        """An act that needs a fresh code of the person who does it."""
        return self.ask(*words, *self._at(person), "--code-file", "-", text=person.authenticator.next_code(), patience=300)

    def at_code(self, person, code, *words):
        """The same with a code of the caller's choice: for what must be refused."""
        return self.ask(*words, *self._at(person), "--code-file", "-", text=code, patience=300)

    def at_terminal(self, person, *words, text=None):
        return self.ask(*words, *self._at(person), text=text)

    # -- acts

    def both(self, first, second, *words):
        """An act of two officers on the local socket."""
        return self.ask(*words, "--session", first.session, "--session", second.session, patience=300)

    def retrieve(self, person, tenant, by, value, birth_date=None, reason="R01", case="2026-118", show_number=False,
                 file="honnin-kakunin-joho"):
        words = ["record", "retrieve", "--tenant", tenant, "--file", file, "--by", by, "--value-file", "-"]
        if birth_date is not None:
            path = os.path.join(person.folder, "birth-date")
            with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as out:
                out.write(birth_date)
            words += ["--birth-date-file", path]
        words += ["--reason", reason] if reason else []
        words += ["--case", case] if case else []
        words += ["--show-individual-number"] if show_number else []
        return self.at_terminal(person, *words, text=value)

    def show_record(self, person, tenant, record, file="honnin-kakunin-joho", reason="R06", case="2026-118"):
        return self.at_terminal(person, "record", "show", record, "--tenant", tenant, "--file", file, "--reason", reason,
                                "--case", case)
