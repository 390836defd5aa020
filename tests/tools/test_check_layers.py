"""Every rule of tools/check_layers.py passes on a small clean tree and fails when it is broken."""
import importlib.util
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).resolve().parents[2] / "tools/check_layers.py"
spec = importlib.util.spec_from_file_location("check_layers", SCRIPT)
check_layers = importlib.util.module_from_spec(spec)
spec.loader.exec_module(check_layers)

CLEAN = {
    "src/LAYERS": "# comment\nbase:\nquant: base\nkernels: base quant\nmodel: base\nhttp: base\ntext: base\napp: *\n",
    "src/base/json.h": "#include <nlohmann/json.hpp>\n",
    "src/base/json.cpp": '#include "base/json.h"\n#include <vector>\n#include <sys/mman.h>\n',
    "src/http/server.cpp": '#include <boost/beast.hpp>\n#include <fmt/format.h>\n#include "base/json.h"\n',
    "src/quant/packed/q8.h": "#include <cstdint>\n",
    "src/kernels/isa/avx2/q8.cpp": '#include <immintrin.h>\n#include "quant/packed/q8.h"\n',
    "src/model/families/llama.cpp": 'bool f(const char* family) { return family == "llama"; }\n',
    "src/app/main.cpp": '#include "http/server.h"\nint main() {}\n',
    "src/http/server.h": "#pragma once\n",
    "tests/unit/base/json_test.cpp": "",
    "tests/unit/http/server_test.cpp": "",
    "README.md": "See [the map](docs/map.md#top), `src/base/json.h:3`, `tests/unit/<folder>` and `docs/*.md`.\n",
    "docs/map.md": "[up](../README.md) [out](https://example.org/x)\n",
}

# rule, the file that breaks it, its text, a word of the complaint
BROKEN = [
    ("layers", "src/base/a.h", '#include "http/server.h"\n', "base may not include http/server.h"),
    ("layers", "src/quant/a.h", '#include "packed/../../http/server.h"\n', "quant may not include"),
    ("layers", "src/extra/a.h", "", "no line for the folder extra"),
    ("cycles", "src/LAYERS", "base: text\ntext: base\n", "base -> text -> base"),
    ("cycles", "src/http/server.h", '#include "http/server.h"\n', "http/server.h -> http/server.h"),
    ("third-party", "src/base/a.cpp", "#include <boost/beast.hpp>\n", "has its home in src/http/"),
    ("third-party", "src/http/server.h", "#include <boost/asio.hpp>\n", "may not expose boost/asio.hpp"),
    ("third-party", "src/http/a.h", "#include <boost/beast.hpp>\n", "in a .cpp only"),
    ("third-party", "src/text/a.cpp", "#include <nlohmann/json.hpp>\n", "has its home in src/base/json"),
    ("third-party", "src/model/a.cpp", "#include <immintrin.h>\n", "has its home in src/kernels/isa/"),
    ("third-party", "src/text/a.cpp", "#include <leveldb/db.h>\n", "neither ours nor has a home"),
    ("third-party", "src/text/a.cpp", '#include "base/gone.h"\n', "does not exist"),
    ("isa-includes", "src/quant/packed/q8.h", "#include <algorithm>\n", "algorithm reaches the ISA source"),
    ("isa-includes", "src/kernels/isa/avx2/a.cpp", "#include <vector>\n", "vector reaches the ISA source"),
    ("families", "src/model/a.cpp", 'if (family == "gemma") {}\n', "src/model/a.cpp:1"),
    ("families", "src/text/a.cpp", "\nif (spec.family != Family::kGemma) {}\n", "src/text/a.cpp:2"),
    ("families", "src/model/a.cpp", 'if (arch == "gemma") {}\n', "src/model/a.cpp:1"),
    ("sizes", "src/base/a.cpp", "\n" * 801, "801 lines"),
    ("sizes", "tools/a.py", "\n" * 801, "801 lines"),
    ("mirror-tests", "src/base/a.cpp", "", "tests/unit/base/a_test.cpp is missing"),
    ("mirror-tests", "src/kernels/gemm.cpp", "", "tests/unit/kernels/gemm_test.cpp is missing"),
    ("todos", "src/base/a.h", "// TO" + "DO later\n", "src/base/a.h:1"),
    ("docs", "docs/a.md", "[x](gone.md)\n", "docs/a.md:1: gone.md does not exist"),
    ("docs", "README.md", "\n`src/gone.h`\n", "README.md:2: src/gone.h does not exist"),
    ("docs", "README.md", "`docs/*.txt`\n", "docs/*.txt does not exist"),
    ("lock-files", "web/package-lock.json", '{"resolved": "address"}', "download addresses"),
]


def write(root, files):
    for path, text in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)


@pytest.fixture
def tree(tmp_path):
    write(tmp_path, CLEAN)
    return tmp_path


@pytest.mark.parametrize("rule", check_layers.RULES)
def test_a_clean_tree_passes(tree, rule):
    assert check_layers.RULES[rule](tree) == []


@pytest.mark.parametrize(("rule", "path", "text", "complaint"), BROKEN)
def test_a_broken_rule_is_named(tree, rule, path, text, complaint):
    write(tree, {path: text})
    assert any(complaint in line for line in check_layers.RULES[rule](tree))


def test_every_rule_has_a_case_that_breaks_it():
    assert {case[0] for case in BROKEN} == set(check_layers.RULES)


def test_a_private_header_may_use_the_libraries_of_its_home(tree):
    write(tree, {"src/http/connection.h": "#include <boost/asio.hpp>\n"})
    assert check_layers.check_third_party(tree) == []


def test_a_part_of_a_file_is_tested_with_its_public_face(tree):
    write(tree, {"src/base/json_limits.cpp": ""})
    assert check_layers.check_mirror_tests(tree) == []


def test_generated_tables_may_be_long(tree):
    write(tree, {"src/base/table.h": "// generated table\n" + "\n" * 900})
    assert check_layers.check_sizes(tree) == []


def test_a_numbered_mark_is_allowed(tree):
    write(tree, {"src/base/a.h": "// TO" + "DO(#12) later\n"})
    assert check_layers.check_todos(tree) == []


def test_the_program_prints_one_line_per_rule_and_its_exit_code_tells(tree):
    run = lambda *rules: subprocess.run([sys.executable, SCRIPT, "--root", tree, *rules], capture_output=True, text=True)
    clean = run()
    assert (clean.returncode, len(clean.stdout.splitlines())) == (0, len(check_layers.RULES))
    write(tree, {"src/base/a.cpp": ""})
    assert run("mirror-tests").returncode == 1
    assert run("layers").returncode == 0
    assert run("no-such-rule").returncode == 2
