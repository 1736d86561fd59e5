"""The process shosoin-gate as systemd and an administrator meet it: settings, socket activation, notification, confinement, SIGTERM.

usage: process_test.py GATE_BINARY
"""

import os
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import time
import unittest

GATE = os.path.abspath(sys.argv[1])
PATIENCE = 20


def openssl(folder, *words):
    subprocess.run(["openssl", *words], cwd=folder, check=True, capture_output=True)


def make_certificates(folder):
    openssl(folder, "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", "ca.key",
            "-out", "ca.pem", "-days", "2", "-subj", "/CN=test authority")
    for name, usage in (("server", "serverAuth"), ("terminal", "clientAuth")):
        openssl(folder, "req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", f"{name}.key",
                "-out", f"{name}.csr", "-subj", f"/CN={name}")
        with open(f"{folder}/{name}.ext", "w") as file:
            file.write(f"extendedKeyUsage={usage}\nsubjectAltName=DNS:localhost\n")
        openssl(folder, "x509", "-req", "-in", f"{name}.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-days", "2", "-out",
                f"{name}.pem", "-extfile", f"{name}.ext")


class Process(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.home = tempfile.TemporaryDirectory()
        cls.folder = cls.home.name
        make_certificates(cls.folder)

    @classmethod
    def tearDownClass(cls):
        cls.home.cleanup()

    def settings(self, listen, more=""):
        path = f"{self.folder}/shosoin.toml"
        with open(path, "w") as file:
            file.write(f'[gate]\nlisten = "{listen}"\ncertificate = "{self.folder}/server.pem"\n'
                       f'private_key = "{self.folder}/server.key"\nclient_ca = "{self.folder}/ca.pem"\n'
                       f'vault_socket = "{self.folder}/vault.sock"\nauthority = ["localhost"]\n{more}')
        return path

    def refused(self, path):
        done = subprocess.run([GATE, "--settings", path], capture_output=True, text=True, timeout=PATIENCE)
        self.assertEqual(done.returncode, 78)  # EX_CONFIG
        return done.stderr

    def ask(self, port, path):
        context = ssl.create_default_context(cafile=f"{self.folder}/ca.pem")
        context.load_cert_chain(f"{self.folder}/terminal.pem", f"{self.folder}/terminal.key")
        with socket.create_connection(("127.0.0.1", port), PATIENCE) as plain, \
                context.wrap_socket(plain, server_hostname="localhost") as secure:
            secure.sendall(f"GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode())
            answer = b""
            while piece := secure.recv(65536):
                answer += piece
        return answer.decode()

    def started(self, notify):
        """Runs the gate with a listening socket handed over as systemd does; returns it and the port once it says READY=1."""
        listener = socket.create_server(("127.0.0.1", 0))
        told = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        told.bind(notify)
        told.settimeout(PATIENCE)
        os.set_inheritable(listener.fileno(), True)
        script = f'exec 3<&{listener.fileno()}; export LISTEN_PID=$$ LISTEN_FDS=1; exec "$0" --settings "$1"'
        process = subprocess.Popen(["bash", "-c", script, GATE, self.settings("systemd")], pass_fds=[listener.fileno()],
                                   env=dict(os.environ, NOTIFY_SOCKET=notify, WATCHDOG_USEC="300000"), stderr=subprocess.PIPE)
        self.addCleanup(process.stderr.close)
        self.addCleanup(told.close)
        self.addCleanup(process.kill)
        self.assertEqual(told.recv(100), b"READY=1")
        port = listener.getsockname()[1]
        listener.close()
        return process, told, port

    def test_serves_a_handed_over_socket_confined_and_ends_cleanly_on_sigterm(self):
        process, told, port = self.started(f"{self.folder}/notify1")
        with open(f"/proc/{process.pid}/status") as file:
            status = file.read()
        self.assertIn("Seccomp:\t2", status)
        self.assertIn("HTTP/1.1 200 OK", self.ask(port, "/openapi.yaml"))
        self.assertIn("HTTP/1.1 503 ", self.ask(port, "/health"))  # no vault here
        self.assertEqual(told.recv(100), b"WATCHDOG=1")
        process.send_signal(signal.SIGTERM)
        self.assertEqual(process.wait(PATIENCE), 0)
        while (word := told.recv(100)) == b"WATCHDOG=1":
            pass
        self.assertEqual(word, b"STOPPING=1")
        self.assertNotIn(b"127.0.0.1", process.stderr.read())

    def test_ends_on_sigterm_although_a_client_holds_its_connection(self):
        process, _, port = self.started(f"{self.folder}/notify2")
        context = ssl.create_default_context(cafile=f"{self.folder}/ca.pem")
        context.load_cert_chain(f"{self.folder}/terminal.pem", f"{self.folder}/terminal.key")
        with socket.create_connection(("127.0.0.1", port)) as plain, context.wrap_socket(plain, server_hostname="localhost"):
            time.sleep(0.2)
            process.send_signal(signal.SIGTERM)
            self.assertEqual(process.wait(PATIENCE), 0)

    def test_names_the_line_of_an_unknown_key(self):
        text = self.refused(self.settings("127.0.0.1:0", "colour = 1\n"))
        self.assertIn("8行目", text)
        self.assertIn("line 8", text)

    def test_refuses_to_start_without_the_socket_it_was_promised(self):
        self.assertIn("設定", self.refused(self.settings("systemd")))

    def test_refuses_a_private_key_that_everybody_may_read(self):
        key = f"{self.folder}/server.key"
        os.chmod(key, 0o644)
        try:
            self.assertIn("private key", self.refused(self.settings("127.0.0.1:0")))
        finally:
            os.chmod(key, 0o600)

    def test_prints_every_key_of_its_settings(self):
        text = subprocess.run([GATE, "--help"], capture_output=True, text=True, timeout=PATIENCE, check=True).stdout
        for key in ("listen", "certificate", "private_key", "client_ca", "vault_socket", "authority", "threads", "client_crl", "connections",
                    "connections_per_address", "connections_per_certificate"):
            self.assertIn(key, text)

    def limited(self, most):
        """Starts the gate under a hard limit of descriptors: what it says within a moment, and its exit code, or None while it runs."""
        process = subprocess.Popen(["bash", "-c", f'ulimit -n {most}; exec "$0" --settings "$1"', GATE, self.settings("127.0.0.1:0")],
                                   stderr=subprocess.PIPE, text=True)
        self.addCleanup(process.stderr.close)
        try:
            code = process.wait(1)
        except subprocess.TimeoutExpired:
            code = None
            process.kill()
            process.wait(PATIENCE)
        return process.stderr.read(), code

    def test_takes_fewer_connections_when_descriptors_are_few_and_refuses_when_they_are_too_few(self):
        text, code = self.limited(400)
        self.assertIsNone(code, text)
        self.assertRegex(text, r"fewer connections than the settings \(connections=1\d\d\)")
        text, code = self.limited(100)
        self.assertEqual(code, 78, text)
        self.assertIn("descriptor limit", text)

    def test_refuses_an_unknown_argument(self):
        done = subprocess.run([GATE, "--nonsense"], capture_output=True, timeout=PATIENCE)
        self.assertEqual(done.returncode, 64)  # EX_USAGE


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
