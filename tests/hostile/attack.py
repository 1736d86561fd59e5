"""One process of slow clients: holds many TLS connections of enrolled terminals and misbehaves on each in one way.

The plan comes as JSON on standard input, a report goes as JSON to standard output when the time is over. Standard library only.
"""
import heapq
import json
import os
import socket
import ssl
import sys
import time

PATIENCE = 5.0
ESTABLISHED = 1  # tcp_info.tcpi_state
LOOK = 1.0       # seconds between two looks at who has been cut off
HANDSHAKE_HEAD = bytes.fromhex("1603010200010001fc0303")
RETRIEVALS = "/v1/tenants/132101/files/honnin-kakunin-joho/retrievals"


class Client:
    """One connection. begin() is called once, drip() again and again."""

    def __init__(self, sock, plan):
        self.sock = sock
        self.plan = plan
        self.sent = 0

    def established(self):
        try:
            return self.sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 1)[0] == ESTABLISHED
        except OSError:
            return False

    def begin(self):
        host = f"127.0.0.1:{self.plan['port']}"
        mode = self.plan["mode"]
        if mode == "handshake":
            self.sock.send(HANDSHAKE_HEAD)
        elif mode == "headers":
            self.sock.send(f"GET /health HTTP/1.1\r\nHost: {host}\r\n".encode())
        elif mode == "body":
            self.sock.send(f"POST {RETRIEVALS} HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {'A' * 43}\r\n"
                           f"Content-Type: application/json\r\nContent-Length: 60000\r\n\r\n{{".encode())
        elif mode == "read":
            self.sock.send(f"GET /openapi.yaml HTTP/1.1\r\nHost: {host}\r\n\r\n".encode() * 40)
        elif mode == "logins":
            self.log_in()

    def log_in(self):
        body = json.dumps({"operatorId": f"nobody-{os.getpid()}", "password": "Mizu-to-Kusa-no-Michi-7", "totpCode": "123456"})
        self.sock.send(f"POST /v1/sessions HTTP/1.1\r\nHost: 127.0.0.1:{self.plan['port']}\r\nContent-Type: application/json\r\n"
                       f"Content-Length: {len(body)}\r\n\r\n{body}".encode())

    def drip(self):
        mode = self.plan["mode"]
        self.sent += 1
        if mode == "handshake":
            self.sock.send(b"\x01")
        elif mode == "headers":
            self.sock.send(f"X-{self.sent}: a\r\n".encode())
        elif mode == "body":
            self.sock.send(b" ")
        elif mode == "read":
            self.sock.recv(1)
        elif mode == "logins" and self.sock.recv(65536):
            self.log_in()

    def close(self):
        self.sock.close()


class Crowd:
    def __init__(self, plan):
        self.plan = plan
        self.held = {}
        self.due = []
        self.number = self.opened = self.failed = self.cut = self.most = 0
        self.contexts = []
        for certificate, key in plan["identities"]:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE  # the server is the one under test
            context.load_cert_chain(certificate, key)
            self.contexts.append(context)

    def open_one(self):
        self.number += 1
        address = self.plan["addresses"][self.number % len(self.plan["addresses"])]
        plain = socket.socket()
        try:
            plain.settimeout(PATIENCE)
            if self.plan["mode"] == "read":
                plain.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            plain.bind((address, 0))
            plain.connect(("127.0.0.1", self.plan["port"]))
            sock = plain
            if self.plan["mode"] != "handshake":
                sock = self.contexts[self.number % len(self.contexts)].wrap_socket(plain)
            sock.setblocking(False)
            client = Client(sock, self.plan)
            client.begin()
        except OSError:
            plain.close()
            self.failed += 1
            return
        self.opened += 1
        self.held[self.number] = client
        self.most = max(self.most, len(self.held))
        heapq.heappush(self.due, (time.monotonic() + self.plan["interval"], self.number))

    def drop(self, number):
        self.held.pop(number).close()
        self.cut += 1

    def drip_one(self, number):
        client = self.held.get(number)
        if client is None:
            return
        try:
            client.drip()
        except (ssl.SSLWantReadError, ssl.SSLWantWriteError, BlockingIOError):
            pass
        except OSError:
            self.drop(number)
            return
        heapq.heappush(self.due, (time.monotonic() + self.plan["interval"], number))

    def run(self):
        end = time.monotonic() + self.plan["seconds"]
        step, next_open, next_look = 1 / self.plan["rate"], time.monotonic(), time.monotonic() + LOOK
        while (now := time.monotonic()) < end:
            if len(self.held) < self.plan["count"] and now >= next_open:
                self.open_one()
                next_open = max(next_open, now - 10 * step) + step
            while self.due and self.due[0][0] <= now:
                self.drip_one(heapq.heappop(self.due)[1])
            if now >= next_look:
                for number in [number for number, client in self.held.items() if not client.established()]:
                    self.drop(number)
                next_look = now + LOOK
            time.sleep(min(step, 0.01))
        return {"opened": self.opened, "turnedAway": self.failed, "cutOff": self.cut, "mostHeld": self.most, "held": len(self.held)}


def main():
    os.nice(19)  # the attackers stand in for other machines: they are not to take this one's cores from the server
    plan = json.load(sys.stdin)
    crowd = Crowd(plan)
    json.dump(crowd.run(), sys.stdout)
    sys.stdout.flush()
    os._exit(0)  # a thousand sockets at once: the kernel resets them


if __name__ == "__main__":
    main()
