"""Every request of http_requests.py through a real gate over mutual TLS, once in one piece and once in many: the exact answer, and
exactly as many answers as there may be.

usage: requests_test.py GATE_BINARY
"""
import concurrent.futures
import contextlib
import json
import os
import random
import sys
import threading
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import http_requests as table  # noqa: E402
from gate_process import GateProcess, exchange  # noqa: E402

BINARY = os.path.abspath(sys.argv[1])
AT_ONCE = 8
SEED = 9112
FEWEST_MALFORMED = 60  # issue 4; the table has far more


def in_one(data):
    return [data]


def in_many(data):
    """Cut at seeded places, a byte at a time where it is short: no reader may depend on what arrives together."""
    dice = random.Random(SEED)
    most = max(1, len(data) // 400)
    pieces = []
    while data:
        size = dice.randint(1, most)
        pieces.append(data[:size])
        data = data[size:]
    return pieces


class EveryRequest(unittest.TestCase):
    seats = threading.Semaphore(2)

    @classmethod
    def setUpClass(cls):
        cls.gate = GateProcess(BINARY)

    @classmethod
    def tearDownClass(cls):
        assert cls.gate.close() == 0, "the gate did not end cleanly"

    def answers(self, rows, cut):
        def one(row):
            heads = [0] if row.request.lstrip().startswith(b"HEAD") else []
            # One terminal may have two logins under way at once: more is answered 429, and rightly so.
            with self.seats if row.status == 201 else contextlib.nullcontext(), self.gate.connect() as connection:
                return exchange(connection, cut(row.request + table.SECOND), heads)

        with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
            yield from zip(rows, pool.map(one, rows))

    def check_problem(self, row, answer):
        self.assertEqual(answer.headers["content-type"], "application/problem+json")
        self.assertIn(answer.headers["content-language"], ("ja", "en"))
        if row.request.startswith(b"HEAD"):
            self.assertEqual(answer.body, b"")
            return
        problem = json.loads(answer.body)
        self.assertEqual((problem["status"], problem["code"]), (row.status, row.code))
        self.assertEqual(problem["type"], "urn:shosoin:problem:" + row.code)
        self.assertTrue(problem["title"])

    def check_malformed(self, cut):
        heard = self.gate.vault.heard
        for row, answers in self.answers(table.MALFORMED + table.UNREAD, cut):
            with self.subTest(row.name):
                self.assertEqual([answer.status for answer in answers], [row.status])
                self.check_problem(row, answers[0])
                self.assertEqual(answers[0].headers["connection"], "close")
        self.assertEqual(self.gate.vault.heard, heard, "a malformed request reached the vault")

    def check_sound(self, rows, cut):
        for row, answers in self.answers(rows, cut):
            with self.subTest(row.name):
                self.assertEqual([answer.status for answer in answers], [row.status, 200])
                self.assertNotIn("connection", answers[0].headers)
                self.assertEqual(answers[1].headers["content-type"], "application/yaml")
                if row.code:
                    self.check_problem(row, answers[0])

    def test_the_table_is_whole(self):
        self.assertGreaterEqual(len(table.MALFORMED), FEWEST_MALFORMED)
        for rows in (table.MALFORMED, table.UNREAD, table.UNDERSTOOD, table.WELL_FORMED):
            self.assertEqual(len({row.name for row in rows}), len(rows))
            self.assertEqual(len({row.request for row in rows}), len(rows))

    def test_a_malformed_request_gets_one_answer_and_the_end(self):
        self.check_malformed(in_one)

    def test_a_malformed_request_that_arrives_in_pieces_gets_the_same(self):
        self.check_malformed(in_many)

    def test_what_is_understood_and_refused_leaves_the_connection(self):
        self.check_sound(table.UNDERSTOOD, in_one)

    def test_a_well_formed_request_is_answered_and_so_is_the_next(self):
        self.check_sound(table.WELL_FORMED, in_one)
        self.check_sound(table.WELL_FORMED, in_many)

    def test_the_allow_field_names_the_methods_of_the_path(self):
        for path, allowed in (("/v1/sessions", "POST"), ("/health", "GET, HEAD"), ("/v1/sessions/current", "GET, HEAD, DELETE")):
            unwanted = "POST" if "POST" not in allowed else "DELETE"
            with self.gate.connect() as connection:
                request = f"{unwanted} {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode()
                answer, = exchange(connection, [request])
            self.assertEqual((answer.status, answer.headers["allow"]), (405, allowed))

    def test_a_head_answer_tells_the_length_of_the_get_answer(self):
        request = "{} /openapi.yaml HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
        with self.gate.connect() as connection:
            whole, = exchange(connection, [request.format("GET").encode()])
        with self.gate.connect() as connection:
            head, = exchange(connection, [request.format("HEAD").encode()], [0])
        self.assertEqual(head.headers["content-length"], str(len(whole.body)))

    def test_five_hundred_requests_behind_each_other_are_answered_in_order(self):
        rows = [row for row in table.UNDERSTOOD + table.WELL_FORMED if not row.request.startswith(b"HEAD") and b"Expect" not in row.request]
        dice = random.Random(SEED)
        chosen = [dice.choice(rows) for _ in range(500)]
        with self.gate.connect() as connection:
            answers = exchange(connection, [b"".join(row.request for row in chosen) + table.SECOND])
        self.assertEqual([answer.status for answer in answers], [row.status for row in chosen] + [200])

    def test_nothing_of_a_request_is_repeated(self):
        for row, answers in self.answers(table.MALFORMED + table.UNREAD + table.UNDERSTOOD, in_one):
            for answer in answers[:1]:
                for word in (b"elsewhere", b"someone", b"tanto-1", b"nonsense", b"correct horse"):
                    self.assertNotIn(word, answer.body, row.name)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
