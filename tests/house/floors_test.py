#!/usr/bin/env python3
"""Floors and rooms: reads every #include and every USES of the house and refuses, by name, what a room must never know."""
import os
import re
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import source_tree  # noqa: E402

# A room -> the rooms it may include and link, beside itself. The longest matching prefix names the room of a file.
ROOMS = {
    "firmware/base": [],
    "firmware/memory": ["firmware/base"],
    "firmware/sandbox": ["firmware/base", "firmware/memory"],
    "firmware/boot": ["firmware/base", "firmware/memory"],
    "crypto": ["firmware/base", "firmware/memory"],
    "hardware/tpm": ["firmware/base", "firmware/memory", "crypto"],
    "hardware/chassis": ["firmware/base"],
    "hardware/media": ["firmware/base"],
    "storage/engine": ["firmware/base"],
    "storage/journal": ["firmware/base", "firmware/memory", "crypto"],
    "storage/retention": ["firmware/base"],
    "storage/files": ["firmware/base", "firmware/memory", "crypto", "storage/retention"],
    "storage/generations": ["firmware/base", "firmware/memory", "crypto", "storage/engine", "storage/journal"],
    "storage/records": ["firmware/base", "firmware/memory", "crypto", "storage/engine", "storage/generations", "storage/files"],
    "storage/erasure": ["firmware/base", "firmware/memory", "crypto", "hardware/tpm", "storage/engine", "storage/journal",
                        "storage/generations", "storage/records", "storage/retention"],
    "storage/audit": ["firmware/base", "firmware/memory", "crypto", "storage/engine", "storage/journal", "storage/generations"],
    "storage/backup": ["firmware/base", "firmware/memory", "crypto", "storage/engine", "storage/journal", "storage/erasure"],
    "admin-api/protocol": ["firmware/base", "firmware/memory"],
    "admin-api/service": ["firmware", "crypto", "hardware/tpm", "storage/engine", "storage/files", "storage/retention", "storage/generations",
                          "storage/records", "storage/erasure", "storage/journal", "storage/audit", "storage/backup",
                          "admin-api/protocol"],
    "admin-api/gate": ["firmware", "admin-api/protocol"],
    "admin-api/cli": ["firmware", "crypto", "hardware/tpm", "storage/files", "storage/retention", "storage/erasure",
                      "admin-api/protocol", "admin-api/service"],
}
# Single doors between rooms that otherwise do not know each other: file -> headers. Linking the room is then allowed.
HEADERS = {
    # A strict JSON parser and SHA-256 for the fingerprint of a certificate; no key, no box.
    "admin-api/gate": ["crypto/canonical_json.h", "crypto/hash.h"],
}
# Libraries that stand behind one narrow door: prefix of the include -> rooms that may open it.
DOORS = {
    "lmdb.h": ["storage/engine"],
    "tss2/": ["hardware/tpm"],
    "boost/beast": ["admin-api/gate"],
    "boost/asio": ["admin-api/gate"],
    "curl/": ["admin-api/cli"],
    "CLI/": ["admin-api/cli"],
    "sodium": ["firmware/memory", "crypto"],
    "openssl/": ["crypto", "hardware/tpm", "admin-api/gate", "admin-api/service", "admin-api/cli"],
    "libgfshare": ["crypto"],
    "liboath/": ["crypto"],
    "zxcvbn.h": ["crypto"],
    "seccomp.h": ["firmware/sandbox"],
    "unicode/": ["storage/files"],
    "sys/socket.h": ["firmware/base", "firmware/sandbox", "admin-api/gate", "admin-api/service", "admin-api/cli", "hardware/tpm"],
    "netinet/": ["admin-api/gate"],
}
# The same doors in USES and target_link_libraries.
LINK_DOORS = {
    "LMDB": ["storage/engine"],
    "TSS2": ["hardware/tpm"],
    "CURL::": ["admin-api/cli"],
    "CLI11::": ["admin-api/cli"],
    "SODIUM": ["firmware/memory", "crypto"],
    "SECCOMP": ["firmware/sandbox"],
    "ICU::": ["storage/files"],
    "GFSHARE": ["crypto"],
    "OATH": ["crypto"],
}
# crypto takes the time as an argument; it must not be able to ask for it, nor for a file.
CRYPTO_WORDS = ("SystemClock", "system_clock::now", "std::filesystem", "fopen", "ifstream", "ofstream", "firmware/base/disk.h")


