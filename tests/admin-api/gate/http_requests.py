"""The table of requests for the gate and, in tests/differential, for another server: malformed ones, ones that are understood and
refused, and well-formed ones. Data only; what each row is for stands in its name and rule.

Every row is sent with SECOND behind it on the same connection. MALFORMED, UNREAD: one answer and the end, SECOND is never answered.
UNDERSTOOD, WELL_FORMED: the row's answer, then SECOND's.
"""
from collections import namedtuple

Row = namedtuple("Row", "name request status code rule")

SECOND = b"GET /openapi.yaml HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
LOGIN = b'{"operatorId":"tanto-1","password":"correct horse battery","totpCode":"123456"}'
HOST = b"Host: localhost\r\n"
JSON = b"Content-Type: application/json\r\n"
CHUNKED = b"Transfer-Encoding: chunked\r\n"
LENGTH = b"Content-Length: %d\r\n" % len(LOGIN)
SIZE = b"%x" % len(LOGIN)
CHUNK = SIZE + b"\r\n" + LOGIN + b"\r\n"
WHOLE = CHUNK + b"0\r\n\r\n"

BAD = (400, "bad-request")
FAR = (421, "misdirected")
NOT_HERE = (501, "not-implemented")
VERSION = (505, "version-not-supported")
LARGE = (413, "too-large")


def line(text):
    """A request line of any shape; the rest is sound."""
    return text + b"\r\n" + HOST + b"\r\n"


def target(text):
    return line(b"GET " + text + b" HTTP/1.1")


def fields(lines):
    """Field lines of any shape in a request without body."""
    return b"GET /health HTTP/1.1\r\n" + lines + b"\r\n"


def post(lines, body):
    return b"POST /v1/sessions HTTP/1.1\r\n" + HOST + JSON + lines + b"\r\n" + body


def chunks(body, more=b""):
    return post(CHUNKED + more, body)


def coding(value):
    return post(b"Transfer-Encoding:" + value + b"\r\n", WHOLE)


def row(name, request, answer, rule):
    return Row(name, request, answer[0], answer[1], rule)


