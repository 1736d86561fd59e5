"""tests/bench/run: starts everything on one disk, measures in interleaved rounds, prints ratios, writes JSON and an SVG chart."""
import argparse
import json
import os
import shutil
import statistics
import sys
import tempfile
import time

sys.dont_write_bytecode = True
from chart import draw  # noqa: E402
from judge import judge  # noqa: E402
from peers import Nginx, Postgres, SqlCipher, install_peers  # noqa: E402
from programs import Ceiling, Gate, Identities, Vault  # noqa: E402

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))
SEATS = 16
ENTRY_BYTES = 1472  # a frame of one retrieval in our journal, padding and all: what the ceiling appends


def numbers(text):
    return [int(word) for word in text.split(",")]


def options():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--build", default=os.path.join(ROOT, "build", "release"))
    parser.add_argument("--directory", help="where the disk to be measured is (default: a new directory in /var/tmp)")
    parser.add_argument("--records", type=numbers, default=[100_000, 1_000_000], help="sizes, one run after the other")
    parser.add_argument("--callers", type=numbers, default=[1, 16, 64, 256])
    parser.add_argument("--tenants", type=int, default=64, help="against one tenant")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=2.0, help="of each measurement in each round")
    parser.add_argument("--peers", choices=["all", "none"], default="all", help="nginx, PostgreSQL, SQLCipher (need root or sudo once)")
    parser.add_argument("--results", default=os.path.join(ROOT, "build", "bench"), help="where results.json and results.svg go")
    parser.add_argument("--short", action="store_true", help="does it work: tiny sizes, no peers")
    chosen = parser.parse_args()
    if chosen.short:
        chosen.records, chosen.callers, chosen.tenants, chosen.rounds, chosen.seconds, chosen.peers = [500], [1, 16], 2, 1, 0.3, "none"
    return chosen


def measurements(chosen, parts):
    """(name, what to call) in the order of a round; a round begins elsewhere each time."""
    vault, ceiling, gate = parts["vault"], parts["ceiling"], parts["gate"]
    out = [("flush", lambda: ceiling.ask(f"flush {chosen.seconds}"))]
    for callers in chosen.callers:
        out.append((f"ceiling/{callers}", lambda c=callers: ceiling.ask(f"read {c} {chosen.seconds}")))
        out.append((f"vault/{callers}", lambda c=callers: vault.ask(f"read record {c} 1 {chosen.seconds}")))
        if callers in (1, 64):
            out.append((f"vault-search/{callers}", lambda c=callers: vault.ask(f"read search {c} 1 {chosen.seconds}")))
        if callers > 1:
            out.append((f"vault-tenants/{callers}",
                        lambda c=callers: vault.ask(f"read record {c} {chosen.tenants} {chosen.seconds}")))
        if callers <= 64:
            out.append((f"https-gate/{callers}", lambda c=callers: gate.load(c, chosen.seconds)))
            for name, peer in parts["peers"].items():
                for kind in peer.kinds:
                    out.append((f"{kind}/{callers}", lambda p=peer, k=kind, c=callers: p.measure(k, c, chosen.seconds)))
    return out


def warm(name, parts, tenants):
    """Both sides of a ratio find their rows in the kernel's cache, or lack them alike: what is not there is told as `fromDisk`."""
    if name.startswith("ceiling"):
        parts["ceiling"].ask("warm")
    elif name.startswith(("vault", "https-gate")):
        parts["vault"].ask(f"warm {tenants if name.startswith('vault-tenants') else 1}")


def run_size(chosen, records, home):
    identities = Identities(home, SEATS)
    parts = {"peers": {}}
    stops = []
    try:
        parts["vault"] = Vault(chosen.build, home, chosen.tenants, records, identities)
        stops.append(parts["vault"])
        parts["ceiling"] = Ceiling(chosen.build, home, records, ENTRY_BYTES)
        stops.append(parts["ceiling"])
        parts["gate"] = Gate(chosen.build, home, identities, parts["vault"])
        stops.append(parts["gate"])
        if chosen.peers == "all":
            parts["peers"] = {"nginx": Nginx(chosen.build, home, identities), "postgres": Postgres(home, records),
                              "sqlcipher": SqlCipher(chosen.build, home, records, ENTRY_BYTES)}
            stops.extend(parts["peers"].values())
        todo = measurements(chosen, parts)
        rounds = []
        for number in range(chosen.rounds):
            found = {}
            for at in range(len(todo)):
                name, measure = todo[(at + number * 5) % len(todo)]
                warm(name, parts, chosen.tenants)
                found[name] = measure()
            rounds.append(found)
            print(f"  {records:,} records: round {number + 1} of {chosen.rounds}", flush=True)
        return {"records": records, "builtIn": parts["vault"].built, "lockable": parts["vault"].first["cache"], "rounds": rounds}
    finally:
        for part in reversed(stops):
            part.stop()


