"""The package under test: made by the test `package_is_made` (cpack -G DEB -B package, in the build directory), unpacked for looking."""
import glob
import os
import re
import subprocess

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BUILD = os.environ.get("SHOSOIN_BUILD_DIR") or os.path.join(ROOT, "build", "release")
SOURCE = os.path.join(ROOT, "deploy", "package")
UNITS = os.path.join(SOURCE, "units")
# What needs root is done as root, as deploy/install-packages does it.
AS_ROOT = [] if os.geteuid() == 0 else ["sudo", "-n", "-E"]


def run(*words, **more):
    """(exit code, both outputs as one text)."""
    more.setdefault("stdin", subprocess.DEVNULL)
    more.setdefault("timeout", 150)
    done = subprocess.run(words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace", check=False, **more)
    return done.returncode, done.stdout


def must(*words, **more):
    code, told = run(*words, **more)
    if code != 0:
        raise AssertionError(f"{' '.join(words)}: exit code {code}\n{told}")
    return told


def the_package():
    found = glob.glob(os.path.join(BUILD, "package", "shosoin_*.deb"))
    if len(found) != 1:
        raise AssertionError(f"one package in {BUILD}/package, not {found}; make it with: cpack -G DEB -B package")
    return found[0]


def unpack(folder):
    """Control files below DEBIAN, as dpkg-deb -R does; owners are not kept."""
    must("dpkg-deb", "-R", the_package(), folder)
    return folder


def listed():
    """path -> (mode text, owner) of every entry of the package, without the leading dot."""
    entries = {}
    for line in must("dpkg-deb", "-c", the_package()).splitlines():
        mode, owner, _, _, _, path = line.split(None, 5)
        entries[path.lstrip(".").rstrip("/") or "/"] = (mode, owner)
    return entries


def repack(folder, out, version):
    """The unpacked package under another version, quickly."""
    control = os.path.join(folder, "DEBIAN", "control")
    with open(control, encoding="utf-8") as file:
        text = file.read()
    with open(control, "w", encoding="utf-8") as file:
        file.write(re.sub(r"^Version: .*$", f"Version: {version}", text, flags=re.MULTILINE))
    must("dpkg-deb", "--root-owner-group", "-Znone", "-b", folder, out)
    return out