MALFORMED = [
    # -- request line
    row("no request line", b" \r\n" + HOST + b"\r\n", BAD, "9112 3"),
    row("two empty lines before the request", b"\r\n\r\n" + target(b"/health"), BAD, "9112 2.2: one is passed over"),
    row("a bare line feed before the request", b"\n" + target(b"/health"), BAD, "9112 2.2"),
    row("method only", line(b"GET"), BAD, "9112 3"),
    row("HTTP/0.9", b"GET /health\r\n" + HOST + b"\r\n", BAD, "9112 3"),
    row("two spaces before the target", line(b"GET  /health HTTP/1.1"), BAD, "9112 3"),
    row("two spaces before the version", line(b"GET /health  HTTP/1.1"), BAD, "9112 3"),
    row("space before the method", line(b" GET /health HTTP/1.1"), BAD, "9112 3"),
    row("space behind the version", line(b"GET /health HTTP/1.1 "), BAD, "9112 3"),
    row("tabs instead of spaces", line(b"GET\t/health\tHTTP/1.1"), BAD, "9112 3"),
    row("space within the target", line(b"GET /hea lth HTTP/1.1"), BAD, "9112 3.2"),
    row("method that is no token", line(b"GE(T /health HTTP/1.1"), BAD, "9110 9.1"),
    row("method of another byte", line(b"G\xc3\xa9T /health HTTP/1.1"), BAD, "9110 9.1"),
    row("version in small letters", line(b"GET /health http/1.1"), BAD, "9112 2.3"),
    row("version without point", line(b"GET /health HTTP/11"), BAD, "9112 2.3"),
    row("version of two digits", line(b"GET /health HTTP/1.10"), BAD, "9112 2.3"),
    row("version missing its name", line(b"GET /health 1.1"), BAD, "9112 2.3"),
    row("HTTP/1.0", line(b"GET /health HTTP/1.0"), VERSION, "9110 15.6.6"),
    row("HTTP/1.2", line(b"GET /health HTTP/1.2"), VERSION, "9110 2.5, 15.6.6"),
    row("HTTP/2.0", line(b"GET /health HTTP/2.0"), VERSION, "9110 15.6.6"),
    row("preface of HTTP/2", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", VERSION, "9113 3.4"),
    row("unknown method", line(b"BREW /health HTTP/1.1"), NOT_HERE, "9110 9.1"),
    row("method in small letters", line(b"get /health HTTP/1.1"), NOT_HERE, "9110 9.1"),
    row("PUT", b"PUT /health HTTP/1.1\r\n" + HOST + b"Content-Length: 0\r\n\r\n", NOT_HERE, "9110 9.1"),
    row("TRACE", line(b"TRACE /health HTTP/1.1"), NOT_HERE, "9110 9.3.8"),
    row("CONNECT with authority form", line(b"CONNECT localhost:443 HTTP/1.1"), NOT_HERE, "9112 3.2.3"),
    row("OPTIONS with asterisk form", line(b"OPTIONS * HTTP/1.1"), NOT_HERE, "9112 3.2.4"),
    row("method without end", b"G" * 17000, NOT_HERE, "9112 3"),
    # -- target
    row("asterisk form with GET", target(b"*"), BAD, "9112 3.2.4"),
    row("authority form with GET", target(b"localhost:443"), BAD, "9112 3.2.3"),
    row("target without slash", target(b"health"), BAD, "9112 3.2.1"),
    row("fragment", target(b"/health#x"), BAD, "9112 3.2"),
    row("query", target(b"/health?x=1"), BAD, "no route takes one"),
    row("escaped path", target(b"/%68ealth"), BAD, "no route needs one"),
    row("escaped NUL", target(b"/health%00"), BAD, "no route needs one"),
    row("backslash", target(b"/v1\\..\\health"), BAD, "3986 3.3"),
    row("path of other bytes", target(b"/\xe6\xad\xa3"), BAD, "3986 3.3"),
    row("DEL in the path", target(b"/health\x7f"), BAD, "3986 3.3"),
    row("NUL in the path", target(b"/health\x00"), BAD, "9112 2.2"),
    row("absolute form, foreign host", target(b"https://elsewhere/health"), FAR, "9110 7.4"),
    row("absolute form over http", target(b"http://localhost/health"), FAR, "9110 7.4, 15.5.20"),
    row("absolute form with a person in it", target(b"https://someone@localhost/health"), BAD, "9110 4.2.4"),
    row("absolute form of another scheme", target(b"ftp://localhost/health"), BAD, "9112 3.2.2"),
    row("target of 1,025 bytes", target(b"/" + b"a" * 1024), (414, "target-too-long"), "9112 3"),
    row("target without end", b"GET /" + b"a" * 17000, (414, "target-too-long"), "9112 3"),
    # -- Host
    row("no Host", fields(b""), BAD, "9112 3.2"),
    row("no Host with absolute form", b"GET https://localhost/health HTTP/1.1\r\n\r\n", BAD, "9112 3.2"),
    row("Host twice", fields(HOST + HOST), BAD, "9112 3.2"),
    row("Host twice, ours last", fields(b"Host: elsewhere\r\n" + HOST), BAD, "9112 3.2"),
    row("empty Host", fields(b"Host:\r\n"), BAD, "9110 4.2.2"),
    row("Host with a person in it", fields(b"Host: someone@localhost\r\n"), BAD, "9112 3.2"),
    row("Host with a path", fields(b"Host: localhost/health\r\n"), BAD, "9112 3.2"),
    row("Host with a port that is none", fields(b"Host: localhost:8443x\r\n"), BAD, "9112 3.2"),
    row("two hosts in one line", fields(b"Host: localhost elsewhere\r\n"), BAD, "9112 3.2"),
    row("Host of another server", fields(b"Host: elsewhere\r\n"), FAR, "9110 7.4"),
    row("Host that only begins like ours", fields(b"Host: localhost.elsewhere\r\n"), FAR, "9110 7.4"),
    row("Host by address", fields(b"Host: 127.0.0.1\r\n"), FAR, "9110 7.4"),
    # -- field lines
    row("space before the colon", fields(HOST + b"Accept : */*\r\n"), BAD, "9112 5.1"),
    row("tab before the colon", fields(HOST + b"Accept\t: */*\r\n"), BAD, "9112 5.1"),
    row("space before the first field", fields(b" " + HOST), BAD, "9112 2.2"),
    row("folded field", fields(HOST + b"Accept: text/html,\r\n application/json\r\n"), BAD, "9112 5.2"),
    row("folded with a tab", fields(HOST + b"X: a\r\n\tb\r\n"), BAD, "9112 5.2"),
    row("line without colon", fields(HOST + b"nonsense\r\n"), BAD, "9112 5"),
    row("field without name", fields(HOST + b": x\r\n"), BAD, "9112 5"),
    row("name that is no token", fields(HOST + b"X(y): x\r\n"), BAD, "9110 5.1"),
    row("name of other bytes", fields(HOST + b"\xe5\x90\x8d: x\r\n"), BAD, "9110 5.1"),
    row("value of other bytes", fields(HOST + b"X: \xe5\x90\x8d\r\n"), BAD, "9110 5.5: obsolete text"),
    row("NUL in a value", fields(HOST + b"X: a\x00b\r\n"), BAD, "9110 5.5"),
    row("control in a value", fields(HOST + b"X: a\x0bb\r\n"), BAD, "9110 5.5"),
    row("DEL in a value", fields(HOST + b"X: a\x7fb\r\n"), BAD, "9110 5.5"),
    row("bare carriage return in a value", fields(HOST + b"X: a\rY: b\r\n"), BAD, "9112 2.2"),
    row("bare line feed in a value", fields(HOST + b"X: a\nY: b\r\n"), BAD, "9112 2.2"),
    row("lines ended by bare line feeds", b"GET /health HTTP/1.1\nHost: localhost\n\n", BAD, "9112 2.2"),
    row("head ended by a bare line feed", b"GET /health HTTP/1.1\r\nHost: localhost\r\n\n", BAD, "9112 2.2"),
    row("line ended by two carriage returns", b"GET /health HTTP/1.1\r\r\n" + HOST + b"\r\n", BAD, "9112 2.2"),
    row("65 fields", fields(HOST + b"X: y\r\n" * 64), (431, "header-too-large"), "6585 5"),
    row("head of more than 16 KiB", fields(HOST + b"X: " + b"y" * 16400 + b"\r\n"), (431, "header-too-large"), "6585 5"),
    row("field without end", b"GET /health HTTP/1.1\r\nX: " + b"y" * 17000, (431, "header-too-large"), "6585 5"),
    row("Content-Type twice", post(JSON + LENGTH, LOGIN), BAD, "9110 5.3"),
    row("Authorization twice", fields(HOST + b"Authorization: Bearer a\r\n" * 2), BAD, "9110 5.3"),
    row("Connection that is no list of tokens", fields(HOST + b"Connection: close;now\r\n"), BAD, "9110 7.6.1"),
    row("unknown expectation", post(b"Expect: magic\r\n" + LENGTH, LOGIN), (417, "expectation-failed"), "9110 10.1.1"),
    # -- length
    row("Content-Length twice", post(LENGTH + LENGTH, LOGIN), BAD, "9112 6.3"),
    row("two lengths that differ", post(LENGTH + b"Content-Length: 0\r\n", LOGIN), BAD, "9112 6.3"),
    row("lengths in a list", post(b"Content-Length: %d, %d\r\n" % (len(LOGIN), len(LOGIN)), LOGIN), BAD, "9112 6.3"),
    row("empty length", post(b"Content-Length:\r\n", b""), BAD, "9110 8.6"),
    row("length with a sign", post(b"Content-Length: +%d\r\n" % len(LOGIN), LOGIN), BAD, "9110 8.6"),
    row("negative length", post(b"Content-Length: -1\r\n", b""), BAD, "9110 8.6"),
    row("length in hexadecimal", post(b"Content-Length: 0x4f\r\n", LOGIN), BAD, "9110 8.6"),
    row("length with a point", post(b"Content-Length: 79.0\r\n", LOGIN), BAD, "9110 8.6"),
    row("length with a space in it", post(b"Content-Length: 7 9\r\n", LOGIN), BAD, "9110 8.6"),
    row("length of 2^64 and a little", post(b"Content-Length: 18446744073709551695\r\n", LOGIN), LARGE, "9110 8.6: no overflow"),
    row("length over the route's bound", post(b"Content-Length: 65537\r\n", b""), LARGE, "9110 15.5.14"),
    row("body on GET", b"GET /health HTTP/1.1\r\n" + HOST + b"Content-Length: 4\r\n\r\nbody", BAD, "9110 9.3.1"),
    row("chunks on GET", b"GET /health HTTP/1.1\r\n" + HOST + CHUNKED + b"\r\n0\r\n\r\n", BAD, "9110 9.3.1"),
    row("body on DELETE", b"DELETE /v1/sessions/current HTTP/1.1\r\n" + HOST + b"Authorization: Bearer " + b"A" * 43
        + b"\r\nContent-Length: 2\r\n\r\n{}", BAD, "9110 9.3.5"),
    # -- transfer coding
    row("length and chunks", post(LENGTH + CHUNKED, WHOLE), BAD, "9112 6.3"),
    row("chunks and length", post(CHUNKED + b"Content-Length: 4\r\n", WHOLE), BAD, "9112 6.3"),
    row("chunked twice", post(CHUNKED + CHUNKED, WHOLE), BAD, "9112 6.1"),
    row("chunked twice in a list", coding(b" chunked, chunked"), BAD, "9112 6.1"),
    row("chunked and identity in two lines", post(CHUNKED + b"Transfer-Encoding: identity\r\n", WHOLE), BAD, "9112 6.3"),
    row("chunked not last", coding(b" chunked, gzip"), BAD, "9112 6.3"),
    row("gzip alone", coding(b" gzip"), BAD, "9112 6.3"),
    row("gzip before chunked", coding(b" gzip, chunked"), NOT_HERE, "9112 6.1"),
    row("identity", coding(b" identity"), BAD, "9112 6.3"),
    row("empty coding", coding(b""), BAD, "9112 6.1"),
    row("chunked with an empty element", coding(b" , chunked"), BAD, "exactly chunked"),
    row("chunked with a comma behind it", coding(b" chunked,"), BAD, "exactly chunked"),
    row("chunked with a parameter", coding(b" chunked;q=1"), BAD, "9112 7"),
    row("chunked in quotes", coding(b' "chunked"'), BAD, "9112 7"),
    row("almost chunked", coding(b" xchunked"), BAD, "9112 6.3"),
    row("chunked behind a vertical tab", coding(b" \x0bchunked"), BAD, "9110 5.5"),
    row("chunked with a space before the colon", post(b"Transfer-Encoding : chunked\r\n", WHOLE), BAD, "9112 5.1"),
    row("chunked on a folded line", coding(b"\r\n chunked"), BAD, "9112 5.2"),
    row("chunked behind a bare line feed", post(b"X: y\nTransfer-Encoding: chunked\r\n", WHOLE), BAD, "9112 2.2"),
    # -- chunks
    row("chunk size that is none", chunks(b"xyz\r\n" + LOGIN + b"\r\n0\r\n\r\n"), BAD, "9112 7.1"),
    row("empty chunk size", chunks(b"\r\n" + LOGIN + b"\r\n0\r\n\r\n"), BAD, "9112 7.1"),
    row("chunk size with 0x", chunks(b"0x" + WHOLE), BAD, "9112 7.1"),
    row("chunk size with a sign", chunks(b"+" + WHOLE), BAD, "9112 7.1"),
    row("negative chunk size", chunks(b"-1\r\n" + LOGIN + b"\r\n0\r\n\r\n"), BAD, "9112 7.1"),
    row("space before the chunk size", chunks(b" " + WHOLE), BAD, "9112 7.1"),
    row("space behind the chunk size", chunks(SIZE + b" \r\n" + LOGIN + b"\r\n0\r\n\r\n"), BAD, "9112 7.1"),
    row("chunk size with an underscore", chunks(b"4_f\r\n" + LOGIN + b"\r\n0\r\n\r\n"), BAD, "9112 7.1"),
    row("chunk size of 17 digits", chunks(b"0" * 15 + WHOLE), BAD, "9112 7.1: bounded"),
    row("chunk size of 2^64 and a little", chunks(b"10000000000000000" + SIZE + b"\r\n" + LOGIN + b"\r\n0\r\n\r\n"), BAD,
        "9112 7.1: no overflow"),
    row("chunk size of 2^64 - 1", chunks(b"f" * 16 + b"\r\n" + LOGIN), LARGE, "9112 7.1"),
    row("chunk over the route's bound", chunks(b"10001\r\n" + b" " * 0x10001 + b"\r\n0\r\n\r\n"), LARGE, "9110 15.5.14"),
    row("chunk over the route's bound, announced only", chunks(b"10001\r\n ", b""), LARGE, "9110 15.5.14"),
    row("chunk extension", chunks(SIZE + b";a=b\r\n" + LOGIN + b"\r\n0\r\n\r\n"), BAD, "9112 7.1.1: none taken"),
    row("chunk extension without name", chunks(SIZE + b";\r\n" + LOGIN + b"\r\n0\r\n\r\n"), BAD, "9112 7.1.1"),
    row("chunk extension on the last chunk", chunks(CHUNK + b"0;a=b\r\n\r\n"), BAD, "9112 7.1.1: none taken"),
    row("chunk extension with a bare line feed", chunks(SIZE + b";a\nb\r\n" + LOGIN + b"\r\n0\r\n\r\n"), BAD, "9112 7.1.1"),
    row("chunk extension of a megabyte", chunks(SIZE + b";" + b"a" * 1_000_000 + b"\r\n" + LOGIN + b"\r\n0\r\n\r\n"), BAD,
        "9112 7.1.1"),
    row("size line ended by a bare line feed", chunks(SIZE + b"\n" + LOGIN + b"\r\n0\r\n\r\n"), BAD, "9112 2.2"),
    row("size line ended by a bare carriage return", chunks(SIZE + b"\r" + LOGIN + b"\r\n0\r\n\r\n"), BAD, "9112 2.2"),
    row("chunk longer than it says", chunks(SIZE + b"\r\n" + LOGIN + b"  \r\n0\r\n\r\n"), BAD, "9112 7.1"),
    row("chunk shorter than it says", chunks(b"%x\r\n" % (len(LOGIN) + 2) + LOGIN + b"\r\n0\r\n\r\n"), BAD, "9112 7.1"),
    row("no line end behind a chunk", chunks(SIZE + b"\r\n" + LOGIN + b"0\r\n\r\n"), BAD, "9112 7.1"),
    row("bare line feed behind a chunk", chunks(SIZE + b"\r\n" + LOGIN + b"\n0\r\n\r\n"), BAD, "9112 7.1"),
    row("bare line feed at the end", chunks(CHUNK + b"0\r\n\n"), BAD, "9112 7.1"),
    row("last chunk without empty line", chunks(CHUNK + b"0\r\n"), BAD, "9112 7.1"),
    row("trailer", chunks(CHUNK + b"0\r\nX: y\r\n\r\n"), BAD, "9112 7.1.2: none taken"),
    row("announced trailer", chunks(CHUNK + b"0\r\nX: y\r\n\r\n", b"Trailer: X\r\n"), BAD, "9112 7.1.2: none taken"),
    row("trailer that would change the request", chunks(CHUNK + b"0\r\nHost: elsewhere\r\n\r\n"), BAD, "9110 6.5.1"),
    row("trailer that is no field", chunks(CHUNK + b"0\r\nnonsense\r\n\r\n"), BAD, "9112 7.1.2"),
    # -- the classics: one reader takes the length, another the chunks, and a request is hidden between the two
    row("hidden behind the last chunk", post(b"Content-Length: %d\r\n" % (len(WHOLE) + len(SECOND)) + CHUNKED, WHOLE), BAD, "9112 11.2"),
    row("hidden in a chunk", post(CHUNKED + b"Content-Length: 4\r\n", b"%x\r\n" % len(SECOND) + SECOND + b"\r\n0\r\n\r\n"), BAD,
        "9112 11.2"),
    row("hidden by a second coding", post(CHUNKED + b"Transfer-Encoding: x\r\nContent-Length: 4\r\n", WHOLE), BAD, "9112 11.2"),
]

def unread(start, lines):
    return start + b" HTTP/1.1\r\n" + HOST + lines + LENGTH + b"\r\n" + LOGIN


# Framing is sound, but the request is refused before its body is read: one answer and the end, as after a malformed one.
UNREAD = [
    row("body of another type", unread(b"POST /v1/sessions", b"Content-Type: text/plain\r\n"), (415, "unsupported-media-type"), "9110 15.5.16"),
    row("body without type", unread(b"POST /v1/sessions", b""), (415, "unsupported-media-type"), "9110 15.5.16"),
    row("JSON in another encoding", unread(b"POST /v1/sessions", b"Content-Type: application/json; charset=shift_jis\r\n"),
        (415, "unsupported-media-type"), "8259 8.1"),
    row("type with another parameter", unread(b"POST /v1/sessions", b"Content-Type: application/json; version=2\r\n"),
        (415, "unsupported-media-type"), "9110 15.5.16"),
    row("packed body", unread(b"POST /v1/sessions", JSON + b"Content-Encoding: gzip\r\n"), (415, "unsupported-media-type"), "9110 15.5.16"),
    row("answer in no form that is here, with a body", unread(b"POST /v1/sessions", JSON + b"Accept: text/html\r\n"),
        (406, "not-acceptable"), "9110 15.5.7"),
    row("unknown path with a body", unread(b"POST /nowhere", JSON), (404, "not-found"), "9110 15.5.5"),
    row("method of another path, with a body", unread(b"POST /health", JSON), (405, "method-not-allowed"), "9110 15.5.6"),
    row("no session, with a body", unread(b"POST /v1/tenants/132101/files/f/retrievals", JSON), (401, "not-authenticated"), "9110 15.5.2"),
]

# Framing is sound, and the request was read to its end: refused, and the connection goes on.
UNDERSTOOD = [
    row("unknown path", target(b"/nowhere"), (404, "not-found"), "9110 15.5.5"),
    row("absolute form without path", target(b"https://localhost"), (404, "not-found"), "9110 4.2.3"),
    row("path with dot segments", target(b"/v1/../health"), (404, "not-found"), "3986 6: never resolved here"),
    row("method of another path", b"POST /health HTTP/1.1\r\n" + HOST + b"Content-Length: 0\r\n\r\n", (405, "method-not-allowed"),
        "9110 15.5.6"),
    row("HEAD where only POST is", line(b"HEAD /v1/sessions HTTP/1.1"), (405, "method-not-allowed"), "9110 9.3.2"),
    row("form that nobody has", fields(HOST + b"Accept: text/html\r\n"), (406, "not-acceptable"), "9110 15.5.7"),
    row("JSON not wanted", fields(HOST + b"Accept: */*, application/json;q=0\r\n"), (406, "not-acceptable"), "9110 12.5.1"),
    row("no session", line(b"GET /v1/sessions/current HTTP/1.1"), (401, "not-authenticated"), "9110 15.5.2"),
    row("body of no type", b"POST /v1/sessions HTTP/1.1\r\n" + HOST + b"Content-Length: 0\r\n\r\n", (415, "unsupported-media-type"),
        "9110 15.5.16"),
    row("JSON that is none", post(b"Content-Length: 1\r\n", b"{"), BAD, "8259"),
    row("JSON that is none, in chunks", chunks(b"1\r\n{\r\n0\r\n\r\n"), BAD, "8259"),
]

WELL_FORMED = [
    row("plain", target(b"/health"), (200, None), "9112 3"),
    row("HEAD", line(b"HEAD /health HTTP/1.1"), (200, None), "9110 9.1, 9.3.2"),
    row("one empty line before the request", b"\r\n" + target(b"/health"), (200, None), "9112 2.2"),
    row("absolute form", target(b"https://LOCALHOST/health"), (200, None), "9112 3.2.2"),
    row("Host with our port, in other letters", fields(b"host: LocalHost:8443\r\n"), (200, None), "9110 4.2.3"),
    row("values without and with much space", fields(b"Host:localhost\r\nAccept: \t */* \t\r\nX:\r\n"), (200, None), "9112 5.1"),
    row("a list over two lines", fields(HOST + b"Accept: text/html\r\nAccept: application/json\r\n"), (200, None), "9110 5.3"),
    row("64 fields", fields(HOST + b"X: y\r\n" * 63), (200, None), "6585 5"),
    row("offer of another protocol", fields(HOST + b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n"),
        (200, None), "9110 7.8: not taken"),
    row("length of nothing on GET", fields(HOST + b"Content-Length: 0\r\n"), (200, None), "9110 8.6"),
    row("body with a length", post(LENGTH, LOGIN), (201, None), "9110 8.6"),
    row("length with zeros in front", post(b"Content-Length: 0000%d\r\n" % len(LOGIN), LOGIN), (201, None), "9110 8.6"),
    row("body in one chunk", chunks(WHOLE), (201, None), "9112 7.1"),
    row("body in chunks of one byte", chunks(b"".join(b"1\r\n%c\r\n" % byte for byte in LOGIN) + b"0\r\n\r\n"), (201, None), "9112 7.1"),
    row("sizes in capitals and with zeros in front", chunks(b"00" + SIZE.upper() + b"\r\n" + LOGIN + b"\r\n0000\r\n\r\n"), (201, None),
        "9112 7.1"),
    row("Chunked in capitals", post(b"TRANSFER-ENCODING: CHUNKED\r\n", WHOLE), (201, None), "9112 7"),
    row("body that waits for its go-ahead", post(b"Expect: 100-continue\r\n" + LENGTH, LOGIN), (201, None), "9110 10.1.1"),
    row("expectation without a body", fields(HOST + b"Expect: 100-continue\r\n"), (200, None), "9110 10.1.1"),
]
