"""Our own programs under measurement. Each is started here, spoken to by lines, and stopped by its own id."""
import json
import os
import resource
import socket
import subprocess
import time

TICK = os.sysconf("SC_CLK_TCK")
LOCKED = 704 << 20  # what the unit of the vault allows it to lock


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def processor_seconds(pid, children=False):
    with open(f"/proc/{pid}/stat", encoding="ascii") as text:
        words = text.read().rsplit(") ", 1)[1].split()
    return sum(int(word) for word in words[11:15 if children else 13]) / TICK


class Talker:
    """A program that takes a command a line and answers a line of JSON."""

    def __init__(self, command, log, allow_locked=False):
        def before():
            if allow_locked:
                try:
                    resource.setrlimit(resource.RLIMIT_MEMLOCK, (LOCKED, LOCKED))
                except (ValueError, PermissionError):
                    pass  # the cache of blocks is as large as what may be locked, and that is told
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=open(log, "w", encoding="utf-8"),
                                        text=True, preexec_fn=before)
        self.log = log
        self.first = self.hear()

    def hear(self):
        line = self.process.stdout.readline()
        if not line:
            with open(self.log, encoding="utf-8", errors="replace") as text:
                raise SystemExit(f"{self.process.args[0]} ended:\n{text.read()[-2000:]}")
        return json.loads(line)

    def ask(self, command):
        self.process.stdin.write(command + "\n")
        self.process.stdin.flush()
        return self.hear()

    def stop(self):
        self.process.stdin.close()
        try:
            self.process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


class Identities:
    """An authority of the terminals, one of the server, and certificates: the same for gate and nginx."""

    def __init__(self, home, seats):
        self.home = os.path.join(home, "identities")
        os.makedirs(self.home)
        self.make("ca", "/CN=bench authority", None, "basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign")
        self.make("server", "/CN=localhost", "ca", "subjectAltName=DNS:localhost,IP:127.0.0.1\nextendedKeyUsage=serverAuth")
        self.fingerprints = os.path.join(self.home, "fingerprints")
        with open(self.fingerprints, "w", encoding="ascii") as out:
            for seat in range(seats):
                self.make(str(seat), f"/CN=terminal {seat}", "ca", "extendedKeyUsage=clientAuth")
                said = self.openssl("x509", "-in", self.path(f"{seat}.crt"), "-noout", "-fingerprint", "-sha256")
                out.write(said.split("=")[1].replace(":", "").strip().lower() + "\n")

    def path(self, name):
        return os.path.join(self.home, name)

    def openssl(self, *words):
        return subprocess.run(["openssl", *words], check=True, capture_output=True, text=True).stdout

    def make(self, name, subject, issuer, extensions):
        self.openssl("ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", self.path(f"{name}.key"))
        os.chmod(self.path(f"{name}.key"), 0o600)
        self.openssl("req", "-new", "-key", self.path(f"{name}.key"), "-subj", subject, "-out", self.path(f"{name}.csr"))
        with open(self.path(f"{name}.ext"), "w", encoding="ascii") as out:
            out.write(extensions + "\n")
        signer = ["-CA", self.path(f"{issuer}.crt"), "-CAkey", self.path(f"{issuer}.key"), "-CAcreateserial"] if issuer else \
            ["-signkey", self.path(f"{name}.key")]
        self.openssl("x509", "-req", "-in", self.path(f"{name}.csr"), *signer, "-days", "2", "-extfile", self.path(f"{name}.ext"),
                     "-out", self.path(f"{name}.crt"))


class Vault(Talker):
    def __init__(self, build, home, tenants, records, identities):
        place = os.path.join(home, "vault")
        os.makedirs(place)
        super().__init__([os.path.join(build, "tests/bench/bench_vault"), place, str(tenants), str(records), identities.fingerprints],
                         os.path.join(home, "vault.log"), allow_locked=True)
        self.built = self.first["seconds"]
        self.seats = os.path.join(home, "seats")
        self.ask(f"seats {self.seats}")


class Ceiling(Talker):
    def __init__(self, build, home, records, entry_bytes):
        place = os.path.join(home, "ceiling")
        os.makedirs(place)
        super().__init__([os.path.join(build, "tests/bench/bench_ceiling"), place, str(records), str(entry_bytes)],
                         os.path.join(home, "ceiling.log"))


def load(build, port, identities, requests, connections, seconds):
    done = subprocess.run([os.path.join(build, "tests/bench/bench_load"), "127.0.0.1", str(port), identities.path("ca.crt"),
                           str(connections), str(seconds), requests, identities.home], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise SystemExit(f"the load generator ended: {done.stderr[-2000:]}")
    return json.loads(done.stdout)


class Gate:
    """The real gate, in front of the vault that is measured."""

    def __init__(self, build, home, identities, vault):
        self.build, self.identities, self.vault, self.port = build, identities, vault, free_port()
        settings = os.path.join(home, "gate.toml")
        values = {"listen": f"127.0.0.1:{self.port}", "certificate": identities.path("server.crt"),
                  "private_key": identities.path("server.key"), "client_ca": identities.path("ca.crt"),
                  "vault_socket": vault.first["socket"]}
        with open(settings, "w", encoding="utf-8") as out:
            out.write("[gate]\n" + "".join(f"{key} = {json.dumps(value)}\n" for key, value in values.items()))
            out.write('authority = ["localhost"]\nthreads = 2\n')
        self.requests = os.path.join(home, "gate.requests")
        reason = json.dumps({"accessReason": {"reasonCode": "R03", "caseReference": "bench-1"}})
        with open(vault.seats, encoding="ascii") as seats, open(self.requests, "w", encoding="ascii") as out:
            for line in seats:
                seat, code, token, record = line.split()
                path = f"/v1/tenants/{code}/files/honnin-kakunin-joho/records/{record}/retrievals"
                out.write(f"{seat} POST {path} {token} {reason}\n")
        self.process = subprocess.Popen([os.path.join(build, "shosoin-gate"), "--settings", settings],
                                        stderr=open(os.path.join(home, "gate.log"), "w", encoding="utf-8"))
        wait_for(self.port, self.process)

    def load(self, connections, seconds):
        pids = (self.process.pid, self.vault.process.pid)
        before = sum(processor_seconds(pid) for pid in pids)
        found = load(self.build, self.port, self.identities, self.requests, connections, seconds)
        found["cpuMicroseconds"] = (sum(processor_seconds(pid) for pid in pids) - before) * 1e6 / max(1, found["operations"])
        return found

    def stop(self):
        self.process.terminate()
        self.process.wait()


def wait_for(port, process):
    for _ in range(200):
        if process.poll() is not None:
            raise SystemExit(f"{process.args[0]} ended with {process.returncode}")
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise SystemExit(f"{process.args[0]} does not listen")
