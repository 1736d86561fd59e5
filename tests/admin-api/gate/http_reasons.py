"""Why the gate answers a row of http_requests.py otherwise than nginx does. Data for tests/differential/http_against_nginx: a row that
differs and has no reason here fails it."""

SPELLING = "leniency is allowed here, but two readers may use it differently: one spelling only"
GRAMMAR = "not of the grammar; nginx hands on, or passes over, what it does not read itself"
CHARACTERS = "no field that anything reads may hold such a byte (9110 5.5 lets a recipient refuse or keep it)"
VERSION = "one version only, so that no request is without Host or with the framing of another (9110 15.6.6)"
METHOD = "nginx leaves methods to the program behind it; here nobody is behind (9110 9.1: 501)"
TARGET = "no route has a query, an escape or another byte; what cannot be right is not resolved"
SCHEME = "over TLS another scheme is another server's (9110 7.4)"
BOUND = "a bound of the gate's own, far over what its routes need"
ONCE = "a field with one value stands once; nginx does not read this one"
EXPECTATION = "what is asked and not done is told (9110 10.1.1)"
CONTENT = "content without a meaning is a means of smuggling (9110 9.3.1)"
EXTENSION = "extensions mean nothing here and hide much: their bound is no byte (9112 7.1.1)"
TRAILER = "trailers mean nothing here: their bound is no line (9112 7.1.2)"
SWALLOWED = "nginx takes the next request for trailers: it is lost there"
STATUS = "both refuse and close; the gate's number is the RFC's, or the first fault it meets"

REASONS = {
    SPELLING: ["two empty lines before the request", "a bare line feed before the request", "two spaces before the target",
               "two spaces before the version", "space behind the version", "bare line feed in a value", "lines ended by bare line feeds",
               "head ended by a bare line feed", "chunked behind a bare line feed", "space behind the chunk size",
               "chunk size of 17 digits", "size line ended by a bare line feed", "bare line feed behind a chunk",
               "bare line feed at the end"],
    GRAMMAR: ["version of two digits", "Host with a port that is none", "line without colon", "name that is no token",
              "name of other bytes", "Connection that is no list of tokens", "trailer that is no field",
              "absolute form of another scheme"],
    CHARACTERS: ["value of other bytes", "control in a value", "DEL in a value"],
    VERSION: ["HTTP/0.9", "HTTP/1.0", "HTTP/1.2"],
    METHOD: ["unknown method", "PUT"],
    TARGET: ["fragment", "query", "escaped path", "backslash", "path of other bytes"],
    SCHEME: ["absolute form over http"],
    BOUND: ["target of 1,025 bytes", "65 fields"],
    ONCE: ["Content-Type twice"],
    EXPECTATION: ["unknown expectation"],
    CONTENT: ["body on GET", "chunks on GET", "body on DELETE"],
    EXTENSION: ["chunk extension", "chunk extension without name", "chunk extension on the last chunk", "chunk extension of a megabyte"],
    TRAILER: ["trailer", "announced trailer", "trailer that would change the request"],
    SWALLOWED: ["last chunk without empty line"],
}


def is_one_refusal(answers):
    return answers.isdigit() and int(answers) >= 400


def reason_for(row, ours, theirs):
    if is_one_refusal(ours) and is_one_refusal(theirs):
        return STATUS
    return next((reason for reason, names in REASONS.items() if row.name in names), "")