def main():
    chosen = options()
    if chosen.peers == "all":
        install_peers(chosen.build)
    parent = chosen.directory or "/var/tmp"
    os.makedirs(parent, exist_ok=True)
    began, load = time.time(), os.getloadavg()[0]
    sizes = []
    for records in chosen.records:
        home = tempfile.mkdtemp(prefix="shosoin-bench-", dir=parent)
        try:
            sizes.append(run_size(chosen, records, home))
        finally:
            shutil.rmtree(home, ignore_errors=True)
    result = {"format": 1, "processors": os.cpu_count(), "kernel": os.uname().release, "seconds": chosen.seconds,
              "tookSeconds": round(time.time() - began), "loadAtBegin": load, "loadAtEnd": os.getloadavg()[0], "sizes": sizes}
    for size in sizes:
        names = size["rounds"][0]
        size["median"] = {name: {key: statistics.median(r[name][key] for r in size["rounds"]) for key in names[name]} for name in names}
        size["judged"] = judge(size)
    os.makedirs(chosen.results, exist_ok=True)
    with open(os.path.join(chosen.results, "results.json"), "w", encoding="utf-8") as out:
        json.dump(result, out, indent=1)
    with open(os.path.join(chosen.results, "results.svg"), "w", encoding="utf-8") as out:
        out.write(draw(result))
    with open(os.path.join(chosen.results, "table.md"), "w", encoding="utf-8") as out:
        out.write(table(result))
    tell(result)
    if chosen.short and not all(value["operations"] > 0 for size in sizes for value in size["median"].values()):
        sys.exit("a measurement came to no operation")
    print(f"{chosen.results}/results.json, results.svg ({result['tookSeconds']} s)")


def table(result):
    """The same as Markdown, for results.md."""
    out = []
    for size in result["sizes"]:
        out.append(f"{size['records']:,} records, {len(size['rounds'])} rounds of {result['seconds']:g} s, {result['processors']} processors, "
                   f"load {result['loadAtBegin']:.1f} before and {result['loadAtEnd']:.1f} after, cache of blocks {size['lockable']}\n")
        out.append("| asked for | | median | of the rounds | |\n|---|---|---|---|---|")
        for row in size["judged"]:
            out.append(f"| {row['what']} | {row['sense']} {row['wanted']:g} | **{row['value']:.2f}** | {row['least']:.2f} to {row['most']:.2f} | "
                       f"{'reached' if row['reached'] else 'missed'} |")
        out.append("\n| measured | per second | p50 us | p99 us | server CPU us | blocks opened | pages from disk |\n|---|---|---|---|---|---|---|")
        for name, value in size["median"].items():
            out.append(f"| {name} | {value['perSecond']:,.0f} | {value['p50']:,.0f} | {value['p99']:,.0f} | {value['cpuMicroseconds']:.1f} | "
                       f"{told(value, 'blocksOpened')} | {told(value, 'fromDisk')} |")
        out.append("")
    return "\n".join(out)


def told(value, key):
    return f"{value[key]:.2f}" if key in value else ""


def tell(result):
    for size in result["sizes"]:
        print(f"\n{size['records']:,} records, {len(size['rounds'])} rounds of {result['seconds']} s, {result['processors']} processors")
        print(f"{'':24}{'per second':>12}{'p50 us':>10}{'p99 us':>10}{'server CPU us':>15}{'blocks opened':>15}{'from disk':>11}")
        for name, value in size["median"].items():
            print(f"{name:24}{value['perSecond']:12,.0f}{value['p50']:10,.0f}{value['p99']:10,.0f}{value['cpuMicroseconds']:15.1f}"
                  f"{told(value, 'blocksOpened'):>15}{told(value, 'fromDisk'):>11}")
        for row in size["judged"]:
            verdict = "reached" if row["reached"] else "MISSED"
            print(f"  {row['what']}: {row['value']:.2f} ({row['sense']} {row['wanted']}) {verdict}")


if __name__ == "__main__":
    main()
