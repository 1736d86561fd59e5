"""The texts of tests/vectors/json-texts.json as bodies of real requests, and pointers to what is wrong in a body. Nothing of a body is
ever told back.

usage: json_test.py GATE_BINARY
"""
import json
import os
import sys
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
from gate_process import GateProcess, exchange  # noqa: E402
from http_requests import SECOND  # noqa: E402

BINARY = os.path.abspath(sys.argv[1])
MOST = 64 << 10  # limits::kMaxJsonBody
FEWEST = 300     # issue 4
SAYS = {"syntax": "not JSON", "encoding": "not UTF-8", "surrogate": "lacks its other half", "doubled-name": "stands twice",
        "number": "without point or exponent", "depth": "nested too deeply"}
TOLD = "123456789018"  # made up; stands where a number of a person might stand by mistake
LONE = r'"\ud800"'
LOGIN = '{"operatorId":"a","password":"b","totpCode":"123456"'
RETRIEVE = '{"searchKey":{"kind":"k","value":'
RETRIEVALS = "/v1/tenants/132101/files/honnin-kakunin-joho/retrievals"
ERASURES = "/v1/tenants/132101/files/honnin-kakunin-joho/erasures"

# path, body, status, pointer, what the detail says
PLACES = [
    ("/v1/sessions", LOGIN + "}", 201, None, None),
    ("/v1/sessions", LOGIN + ',"totpCode":"' + TOLD + '"}', 400, "/totpCode", SAYS["doubled-name"]),
    ("/v1/sessions", LOGIN + ',"\\u0070assword":"' + TOLD + '"}', 400, "/password", SAYS["doubled-name"]),
    ("/v1/sessions", '{"operatorId":' + LONE + "}", 400, "/operatorId", SAYS["surrogate"]),
    ("/v1/sessions", '{"operatorId":"a","password":1.5}', 400, "/password", SAYS["number"]),
    ("/v1/sessions", '{"operatorId":9007199254740993}', 400, "/operatorId", SAYS["number"]),
    ("/v1/sessions", '{"operatorId":' + "[" * 40, 400, "/operatorId", SAYS["depth"]),
    ("/v1/sessions", b'{"operatorId":"' + "正".encode()[:2] + b'"}', 400, "/operatorId", SAYS["encoding"]),
    ("/v1/sessions", '{"operatorId":nul}', 400, "/operatorId", SAYS["syntax"]),
    ("/v1/sessions", LOGIN + ',"' + TOLD + '":1}', 422, "", "unknown member"),
    ("/v1/sessions", LOGIN + ',"' + TOLD + '":{"' + TOLD + '":1.5}}', 400, "", SAYS["number"]),
    ("/v1/sessions", LOGIN + ',"password/' + TOLD + '":1}', 422, "", "unknown member"),
    ("/v1/sessions", LOGIN + ',"":1}', 422, "", "unknown member"),
    ("/v1/sessions", '{"operatorId":"a","password":"b"}', 422, "/totpCode", "missing"),
    ("/v1/sessions", '{"operatorId":' + TOLD + "}", 422, "/operatorId", "another type"),
    ("/v1/sessions", '{"operatorId":null}', 422, "/operatorId", "another type"),
    ("/v1/sessions", '{"operatorId":"' + TOLD * 60 + '"}', 422, "/operatorId", "too long"),
    (RETRIEVALS, RETRIEVE + '"v"}}', 200, None, None),
    (RETRIEVALS, RETRIEVE + '"v","value":"' + TOLD + '"}}', 400, "/searchKey/value", SAYS["doubled-name"]),
    (RETRIEVALS, RETRIEVE + LONE + "}}", 400, "/searchKey/value", SAYS["surrogate"]),
    (RETRIEVALS, RETRIEVE + "1e3}}", 400, "/searchKey/value", SAYS["number"]),
    (RETRIEVALS, RETRIEVE + '"v","' + TOLD + '":1}}', 422, "/searchKey", "unknown member"),
    (RETRIEVALS, RETRIEVE + '{"a":1}}}', 422, "/searchKey/value", "another type"),
    (RETRIEVALS, RETRIEVE + '"v"},"includeIndividualNumber":1}', 422, "/includeIndividualNumber", "another type"),
    (ERASURES, '{"recordIds":["' + "a" * 32 + '",1.5]}', 400, "/recordIds/1", SAYS["number"]),
    (ERASURES, '{"recordIds":["' + "a" * 32 + '","' + TOLD + '"]}', 422, "/recordIds/1", "hexadecimal"),
]


