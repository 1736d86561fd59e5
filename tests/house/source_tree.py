"""The source tree as the house tests see it: every file that belongs to the house, found by walking (no git needed)."""
import os
import re

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
FLOORS = ("firmware", "crypto", "hardware", "storage", "admin-api")
TOP_FOLDERS = FLOORS + ("deploy", "tests", "cmake")
SKIPPED_FOLDERS = {"build", ".git", "__pycache__"}


def files(root=ROOT, tops=TOP_FOLDERS, endings=None):
    """Paths relative to root, sorted, of all files below the given top folders."""
    found = []
    for top in tops:
        for folder, names, entries in os.walk(os.path.join(root, top)):
            names[:] = sorted(name for name in names if name not in SKIPPED_FOLDERS)
            for entry in sorted(entries):
                if endings is None or entry.endswith(tuple(endings)):
                    found.append(os.path.relpath(os.path.join(folder, entry), root))
    return found


def read(path, root=ROOT):
    with open(os.path.join(root, path), encoding="utf-8") as file:
        return file.read()


def includes(text):
    """Every included name with its line number; <> and "" alike."""
    pattern = re.compile(r'^\s*#\s*include\s*[<"]([^>"]+)[>"]')
    for number, line in enumerate(text.splitlines(), 1):
        match = pattern.match(line)
        if match:
            yield number, match.group(1)
