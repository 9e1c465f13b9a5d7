"""Runs the console blocks of a page of the documentation and compares what they print.

usage: console_test.py HILLOCK PAGE

In a block that begins with ```console, a line that begins with "$ " is a command of the shell; the lines up to the next
command are what it prints on both outputs. A line that is just "…" stands for any lines, none included; "…" within a line
for any text. All blocks of a page share one folder, empty at first, with the program on the PATH.
"""

import os
import re
import subprocess
import sys
import tempfile


def commands(page):
    """(line number, command, expected lines) of every command of the page."""
    found = []
    inside = False
    with open(page, encoding="utf-8") as text:
        for number, line in enumerate(text, 1):
            line = line.rstrip("\n")
            if line.startswith("```"):
                inside = line == "```console"
            elif inside and line.startswith("$ "):
                found.append((number, line[2:], []))
            elif inside:
                if not found:
                    sys.exit(f"{page}:{number}: output before a command")
                found[-1][2].append(line)
    return found


def matches(expected, printed):
    """Whether the printed lines are the expected ones."""
    if not expected:
        return not printed
    first, rest = expected[0], expected[1:]
    if first == "…":
        return any(matches(rest, printed[skip:]) for skip in range(len(printed) + 1))
    pattern = ".*".join(re.escape(part) for part in first.split("…"))
    return bool(printed) and re.fullmatch(pattern, printed[0].rstrip()) is not None and matches(rest, printed[1:])


def main():
    program, page = os.path.abspath(sys.argv[1]), sys.argv[2]
    all_commands = commands(page)
    if not all_commands:
        sys.exit(f"{page}: no console block")
    failures = 0
    with tempfile.TemporaryDirectory() as folder:
        environment = dict(os.environ, PATH=os.path.dirname(program) + os.pathsep + os.environ["PATH"], LC_ALL="C")
        for number, command, expected in all_commands:
            # Without --quiet, progress of a slow machine would be part of what is printed.
            if command.startswith("hillock fit "):
                command = command.replace("hillock fit ", "hillock fit --quiet ", 1)
            ran = subprocess.run(["bash", "-c", command], cwd=folder, env=environment, text=True, encoding="utf-8",
                                 stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=300)
            printed = ran.stdout.splitlines()
            if ran.returncode != 0 or not matches(expected, printed):
                failures += 1
                print(f"{page}:{number}: $ {command}   (exit code {ran.returncode})")
                print("expected:", *expected, sep="\n    ")
                print("printed:", *printed, sep="\n    ")
    print(f"{len(all_commands)} commands, {failures} failures")
    sys.exit(1 if failures else 0)


main()
