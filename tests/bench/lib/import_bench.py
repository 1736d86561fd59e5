"""tests/bench/import: an import through the vault against a bulk load of the same bytes, in interleaved rounds of one run; then one import
with readers at work, for their p99 and for memory. Prints ratios, writes JSON."""
import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

sys.dont_write_bytecode = True
from programs import Talker  # noqa: E402

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))
WANTED_RATIO = 0.3          # of the ceiling's speed
MEMORY_KIB = 256 << 10      # over the resting value, whatever the number of rows
READERS_P99_US = 200_000.0
CONFIRMED = 2000            # records that are there before, for the readers


def options():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--build", default=os.path.join(ROOT, "build", "release"))
    parser.add_argument("--directory", help="where the disk to be measured is (default: a new directory in /var/tmp)")
    parser.add_argument("--files", type=lambda text: text.split(","), default=["honnin-kakunin-joho", "jumin-kihon-daicho"],
                        help="record files, each by its key; the first table of each")
    parser.add_argument("--rows", type=int, default=100_000, help="of the timed imports")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--memory-rows", type=int, default=1_000_000, help="of the import with readers; 0: leave it out")
    parser.add_argument("--readers", type=int, default=16)
    parser.add_argument("--results", default=os.path.join(ROOT, "build", "bench"), help="where import.json goes")
    parser.add_argument("--short", action="store_true", help="few rows, one round; memory and readers judged, speed not")
    chosen = parser.parse_args()
    if chosen.short:
        chosen.rows, chosen.rounds, chosen.memory_rows, chosen.files = 2000, 1, 40_000, chosen.files[:1]
    return chosen


class Place:
    """A directory of its own on the disk that is measured, gone afterwards."""

    def __init__(self, parent):
        self.home = tempfile.mkdtemp(prefix="shosoin-bench-", dir=parent)

    def __enter__(self):
        return self.home

    def __exit__(self, *_):
        shutil.rmtree(self.home, ignore_errors=True)


def run_import(chosen, parent, what):
    """One import into a fresh appliance: what, a dictionary of file, rows, seed and readers."""
    with Place(parent) as home:
        program = os.path.join(chosen.build, "tests", "bench", "bench_import")
        vault = Talker([program, home, str(CONFIRMED)], os.path.join(home, "vault.log"), allow_locked=True)
        try:
            csv = os.path.join(home, "people.csv")
            vault.ask(f"csv {what['file']} {what['rows']} {what['seed']} {csv}")
            return vault.ask(f"import {what['file']} {csv} {what['readers']}")
        finally:
            vault.stop()


def run_ceiling(chosen, parent, rows, blocks):
    with Place(parent) as home:
        program = os.path.join(chosen.build, "tests", "bench", "bench_import_ceiling")
        ceiling = Talker([program, home], os.path.join(home, "ceiling.log"))
        try:
            return ceiling.ask(f"load {rows} {blocks}")
        finally:
            ceiling.stop()


def timed(chosen, parent, file):
    """Ceiling and import by turns; a ratio is taken within a round."""
    rounds = []
    size = None
    for number in range(chosen.rounds):
        found = {}
        before = run_ceiling(chosen, parent, *size) if size and number % 2 else None
        found["import"] = run_import(chosen, parent, {"file": file, "rows": chosen.rows, "seed": 11 + number, "readers": 0})
        size = found["import"]["storedRows"], found["import"]["storedBlocks"]
        found["ceiling"] = before or run_ceiling(chosen, parent, *size)
        found["ratio"] = found["ceiling"]["seconds"] / found["import"]["seconds"]
        rounds.append(found)
        print(f"  {file}, {chosen.rows:,} rows, round {number + 1} of {chosen.rounds}: import {found['import']['seconds']:.2f} s "
              f"(pieces {found['import']['feedSeconds']:.2f} s, processor {found['import']['processorSeconds']:.2f} s), "
              f"ceiling {found['ceiling']['seconds']:.2f} s, ratio {found['ratio']:.2f}", flush=True)
    return {"file": file, "rounds": rounds, "ratio": statistics.median(one["ratio"] for one in rounds)}


def main():
    chosen = options()
    for name in ("bench_import", "bench_import_ceiling"):
        if not os.path.exists(os.path.join(chosen.build, "tests", "bench", name)):
            subprocess.run(["ninja", "-C", chosen.build, "bench_import", "bench_import_ceiling"], check=True)
    parent = chosen.directory or "/var/tmp"
    os.makedirs(parent, exist_ok=True)
    began, load = time.time(), os.getloadavg()[0]
    result = {"format": 1, "processors": os.cpu_count(), "rows": chosen.rows, "loadAtBegin": load,
              "speed": [timed(chosen, parent, file) for file in chosen.files]}
    judged = [(f"{one['file']}: {chosen.rows:,} rows against the bulk load", one["ratio"], WANTED_RATIO, one["ratio"] >= WANTED_RATIO)
              for one in result["speed"]]
    if chosen.memory_rows:
        big = result["large"] = run_import(chosen, parent, {"file": chosen.files[0], "rows": chosen.memory_rows, "seed": 5,
                                                           "readers": chosen.readers})
        memory = big["memory"]
        print(f"  {chosen.memory_rows:,} rows with {chosen.readers} readers: {big['seconds']:.1f} s; memory over rest "
              f"{memory['peakOverRestKiB'] / 1024:.0f} MiB, of it {memory['anonymousOverRestKiB'] / 1024:.0f} MiB its own; readers: "
              f"{big['readers']['operations']:,} answers, p50 {big['readers']['p50'] / 1000:.2f} ms, p99 {big['readers']['p99'] / 1000:.2f} ms")
        judged.append((f"{chosen.memory_rows:,} rows: KiB of memory over the resting value", memory["peakOverRestKiB"], MEMORY_KIB,
                       memory["peakOverRestKiB"] < MEMORY_KIB))
        if chosen.readers:
            judged.append(("microseconds of the readers' p99 meanwhile", big["readers"]["p99"], READERS_P99_US,
                           big["readers"]["operations"] > 0 and big["readers"]["p99"] <= READERS_P99_US))
    result["tookSeconds"], result["loadAtEnd"] = round(time.time() - began), os.getloadavg()[0]
    result["judged"] = [{"what": what, "value": value, "wanted": wanted, "reached": reached} for what, value, wanted, reached in judged]
    os.makedirs(chosen.results, exist_ok=True)
    with open(os.path.join(chosen.results, "import.json"), "w", encoding="utf-8") as out:
        json.dump(result, out, indent=1)
    for what, value, wanted, reached in judged:
        print(f"{'reached' if reached else 'MISSED ':8} {what}: {value:,.2f}, asked for {wanted:,.2f}")
    counted = judged[len(result["speed"]):] if chosen.short else judged  # a short run says nothing about speed
    if not all(reached for _, _, _, reached in counted) or (chosen.short and not counted):
        sys.exit(1)


if __name__ == "__main__":
    main()
