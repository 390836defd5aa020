#!/usr/bin/env python3
"""No object built with ISA flags may define a symbol that another object could define too.

    tools/check_isa_symbols.py [BUILD_FOLDER]       default: every folder of build/; exit code 1 on a finding

The linker keeps one copy of each weak symbol (inline functions, templates). If that is the AVX-512 copy, an older CPU
crashes in code that never asked for AVX-512. So every weak or global symbol that an object of kernels/isa/<level> defines
carries the name of its level: its namespace or its tag type (Avx2, avx2). The scalar level has no flags and is exempt.
`./dev lint` runs this; build the debug preset (-O0) too before a release, since it inlines nothing.
"""
import re
import subprocess
import sys
from pathlib import Path

# nm's letters for symbols that other objects see: weak, unique, and defined in text, data, bss or read-only data.
VISIBLE = set("WVuTDBRGSC")
LEVEL = re.compile(r"kernels/isa/(\w+)/|hearth_isa_(\w+)\.dir/")


def level_of(path):
    """The ISA level whose flags built this object, or None."""
    match = LEVEL.search(path)
    return (match[1] or match[2]) if match else None


def findings(level, nm_output):
    """The lines of `nm -C --defined-only` that name a visible symbol without the level's name."""
    result = []
    for line in nm_output.splitlines():
        match = re.match(r"^[0-9a-f]* *([A-Za-z]) (.+)$", line.strip())
        # DW.ref.*: a pointer for the unwinder, the same in every object.
        if match and match[1] in VISIBLE and not match[2].startswith("DW.ref."):
            if not re.search(rf"(?<![a-z0-9]){level}(?![a-z0-9])", match[2], re.I):
                result.append(match[2])
    return result


def main():
    build = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).resolve().parent.parent / "build"
    n_objects, failed = 0, False
    for path in sorted(build.rglob("*.o")):
        level = level_of(path.as_posix())
        if level in (None, "scalar"):
            continue
        n_objects += 1
        output = subprocess.run(["nm", "-C", "--defined-only", path], check=True, capture_output=True, text=True).stdout
        for symbol in findings(level, output):
            failed = True
            print(f"{path.relative_to(build)}: {symbol} does not carry the level's name ({level})")
    print(f"{n_objects} ISA objects checked")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
