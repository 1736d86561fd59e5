"""One installation in one directory: software TPM, settings, vault and gate. The demonstration and the stories stand on it."""
import os
import shutil
import socket
import subprocess
import time

import local_socket
from processes import Process, wait_until

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
READY = 10.0
# The programs see nothing of the caller's environment but what they need.
ENVIRONMENT = {"PATH": "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin", "LANG": "C.UTF-8"}
if os.environ.get("ASAN_OPTIONS"):
    ENVIRONMENT["ASAN_OPTIONS"] = os.environ["ASAN_OPTIONS"]


class Failed(Exception):
    """Something that had to work did not; the text says what, and where the log is."""


def run(words, patience=120, text=None):
    """A helper program that must succeed; returns its standard output."""
    done = subprocess.run(words, input=text, capture_output=True, text=True, timeout=patience, env=ENVIRONMENT, check=False)
    if done.returncode != 0:
        raise Failed(f"{os.path.basename(words[0])} {words[1] if len(words) > 1 else ''}: exit code {done.returncode}\n"
                     f"{done.stdout}{done.stderr}")
    return done.stdout


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Installation:
    def __init__(self, build, home):
        self.build = build
        self.home = home
        self.data = os.path.join(home, "data")
        self.state_copy = os.path.join(home, "state-copy")
        self.tpm_state = os.path.join(home, "tpm")
        self.run_folder = os.path.join(home, "run")
        self.keys = os.path.join(home, "keys")
        self.logs = os.path.join(home, "logs")
        self.shares = os.path.join(home, "custodian-shares")
        self.settings = os.path.join(home, "shosoin.toml")
        os.makedirs(home, mode=0o700, exist_ok=True)
        for folder in (self.tpm_state, self.run_folder, self.keys, self.logs):
            os.makedirs(folder, mode=0o700)
        self.admin_socket = os.path.join(self.run_folder, "admin.sock")
        self.gate_socket = os.path.join(self.run_folder, "gate.sock")
        self.tpm_socket = os.path.join(self.run_folder, "tpm.sock")
        self.server_authority = os.path.join(self.keys, "server-ca.pem")
        self.server_certificate = os.path.join(self.keys, "gate.pem")
        self.server_key = os.path.join(self.keys, "gate.key")
        self.port = free_port()
        self.url = f"https://127.0.0.1:{self.port}"
        self.tpm = self.vault = self.gate = None
        self.vault_environment = {}  # of tests: what the vault sees beside ENVIRONMENT
        self.gate_environment = {}

    def program(self, name):
        return os.path.join(self.build, name)

    # -- what stands before the vault

    def start_tpm(self):
        if os.path.exists(self.tpm_socket):
            os.remove(self.tpm_socket)
        self.tpm = Process("swtpm", ["swtpm", "socket", "--tpm2", "--tpmstate", f"dir={self.tpm_state},mode=0600",
                                     "--server", f"type=unixio,path={self.tpm_socket}",
                                     "--ctrl", f"type=unixio,path={self.tpm_socket}.ctrl",
                                     "--flags", "not-need-init,startup-clear"],
                           os.path.join(self.logs, "tpm.log"), ENVIRONMENT)
        if not wait_until(lambda: os.path.exists(self.tpm_socket), READY, self.tpm):
            raise Failed(f"the software TPM does not start, see {self.tpm.log}")

    @property
    def tcti(self):
        return f"swtpm:path={self.tpm_socket}"

    def write_settings(self):
        text = f"""[vault]
data_directory = "{self.data}"
state_copy_directory = "{self.state_copy}"
gate_socket = "{self.gate_socket}"
admin_socket = "{self.admin_socket}"
site_label = "demonstration"

[tpm]
tcti = "{self.tcti}"
auth_file = "{self.keys}/tpm.auth"

[boot]
signer_public_key = "{self.keys}/boot-signer.pem"
approvals = "{self.keys}/boot-approvals.json"

[gate]
listen = "127.0.0.1:{self.port}"
certificate = "{self.server_certificate}"
private_key = "{self.server_key}"
client_ca = "{self.data}/terminal-ca.pem"
vault_socket = "{self.gate_socket}"
authority = ["127.0.0.1:{self.port}", "localhost:{self.port}"]
threads = 2
"""
        with open(self.settings, "w", encoding="utf-8") as file:
            file.write(text)

    def make_server_certificate(self):
        """The gate's own certificate: of a separate authority, as a municipality's network team would issue it."""
        authority_key = os.path.join(self.keys, "server-ca.key")
        request = os.path.join(self.keys, "gate.csr")
        extensions = os.path.join(self.keys, "gate.ext")
        with open(extensions, "w", encoding="ascii") as file:
            file.write("subjectAltName=IP:127.0.0.1,DNS:localhost\nbasicConstraints=CA:FALSE\nextendedKeyUsage=serverAuth\n")
        run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "30",
             "-subj", "/O=Shosoin demonstration/CN=Server authority", "-keyout", authority_key, "-out", self.server_authority])
        run(["openssl", "req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=localhost",
             "-keyout", self.server_key, "-out", request])
        run(["openssl", "x509", "-req", "-in", request, "-CA", self.server_authority, "-CAkey", authority_key, "-days", "30",
             "-extfile", extensions, "-out", self.server_certificate])
        for key in (authority_key, self.server_key):
            os.chmod(key, 0o600)

    def make_terminal_request(self, person):
        request = os.path.join(person.folder, "terminal.csr")
        run(["openssl", "req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", f"/CN={person.id}",
             "-keyout", person.private_key, "-out", request])
        os.chmod(person.private_key, 0o600)
        return request

    def write_profile(self, person):
        """What an operator's terminal keeps: where the gate is and with which certificate."""
        with open(person.profile, "w", encoding="utf-8") as file:
            file.write(f'url = "{self.url}"\nca = "{self.server_authority}"\ncert = "{person.certificate}"\n'
                       f'key = "{person.private_key}"\n')

    # -- vault and gate

    def start_vault(self, wait=True):
        for path in (self.admin_socket, self.gate_socket):
            if os.path.exists(path):
                os.remove(path)
        self.vault = Process("shosoin-vault", [self.program("shosoin-vault"), "--settings", self.settings],
                             os.path.join(self.logs, "vault.log"), ENVIRONMENT | self.vault_environment)
        if wait:
            self.wait_for_vault()

    def wait_for_vault(self, patience=READY):
        """Seconds until the vault says it is ready."""
        started = time.monotonic()
        if not wait_until(lambda: local_socket.ready(self.admin_socket), patience, self.vault):
            raise Failed(f"the vault is not ready\n{self.vault.log_text()[-2000:]}")
        return time.monotonic() - started

    def start_gate(self):
        self.gate = Process("shosoin-gate", [self.program("shosoin-gate"), "--settings", self.settings],
                            os.path.join(self.logs, "gate.log"), ENVIRONMENT | self.gate_environment)
        if not wait_until(self.gate_listens, READY, self.gate):
            raise Failed(f"the gate does not listen\n{self.gate.log_text()[-2000:]}")

    def gate_listens(self):
        try:
            with socket.create_connection(("127.0.0.1", self.port), 0.5):
                return True
        except OSError:
            return False

    def refused_start(self, patience=20):
        """Starts the vault where it must refuse: (exit code, what it said)."""
        log = os.path.join(self.logs, "refused.log")
        if os.path.exists(log):
            os.remove(log)
        process = Process("shosoin-vault", [self.program("shosoin-vault"), "--settings", self.settings], log, ENVIRONMENT)
        try:
            code = process.wait_for_end(patience)
        except subprocess.TimeoutExpired:
            process.kill()
            raise Failed("the vault started where it had to refuse") from None
        return code, process.log_text()

    def stop(self, *names):
        for name in names or ("gate", "vault", "tpm"):
            process = getattr(self, name)
            if process is not None:
                process.end()

    def pids(self):
        return {"vault": self.vault.pid, "gate": self.gate.pid, "tpm": self.tpm.pid}

    def remove(self):
        self.stop()
        shutil.rmtree(self.home, ignore_errors=True)
