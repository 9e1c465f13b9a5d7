"""Whether the table of error codes in docs/language.md is the codes of the sources.

usage: error_codes_test.py REPOSITORY

Every code that the rooms of the language, and those that run it, can answer with is in the table; and every code of the table
is one that they answer with.
"""

import pathlib
import re
import sys

ROOMS = ("lang", "units", "ir", "jit", "sim")
# How an error begins: add("code", ..., fail("code", ..., Error{"code", ..., push_back({"code", ...
MADE = re.compile(r'(?:\b(?:add|add_whole|fail|error)\(\s*(?:Error)?\{?\s*|Error\s*\{\s*|push_back\(\s*\{\s*)"([a-z]+(?:-[a-z]+)*)"\s*,')


def main():
    root = pathlib.Path(sys.argv[1])
    page = (root / "docs" / "language.md").read_text()
    table = set(re.findall(r"`([a-z]+(?:-[a-z]+)*)`", "\n".join(
        line.rsplit("|", 2)[0] for line in page[page.index("## Error codes"):].splitlines() if line.startswith("|"))))
    made, written = set(), set()
    for room in ROOMS:
        for file in (root / "src" / room).rglob("*.?pp"):
            if {"test", "fuzz"} & set(file.parts):
                continue
            text = file.read_text()
            made |= set(MADE.findall(text))
            written |= set(re.findall(r'"([a-z]+(?:-[a-z]+)*)"', text))
    assert len(made) > 50, f"only {len(made)} codes found: the sources are written otherwise now"
    wrong = [f"not in docs/language.md: {c}" for c in sorted(made - table)]
    wrong += [f"in docs/language.md, and nowhere in the sources: {c}" for c in sorted(table - written)]
    print("\n".join(wrong) or f"{len(table)} codes")
    sys.exit(bool(wrong))


main()
