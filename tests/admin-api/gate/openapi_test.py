"""Holds admin-api/openapi.yaml and the gate's route table against each other, in both directions.

usage: openapi_test.py GATE_BINARY OPENAPI_YAML
"""

import json
import re
import subprocess
import sys
import unittest

import yaml

GATE, DESCRIPTION = sys.argv[1:3]
METHODS = {"get", "post", "delete", "put", "patch", "head", "options", "trace"}


class OneKeyOnce(yaml.SafeLoader):
    """Refuses a mapping that holds a key twice; plain YAML would silently keep the last."""


def mapping(loader, node):
    keys = [loader.construct_object(key) for key, _ in node.value]
    assert len(keys) == len(set(keys)), f"doubled key at {node.start_mark}"
    return yaml.SafeLoader.construct_mapping(loader, node, deep=True)


OneKeyOnce.add_constructor(yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, mapping)

with open(DESCRIPTION, encoding="utf-8") as file:
    TEXT = file.read()
SPEC = yaml.load(TEXT, OneKeyOnce)
TABLE = json.loads(subprocess.run([GATE, "--routes"], check=True, capture_output=True).stdout)
ROUTES = {(route["path"], route["method"].lower()): route for route in TABLE["routes"]}


def resolve(node):
    while isinstance(node, dict) and "$ref" in node:
        target = SPEC
        for part in node["$ref"].removeprefix("#/").split("/"):
            target = target[part]
        node = target
    return node


def operations():
    for path, item in SPEC["paths"].items():
        for method, operation in item.items():
            if method in METHODS:
                yield path, method, operation, [resolve(p) for p in item.get("parameters", []) + operation.get("parameters", [])]


def leaves(schema, pointer="", required=True):
    """pointer -> (kind, required, maxLength) of every member that is no object of its own."""
    schema = resolve(schema)
    if schema["type"] == "object":
        assert schema.get("additionalProperties") is False, f"{pointer}: unknown members must be refused"
        found = {}
        for name, member in schema["properties"].items():
            found |= leaves(member, f"{pointer}/{name}", required and name in schema.get("required", []))
        return found
    if schema["type"] == "boolean":
        return {pointer: ("flag", required, None)}
    if schema["type"] == "array":
        assert resolve(schema["items"])["pattern"] == "^[0-9a-fA-F]{32}$"
        return {pointer: ("ids", required, schema["maxItems"] * 16)}
    if schema.get("pattern") == "^[0-9a-fA-F]{32}$":
        return {pointer: ("id", required, 16)}
    return {pointer: ("text", required, schema["maxLength"])}


def complaints(value, schema, at=""):
    schema = resolve(schema)
    kinds = {"object": dict, "array": list, "string": str, "boolean": bool, "integer": int}
    if not isinstance(value, kinds[schema["type"]]):
        return [f"{at}: not a {schema['type']}"]
    out = []
    if schema["type"] == "object":
        out += [f"{at}: lacks {name}" for name in schema.get("required", []) if name not in value]
        for name, member in value.items():
            if name in schema.get("properties", {}):
                out += complaints(member, schema["properties"][name], f"{at}/{name}")
            elif schema.get("additionalProperties") is False:
                out.append(f"{at}: unknown {name}")
    if schema["type"] == "array":
        for index, element in enumerate(value):
            out += complaints(element, schema["items"], f"{at}/{index}")
    if schema["type"] == "string":
        if "pattern" in schema and not re.search(schema["pattern"], value):
            out.append(f"{at}: does not match its pattern")
        if "enum" in schema and value not in schema["enum"]:
            out.append(f"{at}: not in its enumeration")
        if len(value) > schema.get("maxLength", len(value)):
            out.append(f"{at}: too long")
    return out


