"""Writes build/lint/lint.ninja: one edge per header that must compile alone, one per source that clang-tidy reads.

    lint_ninja.py all | FILE_WITH_SOURCES

Each edge leaves a stamp and a depfile, so ninja runs it again only when the file, something it includes or .clang-tidy
changed. clang-tidy takes its flags from build/release/compile_commands.json; a source that is not built there is left out.
"""
import json
import os
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
ISA_FLAGS = {
    "avx2": "-mavx2 -mfma -mf16c",
    "avx512": "-mavx2 -mfma -mf16c -mavx512f -mavx512bw -mavx512vl -mavx512dq -mavx512vnni",
    "amx": "-mavx2 -mfma -mf16c -mavx512f -mavx512bw -mavx512vl -mavx512dq -mavx512vnni -mamx-tile -mamx-int8",
}
RULES = """ninja_required_version = 1.10
builddir = build/lint
rule header
  command = g++ -std=c++23 -Isrc -Ibuild/release/generated -Wall -Wextra -Wpedantic -Wno-pragma-once-outside-header $flags -fsyntax-only -MMD -MF $out.d -MT $out -x c++ $in && touch $out
  depfile = $out.d
  deps = gcc
  description = header $in
rule tidy
  command = clang-tidy-19 -p build/release --quiet --warnings-as-errors='*' $in 2>$out.log && clang++-19 $flags -MM -MF $out.d -MT $out $in 2>>$out.log && touch $out || (cat $out.log && false)
  depfile = $out.d
  deps = gcc
  description = clang-tidy $in
"""


def stamp(kind, path):
    return f"build/lint/{kind}/{path}.ok"


def header_edges(chosen):
    edges = []
    for header in sorted((ROOT / "src").rglob("*.h")):
        path = header.relative_to(ROOT).as_posix()
        if chosen is not None and path not in chosen:
            continue
        level = path.split("/")[3] if path.startswith("src/kernels/isa/") and path.count("/") > 3 else ""
        edges.append((stamp("header", path), path, "header", ISA_FLAGS.get(level, ""), ""))
    return edges


def tidy_edges(chosen):
    database = json.loads((ROOT / "build/release/compile_commands.json").read_text())
    edges = []
    for entry in sorted(database, key=lambda e: e["file"]):
        path = os.path.relpath(entry["file"], ROOT)
        if not path.startswith(("src/", "tests/", "fuzz/", "bench/")) or (chosen is not None and path not in chosen):
            continue
        words = entry["command"].split()
        flags = [w for w in words if w.startswith(("-I", "-D", "-m", "-std="))]
        configs = ".clang-tidy tests/.clang-tidy" if path.startswith("tests/") else ".clang-tidy"
        systems = [f"-isystem {after}" for word, after in zip(words, words[1:]) if word == "-isystem"]
        edges.append((stamp("tidy", path), path, "tidy", " ".join(flags + systems), configs))
    return edges


def main():
    chosen = None if sys.argv[1] == "all" else set(Path(sys.argv[1]).read_text().split())
    lines = [RULES]
    for goal, edges in (("headers", header_edges(chosen)), ("tidy", tidy_edges(chosen))):
        for out, source, rule, flags, implicit in dict((e[0], e) for e in edges).values():
            lines.append(f"build {out}: {rule} {source}{' | ' + implicit if implicit else ''}\n  flags = {flags}\n")
            (ROOT / out).parent.mkdir(parents=True, exist_ok=True)
        lines.append(f"build {goal}: phony {' '.join(sorted({e[0] for e in edges}))}\n")
    (ROOT / "build/lint/lint.ninja").write_text("".join(lines))


if __name__ == "__main__":
    main()