def room_of(path):
    best = None
    for room in ROOMS:
        if (path == room or path.startswith(room + "/")) and (best is None or len(room) > len(best)):
            best = room
    return best


def allowed(room, target):
    return any(target == may or target.startswith(may + "/") for may in [room] + ROOMS[room])


def may_link(room, target):
    return allowed(room, target) or any(room_of(header) == target for header in HEADERS.get(room, ()))


def check_includes(root):
    """Returns (faults, number of includes read)."""
    faults, seen = [], 0
    for path in source_tree.files(root, source_tree.FLOORS, (".h", ".cpp")):
        room = room_of(path)
        if room is None:
            faults.append(f"{path}: stands in no room that tests/house/floors_test.py knows")
            continue
        text = source_tree.read(path, root)
        for line, name in source_tree.includes(text):
            seen += 1
            for door, keepers in DOORS.items():
                if name.startswith(door) and room not in keepers:
                    faults.append(f"{path}:{line}: {room} must never know {name}; only {', '.join(keepers)} may")
            target = room_of(name)
            if name.split("/")[0] in source_tree.FLOORS and target is None:
                faults.append(f"{path}:{line}: includes {name}, which stands in no known room")
            elif target and not allowed(room, target) and name not in HEADERS.get(room, ()):
                faults.append(f"{path}:{line}: {room} may not include {name}: {target} is not below it")
            elif name.startswith("..") or (name.endswith(".h") and name.split("/")[0] == "tests"):
                faults.append(f"{path}:{line}: {room} may not include {name}")
        if room == "crypto":
            for word in CRYPTO_WORDS:
                if word in text:
                    faults.append(f"{path}: crypto must never know files or the clock, but says {word}")
        if room != "storage/engine" and re.search(r"\b(MDB_|mdb_)\w", text):
            faults.append(f"{path}: only storage/engine may say MDB_")
    return faults, seen


def rooms_of_targets(root):
    """CMake target -> room, from every shosoin_room(NAME ...) and add_executable of the floors."""
    targets = {}
    for path in source_tree.files(root, source_tree.FLOORS, ("CMakeLists.txt",)):
        for name in re.findall(r"(?:shosoin_room\(\s*NAME|add_executable\()\s*([\w-]+)", source_tree.read(path, root)):
            targets[name] = os.path.dirname(path)
    return targets


def check_links(root):
    """Returns (faults, number of links read)."""
    targets, faults, seen = rooms_of_targets(root), [], 0
    for path in source_tree.files(root, source_tree.FLOORS, ("CMakeLists.txt",)):
        room = room_of(os.path.dirname(path))
        text = re.sub(r"#.*", "", source_tree.read(path, root))
        uses = re.findall(r"USES\s+([^)]*)\)", text) + re.findall(r"target_link_libraries\(([^)]*)\)", text)
        for word in " ".join(uses).split():
            if word in ("PRIVATE", "PUBLIC", "INTERFACE"):
                continue
            seen += 1
            target = targets.get(word)
            if target and room and not may_link(room, target):
                faults.append(f"{path}: {room} may not link {word}: {target} is not below it")
            for door, keepers in LINK_DOORS.items():
                if door in word and room not in keepers:
                    faults.append(f"{path}: {room} may not link {word}; only {', '.join(keepers)} may")
    return faults, seen


class TheHouse(unittest.TestCase):
    def test_every_include_stays_on_or_below_its_floor(self):
        faults, seen = check_includes(source_tree.ROOT)
        self.assertGreater(seen, 200, "the test has read hardly any include: it looks at the wrong place")
        self.assertEqual([], faults, "\n" + "\n".join(faults))

    def test_every_link_stays_on_or_below_its_floor(self):
        faults, seen = check_links(source_tree.ROOT)
        self.assertGreater(seen, 30, "the test has read hardly any link: it looks at the wrong place")
        self.assertEqual([], faults, "\n" + "\n".join(faults))


