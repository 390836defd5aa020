#!/usr/bin/env python3
"""The house rules that no compiler sees: layers, homes of third-party headers, sizes, mirror tests, dead docs paths.

    tools/check_layers.py [--root FOLDER] [RULE...]      all rules when none is named; exit code 1 if one is broken

`./dev lint` runs each rule in turn. A rule is one function here, root -> list of complaints, and one row in RULES;
tests/tools/test_check_layers.py breaks every one of them on purpose. No package beyond the standard library.
"""
import argparse
import re
import statistics
import sys
from pathlib import Path

MAX_LINES = 800
CODE_SUFFIXES = {".cpp", ".h", ".def", ".rs", ".ts", ".tsx", ".py", ".sh", ".cmake"}
CODE_FOLDERS = ("src", "bridge", "web/src", "tests", "fuzz", "bench", "tools", "cmake")

# Third-party header (a prefix of what the include names) -> the files of src/ that may include it (path prefixes).
HOMES = {
    "boost/": ("http/",),
    "openssl/": ("base/hash", "http/", "net/"),
    "curl/": ("net/",),
    "yaml-cpp/": ("config/", "gallery/"),
    "grpc": ("backends/grpc",),
    "google/protobuf": ("backends/grpc",),
    "nlohmann/": ("base/json",),
    "zlib.h": ("formats/zip",),
    "CLI/": ("app/",),
    "sentencepiece_processor.h": ("text/",),
    "re2/": ("text/",),
    "rust/": ("text/",),
    "hearth-bridge/": ("text/",),
    "prometheus/": ("api/metrics",),
    "sqlite3.h": ("api/response_store",),
    "spdlog/": ("base/log",),
    "fmt/": ("",),
    "immintrin.h": ("kernels/isa/",),
    "arm_neon.h": ("kernels/isa/",),
    "cpuid.h": ("cpu/",),
}
# Headers that have one home and appear in its public header: the facade is the point of the file.
FACADES = {"base/json.h"}
CPP_ONLY = ("boost/beast",)
SYSTEM_PREFIXES = ("sys/", "linux/", "asm/", "arpa/", "netinet/")
SYSTEM_HEADERS = set("dirent.h errno.h fcntl.h fenv.h netdb.h poll.h pthread.h sched.h signal.h spawn.h termios.h "
                     "unistd.h cxxabi.h execinfo.h dlfcn.h".split())
# Sources built with ISA flags and all they include: nothing whose inline functions the linker might share.
ISA_STD_HEADERS = {"cstdint", "cstddef", "cstring", "cfloat", "climits", "type_traits", "immintrin.h", "arm_neon.h"}
# Sources whose test is not a mirror but iterates a list of them: families, ISA levels, block types; and the program itself.
NO_MIRROR = re.compile(r"^(app/main\.cpp|model/families/.*|kernels/isa/.*|quant/(i?q|tq|mxfp|nvfp|fp8)[0-9][a-z0-9_]*\.cpp)$")

INCLUDE = re.compile(r'^\s*#\s*include\s+(?:"([^"]+)"|<([^>]+)>)', re.M)
DOC_LINK = re.compile(r"\]\(([^)#\s]+)(?:#[^)]*)?\)")
DOC_PATH = re.compile(r"`((?:src|tests|docs|tools|bridge|cmake|fuzz|bench|web)/[^`\s]*)`")


def files_under(root, folders, suffixes):
    for folder in folders:
        for path in sorted((root / folder).rglob("*")):
            skipped = {"target", "node_modules", "golden", "corpus", "__pycache__"} & set(path.parts)
            if path.is_file() and path.suffix in suffixes and not skipped:
                yield path


def sources(root):
    """[(path within src, text)] of every C++ file of src/."""
    src = root / "src"
    return [(p.relative_to(src).as_posix(), p.read_text()) for p in files_under(root, ["src"], {".cpp", ".h", ".def"})]


def layers(root):
    """src/LAYERS as {folder: folders that it may include}; `*` means all."""
    result = {}
    for line in (root / "src/LAYERS").read_text().splitlines():
        if line.strip() and not line.startswith("#"):
            folder, _, allowed = line.partition(":")
            result[folder.strip()] = set(allowed.split())
    return {f: set(result) - {f} if allowed == {"*"} else allowed for f, allowed in result.items()}


def includes(text):
    """[(line number, target, whether quoted)]"""
    return [(text.count("\n", 0, m.start(0)) + 1, m[1] or m[2], m[1] is not None) for m in INCLUDE.finditer(text)]


