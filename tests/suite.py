"""The whole suite, from a clean clone: packages, release build, every test; then the sanitizer subset. See tests/README.md.

  tests/run                      release suite and the quick sanitizer set
  tests/run --sanitizers full    release suite, then everything under address, undefined and thread sanitizers
  tests/run --sanitizers none    release suite only
"""
import argparse
import os
import re
import subprocess
import sys
import time
import xml.etree.ElementTree as xml

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
JOBS = str(max(1, len(os.sched_getaffinity(0))))
TESTS_AT_ONCE = str(int(JOBS) + 1)  # most of them wait for a TPM or for time to pass, again and again
# Chosen because they read what comes from outside or hold keys, and because they build and run quickly under a sanitizer: parsers,
# boxes, secrets, journal, engine, generations. What links the whole vault runs with --sanitizers full.
QUICK = ("base_test", "memory_test", "crypto_test", "protocol_test", "retention_test", "files_test", "gate_test", "journal_test",
         "engine_test", "generations_test", "csv_fuzz", "date_fuzz", "definition_fuzz", "entry_fuzz", "http_body_fuzz", "http_routes_fuzz",
         "journal_fuzz", "json_fuzz", "number_fuzz", "protocol_fuzz", "record_fuzz", "share_fuzz")


def test_of(target):
    """Name of the test that runs a program: tests/fuzz turns it round."""
    return "fuzz_" + target[:-len("_fuzz")] if target.endswith("_fuzz") else target


class Totals:
    passed = failed = 0
    broken = False


def say(text):
    print(text, flush=True)


def run(words, **more):
    say("$ " + " ".join(words))
    return subprocess.run(words, cwd=ROOT, **more).returncode


def count_report(path, where, totals):
    """Counts a ctest report. A test that was skipped, disabled or not run is a failure: green must mean that it ran."""
    if not os.path.exists(path):
        say(f"{where}: no report was written")
        totals.broken = True
        return
    cases = xml.parse(path).getroot().findall("testcase")
    if not cases:
        say(f"{where}: not one test ran")
        totals.broken = True
    for case in cases:
        inner = case.findtext("system-out") or ""
        skipped = case.get("status") != "run" or re.search(r"\[  SKIPPED \]|\bskipped=\d|Running 0 tests|^Ran 0 tests", inner,
                                                           re.MULTILINE)
        if case.find("failure") is not None or case.find("error") is not None:
            totals.failed += 1
            say(f"{where}: FAILED {case.get('name')}")
        elif skipped:
            totals.failed += 1
            say(f"{where}: SKIPPED, which counts as failed: {case.get('name')}")
        else:
            totals.passed += 1


def suite(preset, totals, only=None):
    started = time.monotonic()
    if run(["cmake", "--preset", preset]) != 0:
        totals.broken = True
        return
    folder = os.path.join(ROOT, "build", preset)
    targets = list(only) if only else ["all"]
    if only:
        known = subprocess.run(["ninja", "-C", folder, "-t", "targets", "all"], capture_output=True, text=True, check=True).stdout
        targets = [name for name in only if re.search(rf"^{name}:", known, re.MULTILINE)]
        if len(targets) < len(only):
            say(f"{preset}: no such target: {', '.join(sorted(set(only) - set(targets)))}")
            totals.broken = True
    if run(["ninja", "-C", folder, "-j", JOBS] + targets) != 0:
        totals.broken = True
        return
    report = os.path.join(folder, "report.xml")
    if os.path.exists(report):
        os.remove(report)
    words = ["ctest", "--test-dir", folder, "--output-on-failure", "--no-tests=error", "--output-junit", report,
             "--test-output-size-passed", "65536", "-j", TESTS_AT_ONCE]
    if only:
        words += ["-R", "^(" + "|".join(map(test_of, targets)) + ")$"]
    run(words)
    count_report(report, preset, totals)
    say(f"{preset}: {time.monotonic() - started:.0f} s")


def main():
    parser = argparse.ArgumentParser(prog="tests/run", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sanitizers", choices=("quick", "full", "none"), default="quick")
    parser.add_argument("--no-install", action="store_true", help="take the packages as they are")
    options = parser.parse_args()
    totals = Totals()
    if not options.no_install and run([os.path.join(ROOT, "deploy", "install-packages")]) != 0:
        totals.broken = True
    suite("release", totals)
    if options.sanitizers == "quick":
        suite("asan", totals, QUICK)
    elif options.sanitizers == "full":
        suite("asan", totals)
        suite("tsan", totals)
    if totals.broken:
        totals.failed += 1
    say(f"{totals.passed} passed, {totals.failed} failed")
    return 1 if totals.failed or not totals.passed else 0


if __name__ == "__main__":
    sys.exit(main())
