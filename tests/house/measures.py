#!/usr/bin/env python3
"""The measures of the seed documents about storage (S), acquisition (U) and data quality (D), and where this tree answers them.

    python3 tests/house/measures.py            # writes firmware/docs/measures.md anew

measures.json holds what the seeds say: id, class, quote, gloss, places. The rest is read from the tree: whoever cites an id, in code,
tests or pages, appears in the table."""
import json
import os
import re
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import source_tree  # noqa: E402

PAGE = "firmware/docs/measures.md"
FACTS = "tests/house/measures.json"
OURS = ("tests/house/measures.py", "tests/house/measures_test.py", FACTS, PAGE)  # they name every id, and answer none
CODE = (".h", ".cpp", ".py", ".cmake", ".in")
CITATION = re.compile(r"\b([A-Z])-(\d\d)(?:\s*(?:to|-|–)\s*\1-(\d\d))?\b")
SUBJECTS = {"S": "保管 - storage and holding", "U": "入手・使用 - acquisition, purpose and use", "D": "正確性 - data quality"}
HEAD = """\
# Measures and tests

Which measures of the seed documents the product answers, and where: every row about storage (S), acquisition and use (U) and data quality (D).
Written by `tests/house/measures.py` from `tests/house/measures.json` (what the seeds say) and from the ids that code, tests and pages cite;
`tests/house/measures_test.py` fails when it is out of date. Seeds: 000 さいたま市, 001 石巻市, 002 熊本市, 003 小金井市, 004 埼玉県.

- **enforced**: the software refuses otherwise. **evidenced**: it records it. **reference**: a guide says it, software alone cannot do it.
- A row of the first two kinds is *shown* when a test cites it, *in code only* when no test does, and a *gap* when nothing does.
- A citation says where to look; whether it holds is what the test says.
"""


def facts(root=source_tree.ROOT):
    return json.loads(source_tree.read(FACTS, root))


def cited_in(text):
    """Ids a text cites; S-01 to S-03 is three."""
    found = set()
    for letter, first, last in CITATION.findall(text):
        found |= {f"{letter}-{number:02}" for number in range(int(first), int(last or first) + 1)}
    return found


def citations(root=source_tree.ROOT):
    """id -> {"code": [paths], "tests": [paths], "pages": [paths]}"""
    found = {}
    for path in source_tree.files(root):
        if path in OURS or not (path.endswith(CODE) or path.endswith((".md", ".yaml", ".json", "CMakeLists.txt")) or "." not in
                                os.path.basename(path)):
            continue
        try:
            text = source_tree.read(path, root)
        except UnicodeDecodeError:
            continue  # no text: a fuzz input
        kind = "pages" if path.endswith((".md", ".yaml")) else "tests" if path.startswith("tests/") else "code"
        for measure in cited_in(text):
            found.setdefault(measure, {"code": [], "tests": [], "pages": []})[kind].append(path)
    return found


def state_of(measure, cited):
    if measure["class"] == "reference":
        return "said" if cited["pages"] or cited["code"] else "gap"
    if cited["tests"]:
        return "shown"
    return "in code only" if cited["code"] else "gap"


def row(measure, cited):
    places = "<br>".join(measure["places"])
    where = ["<br>".join(f"`{path}`" for path in cited[kind]) or "-" for kind in ("tests", "code", "pages")]
    return f"| {measure['id']} | {measure['class']} | {state_of(measure, cited)} | 「{measure['quote']}」 {measure['gloss']} | {places} | " + \
        " | ".join(where) + " |"


def page(root=source_tree.ROOT):
    measures, cited = facts(root), citations(root)
    nothing = {"code": [], "tests": [], "pages": []}
    states = {one["id"]: state_of(one, cited.get(one["id"], nothing)) for one in measures}
    parts = [HEAD, "## Counts\n", "| | rows | shown | said | in code only | gap |", "|---|---:|---:|---:|---:|---:|"]
    for letter, subject in SUBJECTS.items():
        mine = [states[one["id"]] for one in measures if one["id"].startswith(letter)]
        parts.append(f"| {letter} {subject} | {len(mine)} | " + " | ".join(str(mine.count(state)) for state in
                                                                          ("shown", "said", "in code only", "gap")) + " |")
    for letter, subject in SUBJECTS.items():
        parts += [f"\n## {letter} - {subject}\n", "| id | class | state | the seeds say | where | tests | code | pages |",
                  "|---|---|---|---|---|---|---|---|"]
        parts += [row(one, cited.get(one["id"], nothing)) for one in measures if one["id"].startswith(letter)]
    for title, state in (("Gaps", "gap"), ("In code only", "in code only")):
        parts.append(f"\n## {title}\n")
        parts += [f"- {one['id']} ({one['class']}): {one['gloss']}" for one in measures if states[one["id"]] == state] or ["None."]
    return "\n".join(parts) + "\n"


def main():
    with open(os.path.join(source_tree.ROOT, PAGE), "w", encoding="utf-8") as file:
        file.write(page())


if __name__ == "__main__":
    main()
