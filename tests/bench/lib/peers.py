"""The peers, as an integrator would set them up and on the same disk: nginx, PostgreSQL 15 with pgcrypto, SQLCipher."""
import glob
import os
import pwd
import shutil
import statistics
import subprocess
import time

from programs import Talker, free_port, load, processor_seconds, wait_for

PACKAGES = ["nginx", "postgresql-15", "libsqlcipher-dev"]
POSTGRES = "/usr/lib/postgresql/15/bin"
ROW_BYTES = 1997
TEXT_BYTES = 1024  # of a line: about what one of our log entries says


def install_peers(build):
    """Debian's packages; nothing is touched where they are installed."""
    missing = [name for name in PACKAGES if "ok installed" not in subprocess.run(
        ["dpkg-query", "-W", "-f=${Status}", name], capture_output=True, text=True, check=False).stdout]
    if missing:
        command = [] if os.geteuid() == 0 else ["sudo"]
        subprocess.run([*command, "apt-get", "update", "-qq"], check=True)
        subprocess.run([*command, "env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "install", "-qq", "-y", "--no-install-recommends",
                        *missing], check=True)
    subprocess.run(["cmake", "-S", os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", ".."), "-B", build],
                   check=True, stdout=subprocess.DEVNULL)
    subprocess.run(["ninja", "-C", build, "bench_sqlcipher"], check=True, stdout=subprocess.DEVNULL)


class Nginx:
    """A static file of 2 KiB behind TLS 1.3 with client certificates; the suite of the gate, two workers, access log on."""
    kinds = ["nginx"]

    def __init__(self, build, home, identities):
        self.build, self.identities, self.port = build, identities, free_port()
        place = os.path.join(home, "nginx")
        os.makedirs(os.path.join(place, "files"))
        with open(os.path.join(place, "files", "record"), "wb") as out:
            out.write(os.urandom(2048))
        for folder in (home, place, os.path.join(place, "files")):
            os.chmod(folder, 0o755)
        config = os.path.join(place, "nginx.conf")
        with open(config, "w", encoding="ascii") as out:
            out.write(f"""worker_processes 2; daemon off; pid {place}/pid; error_log {place}/error.log;
events {{ worker_connections 2048; }}
http {{
  access_log {place}/access.log; keepalive_requests 1000000000; sendfile on; tcp_nodelay on;
  client_body_temp_path {place}/1; proxy_temp_path {place}/2; fastcgi_temp_path {place}/3; uwsgi_temp_path {place}/4;
  scgi_temp_path {place}/5;
  server {{
    listen 127.0.0.1:{self.port} ssl; server_name localhost; root {place}/files;
    ssl_protocols TLSv1.3; ssl_conf_command Ciphersuites TLS_CHACHA20_POLY1305_SHA256; ssl_ecdh_curve X25519;
    ssl_certificate {identities.path('server.crt')}; ssl_certificate_key {identities.path('server.key')};
    ssl_client_certificate {identities.path('ca.crt')}; ssl_verify_client on; ssl_session_tickets off;
  }}
}}
""")
        self.requests = os.path.join(place, "requests")
        with open(self.requests, "w", encoding="ascii") as out:
            for seat in range(len(glob.glob(identities.path("[0-9]*.crt")))):
                out.write(f"{seat} GET /record - -\n")
        self.process = subprocess.Popen(["nginx", "-c", config, "-p", place])
        wait_for(self.port, self.process)

    def workers(self):
        with open(f"/proc/{self.process.pid}/task/{self.process.pid}/children", encoding="ascii") as text:
            return [int(word) for word in text.read().split()]

    def measure(self, _kind, connections, seconds):
        before = sum(processor_seconds(pid) for pid in self.workers())
        found = load(self.build, self.port, self.identities, self.requests, connections, seconds)
        used = sum(processor_seconds(pid) for pid in self.workers()) - before
        found["cpuMicroseconds"] = used * 1e6 / max(1, found["operations"])
        return found

    def stop(self):
        self.process.terminate()
        self.process.wait()


KEY = "000102030405060708090a0b0c0d0e0f000102030405060708090a0b0c0d0e0f"
# Authenticated as ours is, without stretching a key that needs none: the cheapest form that pgcrypto's own page does not warn of.
OPEN = f"pgp_sym_decrypt_bytea(data, '{KEY}')"
OPEN_RAW = f"decrypt(raw, '\\x{KEY}', 'aes')"
LINE = "INSERT INTO log(record, entry) VALUES (:id, '" + "e" * TEXT_BYTES + "')"
SCRIPTS = {
    "postgres-four-trips": f"BEGIN;\n{LINE};\nSELECT {OPEN} FROM records WHERE id = :id;\nCOMMIT;\n",
    "postgres-one-statement": f"WITH line AS ({LINE} RETURNING line) SELECT {OPEN} FROM records, line WHERE id = :id;\n",
    "postgres-raw-four-trips": f"BEGIN;\n{LINE};\nSELECT {OPEN_RAW} FROM raw_records WHERE id = :id;\nCOMMIT;\n",
}


class Postgres:
    """A cluster of its own under an ordinary account; durable commits; pgcrypto authenticated, and its plain AES."""
    kinds = list(SCRIPTS)

    def __init__(self, home, records):
        self.place = os.path.join(home, "postgres")
        os.makedirs(self.place)
        self.as_user = []
        if os.geteuid() == 0:
            account = pwd.getpwnam("postgres")
            os.chmod(home, 0o755)
            os.chown(self.place, account.pw_uid, account.pw_gid)
            self.as_user = ["runuser", "-u", "postgres", "--"]
        data = os.path.join(self.place, "data")
        self.run(f"{POSTGRES}/initdb", "-D", data, "-A", "trust", "--no-locale", "-E", "UTF8")
        settings = os.path.join(data, "postgresql.conf")
        mine = ["listen_addresses = ''", f"unix_socket_directories = '{self.place}'", "shared_buffers = '1GB'", "max_connections = 300",
                "synchronous_commit = on", "fsync = on", "max_wal_size = '8GB'", "checkpoint_timeout = '30min'"]
        self.run("tee", "-a", settings, stdin="\n".join(mine) + "\n")
        self.run(f"{POSTGRES}/pg_ctl", "-D", data, "-w", "-l", os.path.join(self.place, "log"), "start")
        with open(os.path.join(data, "postmaster.pid"), encoding="ascii") as text:
            self.pid = int(text.readline())
        self.data = data
        self.sql("CREATE EXTENSION pgcrypto; CREATE TABLE log(line bigserial PRIMARY KEY, record bigint, entry text);"
                 "CREATE TABLE records(id bigint PRIMARY KEY, data bytea); CREATE TABLE raw_records(id bigint PRIMARY KEY, raw bytea);"
                 "ALTER TABLE records ALTER data SET STORAGE PLAIN; ALTER TABLE raw_records ALTER raw SET STORAGE PLAIN;")
        plain = f"decode(rpad(md5(id::text), {2 * ROW_BYTES}, '0a'), 'hex')"
        self.sql(f"INSERT INTO records SELECT id, pgp_sym_encrypt_bytea({plain}, '{KEY}', 's2k-mode=1, cipher-algo=aes256, compress-algo=0')"
                 f" FROM generate_series(1, {records}) AS id; INSERT INTO raw_records SELECT id, encrypt({plain}, '\\x{KEY}', 'aes')"
                 f" FROM generate_series(1, {records}) AS id;")
        self.sql("VACUUM ANALYZE records; VACUUM ANALYZE raw_records; CHECKPOINT;")
        self.scripts = {}
        for kind, text in SCRIPTS.items():
            self.scripts[kind] = os.path.join(self.place, kind + ".sql")
            self.run("tee", self.scripts[kind], stdin=f"\\set id random(1, {records})\n" + text)

    def run(self, *command, stdin=None):
        done = subprocess.run([*self.as_user, *command], input=stdin, text=True, capture_output=True, check=False, cwd="/")
        if done.returncode != 0:
            raise SystemExit(f"{command[0]}: {done.stderr[-2000:]}")
        return done.stdout

    def sql(self, text):
        self.run(f"{POSTGRES}/psql", "-h", self.place, "-d", "postgres", "-v", "ON_ERROR_STOP=1", "-q", "-f", "-", stdin=text)

    def measure(self, kind, callers, seconds):
        prefix = os.path.join(self.place, "latency")
        before = processor_seconds(self.pid, children=True)
        shown = self.run(f"{POSTGRES}/pgbench", "-h", self.place, "-n", "-M", "prepared", "-c", str(callers), "-j", str(min(2, callers)),
                         "-T", str(max(1, round(seconds))), "-f", self.scripts[kind], "-l", "--log-prefix", prefix, "postgres")
        time.sleep(0.3)  # the backends end, and their time is the postmaster's
        used = processor_seconds(self.pid, children=True) - before
        took = [int(line.split()[2]) for name in glob.glob(prefix + ".*") for line in open(name, encoding="ascii")]
        for name in glob.glob(prefix + ".*"):
            os.remove(name)
        took.sort()
        per_second = next(float(line.split()[2]) for line in shown.splitlines() if line.startswith("tps ="))
        return {"operations": len(took), "perSecond": per_second, "p50": statistics.median(took), "p99": took[len(took) * 99 // 100],
                "cpuMicroseconds": used * 1e6 / max(1, len(took))}

    def stop(self):
        self.run(f"{POSTGRES}/pg_ctl", "-D", self.data, "-w", "-m", "fast", "stop")
        shutil.rmtree(self.data, ignore_errors=True)


class SqlCipher(Talker):
    """One file, one writer at a time; a transaction holds the line and the record."""
    kinds = ["sqlcipher"]

    def __init__(self, build, home, records, entry_bytes):
        place = os.path.join(home, "sqlcipher")
        os.makedirs(place)
        super().__init__([os.path.join(build, "tests/bench/bench_sqlcipher"), os.path.join(place, "db"), str(records), str(entry_bytes)],
                         os.path.join(home, "sqlcipher.log"))

    def measure(self, _kind, callers, seconds):
        return self.ask(f"read {callers} {seconds}")
