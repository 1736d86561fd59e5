"""Requests of one session over one kept connection, and every page of a retrieval: as little as HTTP/1.1 asks for, so that half a million
retrievals are the service's time and not this program's."""
import json
import socket
import ssl

from scenario import expect

REASON = {"reasonCode": "R01", "caseReference": "TEST-2026-5"}
PATIENCE = 300          # seconds; closing an import merges
HEAD_MOST = 64 << 10    # bytes of an answer's head
HEAD_END = b"\r\n\r\n"


class Terminal:
    def __init__(self, port, authority, certificate, private_key, token=None):
        self.port, self.token = port, token
        context = ssl.create_default_context(cafile=authority)
        context.load_cert_chain(certificate, private_key)
        plain = socket.create_connection(("127.0.0.1", port), PATIENCE)
        plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket = context.wrap_socket(plain, server_hostname="127.0.0.1")
        self.rest = b""

    @classmethod
    def of(cls, place, person, token=None):
        return cls(place.port, place.server_authority, person.certificate, person.private_key, token)

    def receive(self):
        piece = self.socket.recv(256 << 10)
        expect(piece, "the gate closed a connection before its answer")
        return piece

    def answer(self):
        """(status, body) of the one answer that is due."""
        text = self.rest
        while (end := text.find(HEAD_END)) < 0:
            expect(len(text) <= HEAD_MOST, "an answer without an end of its head")
            text += self.receive()
        head = text[:end].decode("ascii").split("\r\n")
        fields = {name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in head[1:])}
        expect("transfer-encoding" not in fields, "an answer in chunks")
        left = int(fields.get("content-length", "0"))
        parts = [text[end + len(HEAD_END):]]
        have = len(parts[0])
        while have < left:
            parts.append(self.receive())
            have += len(parts[-1])
        body = b"".join(parts)
        self.rest = body[left:]
        return int(head[0].split(" ", 2)[1]), body[:left]

    def ask(self, method, path, body=None, headers=None):
        """(status, answer); body: bytes, or members of a JSON object."""
        sent = {"Host": f"127.0.0.1:{self.port}"} | (headers or {})
        if self.token:
            sent["Authorization"] = f"Bearer {self.token}"
        if isinstance(body, dict):
            body = json.dumps(body, ensure_ascii=False).encode()
            sent["Content-Type"] = "application/json"
        if body is not None or method == "POST":
            sent["Content-Length"] = str(len(body or b""))
        head = f"{method} {path} HTTP/1.1\r\n" + "".join(f"{name}: {value}\r\n" for name, value in sent.items()) + "\r\n"
        self.socket.sendall(head.encode("ascii") + (body or b""))
        status, text = self.answer()
        return status, json.loads(text) if text else {}

    def must(self, method, path, body=None, headers=None):
        status, answer = self.ask(method, path, body, headers)
        expect(status in (200, 201), f"{method} {path}: {status} {json.dumps(answer, ensure_ascii=False)[:600]}")
        return answer

    def close(self):
        self.socket.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def log_in(self, person):
        self.token = self.must("POST", "/v1/sessions", {"operatorId": person.id, "password": person.password,
                                                        "totpCode": person.authenticator.next_code()})["session"]

    def log_out(self):
        self.ask("DELETE", "/v1/sessions/current")
        self.close()

    def retrieve(self, tenant, file, key):
        """Every record behind a search key, all pages; an empty list where there is none."""
        found, body = [], {"searchKey": key, "accessReason": REASON, "includeIndividualNumber": True}
        while True:
            status, answer = self.ask("POST", f"/v1/tenants/{tenant}/files/{file}/retrievals", body)
            if status == 404 and not found:
                return []
            expect(status == 200, f"retrieval from {file}: {status} {json.dumps(answer, ensure_ascii=False)[:300]}")
            found += answer["records"]
            if "cursor" not in answer:
                return found
            body["cursor"] = answer["cursor"]
