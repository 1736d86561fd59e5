"""A real gate process over mutual TLS on the loopback interface, for tests that send it bytes of their own. The vault behind it is a
double that answers everything with success and counts what it hears."""
import os
import shutil
import socket
import ssl
import struct
import subprocess
import tempfile
import threading

PATIENCE = 20


def make_certificates(folder):
    def openssl(*words):
        subprocess.run(["openssl", *words], cwd=folder, check=True, capture_output=True)

    key = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes")
    openssl("req", "-x509", *key, "-keyout", "ca.key", "-out", "ca.pem", "-days", "2", "-subj", "/CN=test authority")
    for name, usage in (("server", "serverAuth"), ("terminal", "clientAuth")):
        openssl("req", *key, "-keyout", f"{name}.key", "-out", f"{name}.csr", "-subj", f"/CN={name}")
        with open(f"{folder}/{name}.ext", "w", encoding="ascii") as file:
            file.write(f"extendedKeyUsage={usage}\nsubjectAltName=DNS:localhost\n")
        openssl("x509", "-req", "-in", f"{name}.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-days", "2", "-out", f"{name}.pem",
                "-extfile", f"{name}.ext")


class VaultDouble:
    """Speaks admin-api/protocol/protocol.md: a length, format 1, status, the request's own id, a body."""

    def __init__(self, path):
        self.heard = 0
        self.listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.listener.bind(path)
        self.listener.listen(64)
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                channel, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self.serve, args=(channel,), daemon=True).start()

    def serve(self, channel):
        with channel, channel.makefile("rb") as stream:
            while len(length := stream.read(4)) == 4:
                message = stream.read(struct.unpack(">I", length)[0])
                self.heard += 1
                answer = struct.pack(">HH", 1, 0) + message[4:12] + b'{"ready":true}'
                channel.sendall(struct.pack(">I", len(answer)) + answer)

    def close(self):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()


class GateProcess:
    def __init__(self, binary):
        self.folder = tempfile.mkdtemp(prefix="shosoin-gate-")
        make_certificates(self.folder)
        self.vault = VaultDouble(f"{self.folder}/vault.sock")
        with open(f"{self.folder}/shosoin.toml", "w", encoding="utf-8") as file:
            file.write(f'[gate]\nlisten = "systemd"\ncertificate = "{self.folder}/server.pem"\n'
                       f'private_key = "{self.folder}/server.key"\nclient_ca = "{self.folder}/ca.pem"\n'
                       f'vault_socket = "{self.folder}/vault.sock"\nauthority = ["localhost"]\n')
        listener = socket.create_server(("127.0.0.1", 0))  # handed over as systemd does; connections wait in it from now on
        self.port = listener.getsockname()[1]
        script = f'exec 3<&{listener.fileno()}; export LISTEN_PID=$$ LISTEN_FDS=1; exec "$0" --settings "$1"'
        self.process = subprocess.Popen(["bash", "-c", script, binary, f"{self.folder}/shosoin.toml"],
                                        pass_fds=[listener.fileno()], stderr=subprocess.DEVNULL,
                                        env={k: v for k, v in os.environ.items() if k not in ("NOTIFY_SOCKET", "WATCHDOG_USEC")})
        listener.close()
        self.context = client_context(self.folder)

    def close(self):
        self.process.terminate()
        code = self.process.wait(PATIENCE)
        self.vault.close()
        shutil.rmtree(self.folder)
        return code

    def connect(self):
        return connect(self.port, self.context)


def client_context(folder):
    context = ssl.create_default_context(cafile=f"{folder}/ca.pem")
    context.load_cert_chain(f"{folder}/terminal.pem", f"{folder}/terminal.key")
    return context


def connect(port, context):
    plain = socket.create_connection(("127.0.0.1", port), PATIENCE)
    plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return context.wrap_socket(plain, server_hostname="localhost", suppress_ragged_eofs=True)


class Answer:
    def __init__(self, head, body):
        lines = head.decode("latin-1").split("\r\n")
        self.status = int(lines[0].split(" ")[1])
        self.headers = {name.lower(): value.strip() for name, value in (line.split(":", 1) for line in lines[1:])}
        self.body = body


def split_answers(data, heads_only=()):
    """Every answer in what a connection sent; heads_only: places of answers to HEAD, which tell a length and send nothing."""
    answers = []
    while data:
        head, separator, data = data.partition(b"\r\n\r\n")
        assert separator, f"an answer is cut off: {head[:200]!r}"
        answer = Answer(head, b"")
        interim = answer.status < 200
        size = 0 if interim or len(answers) in heads_only else int(answer.headers.get("content-length", "0"))
        assert len(data) >= size, f"an answer's content is cut off: {head[:200]!r}"
        answer.body, data = data[:size], data[size:]
        if not interim:
            answers.append(answer)
    return answers


def exchange(connection, pieces, heads_only=()):
    """Sends the pieces, reads until the other side closes. Returns the answers."""
    received = b""
    try:
        for piece in pieces:
            connection.sendall(piece)
    except OSError:
        pass  # it has closed already; what it said can still be read
    try:
        while data := connection.recv(65536):
            received += data
    except ConnectionError:
        pass
    return split_answers(received, heads_only)