def request(path, body):
    body = body if isinstance(body, bytes) else body.encode()
    return (f"POST {path} HTTP/1.1\r\nHost: localhost\r\nAccept-Language: en\r\nAuthorization: Bearer {'A' * 43}\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n").encode() + body


def texts():
    with open(os.path.join(HERE, "..", "..", "vectors", "json-texts.json"), encoding="utf-8") as file:
        for one in json.load(file)["texts"]:
            text = bytes.fromhex(one["hex"]) if "hex" in one else one["text"].encode()
            yield one, text * one.get("times", 1)


class JsonThroughTheGate(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.gate = GateProcess(BINARY)

    @classmethod
    def tearDownClass(cls):
        assert cls.gate.close() == 0, "the gate did not end cleanly"

    def ask_all(self, requests):
        with self.gate.connect() as connection:
            answers = exchange(connection, requests + [SECOND])
        self.assertEqual(len(answers), len(requests) + 1)
        self.assertEqual(answers.pop().status, 200)
        return answers

    def test_every_text_is_taken_or_refused_as_written_down_and_the_connection_goes_on(self):
        small = [(one, text) for one, text in texts() if len(text) <= MOST]
        self.assertGreaterEqual(len(small), FEWEST)
        heard = self.gate.vault.heard
        for (one, text), answer in zip(small, self.ask_all([request("/v1/sessions", text) for _, text in small])):
            with self.subTest(one["name"]):
                problem = json.loads(answer.body)
                self.assertEqual(answer.headers["content-type"], "application/problem+json")
                self.assertRegex(problem["pointer"], r"^$|^/operatorId$")  # of the names in these texts none is known
                if one["ours"] == "accept":  # JSON, but no login
                    self.assertEqual((answer.status, problem["code"]), (422, "invalid-content"))
                else:
                    self.assertEqual((answer.status, problem["code"]), (400, "bad-request"))
                    self.assertIn(SAYS[one["ours"]], problem["detail"])
        self.assertEqual(self.gate.vault.heard, heard)

    def test_a_text_over_the_bound_of_a_body_is_never_read_as_json(self):
        large = [text for _, text in texts() if len(text) > MOST]
        self.assertGreaterEqual(len(large), 3)
        for text in large:
            with self.gate.connect() as connection:
                answer, = exchange(connection, [request("/v1/sessions", text) + SECOND])
            self.assertEqual(answer.status, 413)

    def test_the_deepest_and_longest_texts_within_the_bound_are_refused(self):
        for unit, flaw in ((b"[", "depth"), (b'{"a":', "depth"), (b"7", "number"), (b"-7.", "syntax"), (b'"', "syntax"), (b"\xf0", "encoding")):
            answer, = self.ask_all([request("/v1/sessions", (unit * MOST)[:MOST])])
            self.assertIn(SAYS[flaw], json.loads(answer.body)["detail"], unit)

    def test_a_problem_points_at_the_place_by_known_names_only(self):
        heard = self.gate.vault.heard
        answers = self.ask_all([request(path, body) for path, body, *_ in PLACES])
        for (_, body, status, pointer, says), answer in zip(PLACES, answers):
            with self.subTest(body):
                self.assertEqual(answer.status, status)
                self.assertNotIn(TOLD, answer.body.decode())
                if says is None:
                    continue
                problem = json.loads(answer.body)
                self.assertEqual(problem.get("pointer"), pointer)
                self.assertIn(says, problem["detail"])
        self.assertEqual(self.gate.vault.heard - heard, sum(status < 300 for _, _, status, *_ in PLACES))


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