def resolve(root, path, target):
    """The path within src of a quoted include, or None if it is no file of ours."""
    for candidate in (root / "src" / target, (root / "src" / path).parent / target):
        # CMake writes a header from its .in.
        if candidate.is_file() or candidate.with_name(candidate.name + ".in").is_file():
            return candidate.resolve().relative_to((root / "src").resolve()).as_posix()
    return None


def find_cycle(graph):
    """One cycle of {node: nodes}, as a list that starts and ends with the same node, or None."""
    done = set()

    def visit(node, trail):
        if node in trail:
            return trail[trail.index(node):] + [node]
        if node in done:
            return None
        for successor in sorted(graph.get(node, ())):
            if cycle := visit(successor, trail + [node]):
                return cycle
        done.add(node)
        return None

    return next((cycle for node in sorted(graph) if (cycle := visit(node, []))), None)


def check_layers(root):
    allowed, bad = layers(root), []
    for path, text in sources(root):
        folder = path.split("/")[0]
        if folder not in allowed:
            bad.append(f"src/{path}: src/LAYERS has no line for the folder {folder}")
            continue
        for line, target, quoted in includes(text):
            found = resolve(root, path, target) if quoted else None
            if found and found.split("/")[0] not in allowed[folder] | {folder}:
                bad.append(f"src/{path}:{line}: {folder} may not include {found} (src/LAYERS)")
    return bad


def check_cycles(root):
    graph = layers(root)
    headers = {path: {found for _, target, quoted in includes(text) if quoted and (found := resolve(root, path, target))}
               for path, text in sources(root)}
    return [f"include cycle: {' -> '.join(cycle)}" for cycle in (find_cycle(graph), find_cycle(headers)) if cycle]


def public_headers(root):
    """Every header that another folder of src/ includes, with all that it includes in turn."""
    edges = {path: [found for _, target, quoted in includes(text) if quoted and (found := resolve(root, path, target))]
             for path, text in sources(root)}
    queue = [found for path, targets in edges.items() for found in targets if found.split("/")[0] != path.split("/")[0]]
    public = set()
    while queue:
        path = queue.pop()
        if path not in public:
            public.add(path)
            queue += edges.get(path, [])
    return public


def is_system(target):
    plain = "." not in target and "/" not in target  # <vector>, <cstdint>
    return plain or target in SYSTEM_HEADERS or target.startswith(SYSTEM_PREFIXES)


def check_third_party(root):
    public, bad = public_headers(root), []
    for path, text in sources(root):
        for line, target, quoted in includes(text):
            if (quoted and resolve(root, path, target)) or (not quoted and is_system(target)):
                continue
            homes = next((h for prefix, h in HOMES.items() if target.startswith(prefix)), None)
            where = f"src/{path}:{line}"
            if quoted and (root / "src" / target.split("/")[0]).is_dir():
                bad.append(f"{where}: src/{target} does not exist")
            elif homes is None:
                bad.append(f"{where}: {target} is neither ours nor has a home (HOMES in tools/check_layers.py)")
            elif not path.startswith(homes):
                bad.append(f"{where}: {target} has its home in {' and '.join('src/' + h for h in homes)}")
            elif path in public and "" not in homes and path not in FACADES:
                bad.append(f"{where}: a header that other folders include may not expose {target}")
            elif path.endswith(".h") and target.startswith(CPP_ONLY):
                bad.append(f"{where}: {target} takes seconds to compile: include it in a .cpp only")
    return bad


def check_isa_includes(root):
    texts, bad = dict(sources(root)), []
    for start in [path for path in texts if path.startswith("kernels/isa/")]:
        seen, queue = set(), [start]
        while queue:
            path = queue.pop()
            if path in seen:
                continue
            seen.add(path)
            for line, target, quoted in includes(texts.get(path, "")):
                if found := resolve(root, path, target) if quoted else None:
                    queue.append(found)
                elif target not in ISA_STD_HEADERS:
                    bad.append(f"src/{path}:{line}: {target} reaches the ISA source src/{start}, where a shared inline "
                               f"function could be kept with its instructions")
    return bad