class DescriptionAndServer(unittest.TestCase):
    def test_describe_the_same_routes(self):
        described = {(path, method) for path, method, _, _ in operations()}
        self.assertEqual(described, set(ROUTES))
        self.assertEqual(len(described), 46)

    def test_agree_on_name_success_and_session(self):
        for path, method, operation, _ in operations():
            with self.subTest(path=path, method=method):
                route = ROUTES[path, method]
                self.assertEqual(operation["operationId"], route["operation"])
                self.assertEqual([code for code in operation["responses"] if code.startswith("2")], [str(route["success"])])
                security = operation.get("security", SPEC["security"])
                self.assertEqual(security, [{"mutualTLS": [], "session": []}] if route["session"] else [{"mutualTLS": []}])

    def test_agree_on_parameters(self):
        for path, method, _, parameters in operations():
            with self.subTest(path=path, method=method):
                self.assertEqual({p["name"] for p in parameters if p["in"] == "path"}, set(re.findall(r"{(\w+)}", path)))
                headers = {p["name"] for p in parameters if p["in"] == "header"}
                self.assertEqual(headers, {"Idempotency-Key"} if ROUTES[path, method]["idempotencyKey"] else set())
                self.assertFalse([p for p in parameters if p["in"] in ("query", "cookie")])

    def test_agree_on_every_member_of_every_body(self):
        visited = 0
        for path, method, operation, _ in operations():
            with self.subTest(path=path, method=method):
                route = ROUTES[path, method]
                content = operation.get("requestBody", {}).get("content", {})
                self.assertEqual([kind.split(";")[0] for kind in content], [route["body"]] if route["body"] else [])
                if route["body"] != "application/json":
                    self.assertEqual(route["members"], [])
                    continue
                described = leaves(content["application/json"]["schema"])
                served = {m["pointer"]: (m["type"], m["required"] != "no", m["most"]) for m in route["members"]}
                for pointer, (kind, required, most) in described.items():
                    self.assertIn(pointer, served)
                    self.assertEqual((kind, required), served[pointer][:2], pointer)
                    if most is not None:
                        self.assertEqual(most, served[pointer][2], pointer)
                    visited += 1
                self.assertEqual(set(described), set(served))
        self.assertGreater(visited, 20)

    def test_agree_on_every_problem(self):
        schema = SPEC["components"]["schemas"]["Problem"]
        self.assertEqual(schema["properties"]["code"]["enum"], [p["code"] for p in TABLE["problems"]])
        for path, method, operation, _ in operations():
            with self.subTest(path=path, method=method):
                for code, response in operation["responses"].items():
                    if not code.startswith("2"):
                        self.assertEqual(list(resolve(response)["content"]), ["application/problem+json"])
                    if code.isdigit() and not code.startswith("2"):
                        self.assertIn(int(code), {p["status"] for p in TABLE["problems"]})
                self.assertIn("default", operation["responses"])


class Description(unittest.TestCase):
    def test_resolves_every_reference_and_uses_every_component(self):
        used = set(re.findall(r"'#/components/([\w/]+)'", TEXT))
        defined = {f"{kind}/{name}" for kind, items in SPEC["components"].items() for name in items}
        self.assertEqual(used, {name for name in defined if not name.startswith("securitySchemes/")})

    def test_speaks_japanese_first_and_english_too(self):
        for path, method, operation, _ in operations():
            for text in (operation["summary"], operation["description"]):
                with self.subTest(path=path, method=method):
                    self.assertRegex(text, r"^[^/]*[\u3040-\u30ff\u4e00-\u9fff]")
                    self.assertRegex(text, r" / [A-Za-z0-9]")

    def test_gives_examples_that_fit_their_schemas(self):
        visited = 0
        for _, _, operation, _ in operations():
            bodies = [operation.get("requestBody", {})] + [resolve(r) for r in operation["responses"].values()]
            for media in (m for body in bodies for m in body.get("content", {}).values()):
                if "example" in media:
                    self.assertEqual(complaints(media["example"], media["schema"]), [])
                    visited += 1
                if "requestBody" in operation and "application/json" in operation["requestBody"]["content"]:
                    self.assertIn("example", operation["requestBody"]["content"]["application/json"])
        self.assertGreater(visited, 20)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
