#!/usr/bin/env python3
"""Compares the peak resident memory of loading and running a model with the bar that Hearth sets itself.

    tools/bench/memory_bar.py MODEL...

The bar: 1.10 x the bytes of the weight files + 64 MiB; the few tokens that are run need no KV cache to speak of. Small
models are left out of the verdict, since 64 MiB would hide what is wrong with them.
"""

import argparse
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
MIB = 1 << 20
LEAST_BYTES = 300 * MIB
WEIGHTS = {".gguf", ".safetensors", ".bin", ".pt", ".pth"}


def weight_bytes(model):
    files = [model] if model.is_file() else [file for file in model.iterdir() if file.suffix in WEIGHTS]
    return sum(file.stat().st_size for file in files)


def peak_bytes(binary, model):
    command = [binary, "logits", model, "--tokens", "1,5,9,2", "--generate", "4"]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as process:
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        raise SystemExit(f"memory_bar: hearth logits {model} failed")
    return usage.ru_maxrss * 1024


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("models", nargs="+", type=Path)
    parser.add_argument("--binary", default=ROOT / "build/release/hearth")
    args = parser.parse_args()
    print(f"{'model':<32} {'weights':>9} {'peak':>9} {'bar':>9}  MiB")
    failed = False
    for model in args.models:
        size, peak = weight_bytes(model), peak_bytes(args.binary, model)
        bar = 1.10 * size + 64 * MIB
        verdict = "small" if size < LEAST_BYTES else "ok" if peak <= bar else "over"
        failed |= verdict == "over"
        print(f"{model.name:<32} {size / MIB:>9.0f} {peak / MIB:>9.0f} {bar / MIB:>9.0f}  {verdict}")
    sys.exit(failed)


if __name__ == "__main__":
    main()