def check_families(root):
    """Code asks ArchSpec what to do, never which family it is; the forward passes do not ask for its name either."""
    bad = []
    for path, text in sources(root):
        words = "family|arch(?:itecture)?" if path.startswith(("model/", "kernels/", "engine/")) else "family"
        if not path.startswith("model/families/"):
            bad += [f"src/{path}:{text.count(chr(10), 0, m.start()) + 1}: a question about the family outside model/families"
                    for m in re.finditer(rf"\b(?:{words})\s*[!=]=\s*(?:\"|Family|k[A-Z])", text)]
    return bad


def check_sizes(root):
    return [f"{p.relative_to(root)}: {n} lines, more than {MAX_LINES}" for p, n in line_counts(root) if n > MAX_LINES]


def line_counts(root):
    paths = [*files_under(root, CODE_FOLDERS, CODE_SUFFIXES), *[p for p in [root / "dev"] if p.is_file()]]
    texts = [(p, p.read_text()) for p in paths]
    return [(p, len(t.splitlines())) for p, t in texts if "// generated table" not in t.splitlines()[:10]]


def check_mirror_tests(root):
    """src/text/a_b.cpp is tested by tests/unit/text/a_b_test.cpp, or by a_test.cpp where a.cpp is its public face."""
    return [f"src/{path}: tests/unit/{path[:-4]}_test.cpp is missing" for path, _ in sources(root)
            if path.endswith(".cpp") and not NO_MIRROR.match(path)
            and not any((root / "tests/unit" / f"{stem}_test.cpp").is_file() for stem in mirror_stems(root, path[:-4]))]


def mirror_stems(root, stem):
    folder, _, name = stem.rpartition("/")
    words = name.split("_")
    shorter = [f"{folder}/{'_'.join(words[:n])}" for n in range(len(words) - 1, 0, -1)]
    return [stem, *[s for s in shorter if (root / "src" / f"{s}.cpp").is_file() or (root / "src" / f"{s}.h").is_file()]]


def check_todos(root):
    mark = "TO" + "DO"
    return [f"{p.relative_to(root)}:{n}: a {mark} carries an issue number, {mark}(#12)"
            for p in files_under(root, CODE_FOLDERS, CODE_SUFFIXES)
            for n, line in enumerate(p.read_text().splitlines(), 1) if re.search(mark + r"\b(?!\(#\d+\))", line)]


def check_docs(root):
    bad = []
    for doc in [*root.glob("*.md"), *files_under(root, ["docs", "src", "tools", "bench", "fuzz", "tests"], {".md"})]:
        for number, line in enumerate(doc.read_text().splitlines(), 1):
            named = [(doc.parent, m[1]) for m in DOC_LINK.finditer(line) if not re.match(r"[a-z]+:", m[1])]
            named += [(root, m[1]) for m in DOC_PATH.finditer(line)]
            for base, path in named:
                path = re.sub(r":\d+$", "", path)
                if re.search(r"[<{\[…$]", path) or (base / path).exists() or ("*" in path and any(base.glob(path))):
                    continue
                bad.append(f"{doc.relative_to(root)}:{number}: {path} does not exist")
    return bad


def check_lock_files(root):
    return [f"{p.relative_to(root)}: records download addresses (omit-lockfile-registry-resolved=true, write it again)"
            for p in root.glob("web/**/package-lock.json") if '"resolved"' in p.read_text()]


RULES = {
    "layers": check_layers,
    "cycles": check_cycles,
    "third-party": check_third_party,
    "isa-includes": check_isa_includes,
    "families": check_families,
    "sizes": check_sizes,
    "mirror-tests": check_mirror_tests,
    "todos": check_todos,
    "docs": check_docs,
    "lock-files": check_lock_files,
}


def main():
    parser = argparse.ArgumentParser(description="Checks the house rules.")
    parser.add_argument("--root", type=Path, default=Path(__file__).resolve().parent.parent)
    parser.add_argument("rules", nargs="*", metavar="RULE", help=", ".join(RULES))
    arguments = parser.parse_args()
    if unknown := set(arguments.rules) - set(RULES):
        parser.error(f"unknown rule {unknown.pop()}; one of {', '.join(RULES)}")
    failed = False
    for name in arguments.rules or RULES:
        complaints = RULES[name](arguments.root)
        failed |= bool(complaints)
        note = ""
        if name == "sizes" and (counts := sorted(n for p, n in line_counts(arguments.root) if "src" in p.parts)):
            note = f" (src: median {statistics.median(counts):.0f}, p90 {counts[len(counts) * 9 // 10]} lines)"
        print(f"{name:22s} {'failed' if complaints else 'ok'}{note}")
        for complaint in complaints:
            print(f"  {complaint}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
