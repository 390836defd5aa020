#!/usr/bin/env python3
"""Perplexity of a text with hearth and with the peer on the same file: two readings of the same weights must agree.

  tools/bench/perplexity.py MODEL… [--file bench/data/gpl-3.0.txt] [--peer FOLDER]
"""

import argparse
import json
import os
import subprocess
from pathlib import Path

import peer

ROOT = Path(__file__).resolve().parent.parent.parent


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("models", nargs="+")
    parser.add_argument("--file", default=ROOT / "bench" / "data" / "gpl-3.0.txt")
    parser.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument("--peer")
    parser.add_argument("--hearth", default=ROOT / "build" / "release" / "hearth")
    args = parser.parse_args()
    programs = peer.find_peer(args.peer)
    for model in args.models:
        command = [args.hearth, "perplexity", model, "--file", args.file, "--threads", args.threads, "--json"]
        done = subprocess.run([str(part) for part in command], capture_output=True, text=True, check=True)
        ours = json.loads(done.stdout)["perplexity"]
        line = f"{Path(model).name}: hearth {ours:.4f}"
        if programs:
            theirs = peer.perplexity(programs, model, args.threads, args.file)
            line += f", peer {theirs:.4f}, difference {100 * (ours / theirs - 1):+.3f} %"
        print(line)


if __name__ == "__main__":
    main()