class ThePlantedFault(unittest.TestCase):
    """A test that cannot fail shows nothing: each rule is broken once on purpose, and the fault must be told by name."""

    def planted(self, path, text, check):
        with tempfile.TemporaryDirectory() as root:
            for top in source_tree.FLOORS:
                os.makedirs(os.path.join(root, top))
            with_room = "shosoin_room(NAME shosoin_engine USES shosoin_base)\n"
            os.makedirs(os.path.join(root, "storage/engine"), exist_ok=True)
            with open(os.path.join(root, "storage/engine/CMakeLists.txt"), "w", encoding="utf-8") as file:
                file.write(with_room)
            os.makedirs(os.path.dirname(os.path.join(root, path)), exist_ok=True)
            with open(os.path.join(root, path), "w", encoding="utf-8") as file:
                file.write(text)
            return "\n".join(check(root)[0])

    def test_a_gate_that_includes_storage_is_named(self):
        told = self.planted("admin-api/gate/server.cpp", '#include "storage/engine/engine.h"\n', check_includes)
        self.assertIn("admin-api/gate/server.cpp:1: admin-api/gate may not include storage/engine/engine.h", told)

    def test_a_gate_that_includes_the_tpm_is_named(self):
        told = self.planted("admin-api/gate/server.cpp", '#include "hardware/tpm/anchor.h"\n', check_includes)
        self.assertIn("admin-api/gate may not include hardware/tpm/anchor.h", told)

    def test_a_gate_that_includes_lmdb_is_named(self):
        told = self.planted("admin-api/gate/server.h", "\n#include <lmdb.h>\n", check_includes)
        self.assertIn("admin-api/gate/server.h:2: admin-api/gate must never know lmdb.h; only storage/engine may", told)

    def test_a_gate_that_includes_a_key_is_named(self):
        told = self.planted("admin-api/gate/server.cpp", '#include "crypto/box.h"\n', check_includes)
        self.assertIn("admin-api/gate may not include crypto/box.h", told)

    def test_a_service_that_includes_http_is_named(self):
        told = self.planted("admin-api/service/vault.cpp", "#include <boost/beast/http.hpp>\n", check_includes)
        self.assertIn("admin-api/service must never know boost/beast/http.hpp; only admin-api/gate may", told)

    def test_tss_outside_the_tpm_room_is_named(self):
        told = self.planted("storage/erasure/batch.cpp", "#include <tss2/tss2_esys.h>\n", check_includes)
        self.assertIn("storage/erasure must never know tss2/tss2_esys.h; only hardware/tpm may", told)

    def test_a_lower_floor_that_looks_up_is_named(self):
        told = self.planted("firmware/base/ids.cpp", '#include "crypto/hash.h"\n', check_includes)
        self.assertIn("firmware/base may not include crypto/hash.h: crypto is not below it", told)

    def test_crypto_that_asks_for_the_time_or_a_file_is_named(self):
        told = self.planted("crypto/totp.cpp", "SystemClock clock;\n#include <fstream>\nstd::ifstream in;\n", check_includes)
        self.assertIn("crypto must never know files or the clock, but says SystemClock", told)
        self.assertIn("says ifstream", told)

    def test_the_database_name_above_the_engine_is_named(self):
        told = self.planted("storage/generations/x.cpp", "int code = MDB_NOTFOUND;\n", check_includes)
        self.assertIn("storage/generations/x.cpp: only storage/engine may say MDB_", told)

    def test_a_file_outside_every_room_is_named(self):
        told = self.planted("storage/cellar/x.h", "#pragma once\n", check_includes)
        self.assertIn("storage/cellar/x.h: stands in no room", told)

    def test_a_gate_that_links_the_engine_is_named(self):
        told = self.planted("admin-api/gate/CMakeLists.txt", "shosoin_room(NAME shosoin_gate USES shosoin_engine)\n",
                            check_links)
        self.assertIn("admin-api/gate may not link shosoin_engine: storage/engine is not below it", told)

    def test_a_service_that_links_lmdb_itself_is_named(self):
        told = self.planted("admin-api/service/CMakeLists.txt", "shosoin_room(NAME s USES PkgConfig::LMDB)\n", check_links)
        self.assertIn("admin-api/service may not link PkgConfig::LMDB; only storage/engine may", told)


if __name__ == "__main__":
    unittest.main()
