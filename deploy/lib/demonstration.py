"""正倉院の一巡を見せる。導入、ビルド、起動、取込み、照会、消去、検証。/ Shows the whole life of a record, on a software TPM.

  deploy/demo                 builds, runs, cleans up
  deploy/demo --keep          leaves TPM, vault and gate running and says how to reach them
  deploy/demo --keep --json   ends its output with one line of JSON for programs
  deploy/demo --lang en       English first
"""
import argparse
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time

from installation import ROOT, Failed, Installation
from scenario import Scenario
from words import Teller

PROGRAMS = ("shosoin-vault", "shosoin-gate", "shosoin")


def build(options, stream):
    """Installs what is missing and builds the three programs; quick when there is nothing to do."""
    if not options.no_build:
        for words in ([os.path.join(ROOT, "deploy", "install-packages")], ["cmake", "--preset", "release"]
                      if not os.path.exists(os.path.join(ROOT, "build/release/build.ninja")) else None,
                      ["ninja", "-C", "build/release", *PROGRAMS]):
            if words and subprocess.run(words, cwd=ROOT, stdout=stream, stderr=stream, check=False).returncode != 0:
                raise Failed(f"{' '.join(words)} failed")
    return os.path.join(ROOT, "build", "release")


def say_how_to_reach(scenario, options, out):
    curl = scenario.try_curl()
    for person in (*scenario.staff, *scenario.officers):
        person.authenticator.wait_until_fresh()
    if options.json:
        print(curl, file=out)
        print(json.dumps(scenario.for_outside(), ensure_ascii=False), file=out, flush=True)
        return
    print(f"\n動かしたままにします / left running: {scenario.place.url}", file=out)
    for person in scenario.staff:
        print(f"  {person.id}  {person.role}  {person.tenant}  {person.password}  TOTP {person.authenticator.secret}\n"
              f"      {person.certificate}  {person.private_key}", file=out)
    for person in scenario.officers:
        print(f"  {person.id}  {person.role}  {person.password}  TOTP {person.authenticator.secret}", file=out)
    print(f"  pids {scenario.place.pids()}  {scenario.place.home}\n\n{curl}", file=out, flush=True)


def main():
    parser = argparse.ArgumentParser(prog="deploy/demo", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--keep", action="store_true", help="終了後も動かしたままにする / leave it running")
    parser.add_argument("--json", action="store_true", help="最後の行をJSONに / last line is JSON; all else goes to standard error")
    parser.add_argument("--lang", choices=("ja", "en"), default="ja")
    parser.add_argument("--people", type=int, default=1000, help="団体ごとの人数 / people per tenant")
    parser.add_argument("--no-build", action="store_true", help="ビルド済みのものを使う / take what is built")
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that what was started is ended
    stream = sys.stderr if options.json else sys.stdout
    teller = Teller(options.lang, stream)
    place = None
    try:
        teller.line("正倉院のデモ: 準備とビルド", "Shosoin demonstration: packages and build")
        programs = build(options, stream)
        started = time.monotonic()
        home = tempfile.mkdtemp(prefix="shosoin-")
        place = Installation(programs, home)
        scenario = Scenario(place, teller, options.people)
        scenario.run()
        teller.line(f"\n終わり: {teller.number}段階、{time.monotonic() - started:.0f}秒。すべて期待どおり。",
                    f"Done: {teller.number} steps, {time.monotonic() - started:.0f} s, everything as it should be.")
        if options.keep:
            scenario.leave()
            say_how_to_reach(scenario, options, sys.stdout)
            place = None
        elif options.json:
            print(json.dumps({"ok": True, "steps": teller.number}))
        return 0
    except Failed as failure:
        print(f"\n失敗しました / failed: {failure}", file=sys.stderr)
        if place is not None:
            for name in ("vault", "gate"):
                log = os.path.join(place.logs, f"{name}.log")
                if os.path.exists(log):
                    with open(log, encoding="utf-8", errors="replace") as file:
                        print(f"--- {name}\n{file.read()[-2000:]}", file=sys.stderr)
        return 1
    finally:
        if place is not None:
            place.stop()
            shutil.rmtree(place.home, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
