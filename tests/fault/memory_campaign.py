"""The n-th allocation of a request fails, for one n after the other: each time a right answer, a plain refusal, or the process ends and
nothing is wrong after its restart. Never a wrong answer."""
import collections
import http.client
import json
import os
import ssl
import time

import local_socket
from faults import Faults
from scenario import FILE, KOGANEI
from vault_channel import Channel, fingerprint_of, request, token_of
from workload import Broken
from write_campaign import Campaign

PLAIN = {"out-of-memory", "unavailable", "storage-failed", "tpm-unreachable"}
CHECK_EVERY = 250
CHANGING = {"requestId", "freeBytes", "lines", "frames", "journalFrames", "fingerprint", "certificate", "entries", "addedAt"}


def steady(body):
    """An answer without what changes from one time to the next."""
    if isinstance(body, dict):
        return {name: steady(value) for name, value in body.items() if name not in CHANGING}
    return [steady(one) for one in body] if isinstance(body, list) else body


class VaultMemory:
    """Requests to the vault itself, on its two sockets."""

    def __init__(self, campaign):
        self.campaign = campaign
        self.place = campaign.place
        self.faults = campaign.faults
        self.counts = collections.defaultdict(collections.Counter)
        self.renew()

    def renew(self):
        scenario = self.campaign.scenario
        chiba = {"terminal": fingerprint_of(scenario.chiba.certificate), "session": token_of(scenario.chiba.session)}
        officers = {"session": token_of(scenario.aoki.session)}
        both = officers | {"second_session": token_of(scenario.baba.session)}
        csr_path = self.place.make_terminal_request(scenario.fujii.__class__(
            self.place.home, f"memory-{time.monotonic_ns()}", "予備 端末", "市民課窓口", "10098", "operator", KOGANEI))
        with open(csr_path, encoding="ascii") as file:
            csr = ssl_pem(file.read())
        row = self.campaign.living
        self.gate, self.local = Channel(self.place.gate_socket), Channel(self.place.admin_socket)
        reason = {"tenant": KOGANEI, "file": FILE, "reason": "R01", "case": "2026-118"}
        self.requests = {
            "read": (self.gate, request("retrieve", **chiba, **reason, search_kind="addresseeNumber", search_value=row["宛名番号"])),
            "session show": (self.gate, request("session-show", **chiba)),
            "erasure list": (self.gate, request("erasure-list", **({"terminal": fingerprint_of(scenario.doi.certificate),
                                                                    "session": token_of(scenario.doi.session)}), tenant=KOGANEI)),
            "health": (self.local, request("health")),
            "status": (self.local, request("status", **officers)),
            "tenant list": (self.local, request("tenant-list", **officers)),
            "journal walk": (self.local, request("journal-walk", **officers)),
            "storage check": (self.local, request("storage-check", **officers)),
            "terminal add": (self.local, request("terminal-add", **both, tenant=KOGANEI, terminal_name="予備", csr=csr)),
        }

    def run(self, names, every, offset=1):
        for name in names:
            channel, frame = self.requests[name]
            expected = [channel.ask(frame), channel.ask(frame)]  # the second on a warm thread
            if expected[1] is None or expected[1][0] != "ok":
                raise Broken(f"{name} without any fault: {expected[1]}")
            self.faults.count()
            channel.ask(frame)
            allocations = self.faults.counted()["memory"]
            self.faults.rest()
            began = time.monotonic()
            points = range(offset, allocations + 1, every)
            for done, number in enumerate(points, 1):
                self.point(name, channel, frame, expected[1], number)
                if done % CHECK_EVERY == 0:
                    self.check(name)
            self.check(name)
            self.campaign.tell(f"{name}: {allocations} allocations, {len(points)} points in {time.monotonic() - began:.0f} s: " +
                               ", ".join(f"{what} {count}" for what, count in sorted(self.counts[name].items())))

    def point(self, name, channel, frame, expected, number):
        self.faults.arm("memory", number, "ENOMEM")
        answer = channel.ask(frame)
        hit = self.faults.hits()
        self.faults.rest()
        where = f"{name}, allocation {number}"
        if answer is None:
            ended = self.wait_until_back(where)
            outcome = "process ended" if ended else "channel closed"
        elif answer[0] == "ok":
            lengths = [len(one.get("certificate") or "") for one in (answer[1], expected[1])]  # a signature takes 8 bytes more or less
            if steady(answer[1]) != steady(expected[1]) or abs(lengths[0] - lengths[1]) > 12:
                raise Broken(f"{where}: a wrong answer: {answer[1]} instead of {expected[1]}")
            outcome = "right answer" if hit else "not met"
        elif answer[0] in PLAIN:
            outcome = answer[0]
            if answer[0] in ("storage-failed", "tpm-unreachable"):
                self.wait_until_back(where)
        else:
            raise Broken(f"{where}: {answer[0]} {answer[1]} is no answer to a want of memory")
        self.counts[name][outcome] += 1
        if channel.socket is None:  # a new process, or a new thread: warm again
            channel.ask(frame), channel.ask(frame)

    def wait_until_back(self, where):
        """True when the process had ended; waits for its restart."""
        for channel in (self.gate, self.local):
            channel.close()
        restarts = self.campaign.keeper.restarts
        end = time.monotonic() + 15
        time.sleep(0.05)
        ended = not self.place.vault.running() or self.campaign.keeper.restarts > restarts
        while time.monotonic() < end:
            if local_socket.ready(self.place.admin_socket):
                return ended
            ended = True
            time.sleep(0.03)
        raise Broken(f"{where}: the vault does not come back")

    def check(self, name):
        for what in ("read", "journal walk", "storage check"):
            channel, frame = self.requests[what]
            answer = channel.ask(frame)
            if answer is None or answer[0] != "ok":
                raise Broken(f"after {name}: {what} answers {answer}")
            if what == "storage check" and not answer[1]["report"]["sound"]:
                raise Broken(f"after {name}: {answer[1]}")


