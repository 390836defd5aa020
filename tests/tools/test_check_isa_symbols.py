"""tools/check_isa_symbols.py finds a shared inline function in a real object, and accepts one that carries the level."""
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).resolve().parents[2] / "tools/check_isa_symbols.py"

BAD_INLINE = "inline float twice(float x) { return x + x; }\nnamespace avx2 { float f(float x) { return twice(x); } }\n"
BAD_GLOBAL = "float sum(float x) { return x; }\n"
BAD_PREFIX = "namespace avx512 { float f(float x) { return x; } }\n"
GOOD = """namespace { float hidden(float x) { return x; } }
struct Avx2 {};
template <typename Isa> float twice(float x) { return x + x; }
template float twice<Avx2>(float);
namespace avx2 { float f(float x) { return twice<Avx2>(x) + hidden(x); } }
"""


def check(root, folder, source):
    path = root / folder
    path.mkdir(parents=True)
    (path / "a.cpp").write_text(source)
    subprocess.run(["g++", "-O0", "-c", path / "a.cpp", "-o", path / "a.cpp.o"], check=True)
    return subprocess.run([sys.executable, SCRIPT, root], capture_output=True, text=True)


@pytest.mark.parametrize("source", [BAD_INLINE, BAD_GLOBAL, BAD_PREFIX])
@pytest.mark.parametrize("folder", ["release/src/kernels/isa/avx2", "release/src/CMakeFiles/hearth_isa_avx2.dir"])
def test_a_symbol_without_its_level_is_found(tmp_path, folder, source):
    result = check(tmp_path, folder, source)
    assert result.returncode == 1
    assert "does not carry the level's name (avx2)" in result.stdout


def test_tagged_and_hidden_symbols_pass(tmp_path):
    result = check(tmp_path, "release/src/kernels/isa/avx2", GOOD)
    assert (result.returncode, result.stdout) == (0, "1 ISA objects checked\n")


@pytest.mark.parametrize("folder", ["release/src/kernels/isa/scalar", "release/src/base"])
def test_objects_without_isa_flags_are_not_asked(tmp_path, folder):
    result = check(tmp_path, folder, BAD_INLINE)
    assert (result.returncode, result.stdout) == (0, "0 ISA objects checked\n")