def ssl_pem(text):
    import base64
    return base64.b64decode("".join(line for line in text.splitlines() if not line.startswith("-")))


class ActMemory(Campaign):
    """Acts of the write campaign, each from a restored image, with an allocation that fails: what is acknowledged is there afterwards,
    what is refused is not there by half."""

    def run_acts(self, names, count):
        for name in names:
            allocations = self.allocations(name)
            step = max(1, allocations // count)
            began = time.monotonic()
            outcomes = collections.Counter()
            for number in range(step // 2 + 1, allocations + 1, step):
                outcomes[self.act_point(name, number)] += 1
            self.tell(f"{name}: about {allocations} allocations, {sum(outcomes.values())} points in {time.monotonic() - began:.0f} s: " +
                      ", ".join(f"{what} {many}" for what, many in sorted(outcomes.items())))

    def allocations(self, name):
        self.learn(name)
        return self.faults.counted()["memory"]

    def act_point(self, name, number):
        act, check = self.acts()[name]
        self.restore(with_tpm=name == "batch")
        restarts = self.keeper.restarts
        self.faults.arm("memory", number, "ENOMEM")
        answer = act()
        self.faults.rest()
        outcome = "right answer" if answer.ok else answer.problem or "no answer"
        where = f"{name}, allocation {number}: {outcome}"
        self.points += 1
        if not answer.ok and answer.problem not in PLAIN:
            raise Broken(f"{where}: {answer.out}{answer.err}")
        self.wait_until_back(time.monotonic())
        self.check_after(where, restarts, check, answer)
        return outcome


class GateMemory:
    """HTTPS requests through the gate, one of whose allocations fails: that connection ends or is refused, another one goes on."""

    def __init__(self, campaign):
        self.campaign = campaign
        self.place = campaign.place
        self.faults = Faults(self.place.build, self.place.home, "gate")
        self.place.stop("gate")
        self.place.gate_environment = self.faults.environment()
        self.place.start_gate()
        person = campaign.scenario.chiba
        self.context = ssl.create_default_context(cafile=self.place.server_authority)
        self.context.load_cert_chain(person.certificate, person.private_key)
        self.counts = collections.defaultdict(collections.Counter)
        self.ended = 0

    def connection(self):
        return http.client.HTTPSConnection("127.0.0.1", self.place.port, context=self.context, timeout=30)

    def get(self, connection, path="/ready"):
        try:
            connection.request("GET", path)
            answer = connection.getresponse()
            return answer.status, steady(json.loads(answer.read()))
        except (OSError, http.client.HTTPException, ValueError):
            connection.close()
            return None

    def run(self, every):
        for name, fresh in (("request", False), ("handshake and request", True)):
            good, tried = self.connection(), self.connection()
            expected = self.get(tried)
            self.get(good)
            if expected is None or expected[0] != 200:
                raise Broken(f"the gate without any fault: {expected}")
            if fresh:
                tried.close()
            self.faults.count()
            self.get(tried)
            allocations = self.faults.counted()["memory"]
            self.faults.rest()
            for number in range(1, allocations + 1, every):
                if fresh:
                    tried.close()
                elif self.get(tried) is None:  # a connection of its own again, before the fault
                    self.get(tried)
                self.faults.arm("memory", number, "ENOMEM")
                answer = self.get(tried)
                hit = self.faults.hits()
                self.faults.rest()
                self.counts[name][self.judge(name, number, answer, expected, hit, good)] += 1
            for _ in range(8):  # no channel to the vault was lost on the way, on either thread
                fresh_one = self.connection()
                told = self.get(fresh_one)
                fresh_one.close()
                if told != expected:
                    raise Broken(f"gate, after {name}: {told}")
            self.campaign.tell(f"gate, {name}: {allocations} allocations, {sum(self.counts[name].values())} points: " +
                               ", ".join(f"{what} {count}" for what, count in sorted(self.counts[name].items())))

    def judge(self, name, number, answer, expected, hit, good):
        where = f"gate, {name}, allocation {number}"
        if not self.place.gate.running():
            self.ended += 1
            self.place.start_gate()
            good.close()
            return "process ended"
        if self.get(good) is None and self.get(good) is None:
            raise Broken(f"{where}: another connection died of it")
        if answer is None:
            return "connection ended"
        if answer == expected:
            return "right answer" if hit else "not met"
        if answer[0] == 503 and answer[1]["code"] in PLAIN:
            return "503"
        raise Broken(f"{where}: {answer}")
