#!/usr/bin/env python3
"""`./dev bench`: one table, ours and the peer's side by side in one interleaved run, with the ratio of the medians.

Each repeat runs ours, then the peer, on the same file with the same threads; so a slow minute of a shared machine hits
both. Without a peer (tools/bench/build_peer.sh, HEARTH_PEER) only our figures are printed.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
from pathlib import Path

import peer

ROOT = Path(__file__).resolve().parent.parent.parent


def run_ours(hearth, model, args):
    command = [hearth, "bench", model, "--prompt", args.prompt, "--generate", args.generate, "--threads", args.threads,
               "--batch", ",".join(map(str, args.batch)), "--repeats", 1, "--json"]
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise SystemExit(f"{' '.join(map(str, command))}:\n{done.stderr}")
    return json.loads(done.stdout)


def measure(hearth, programs, model, args):
    """rows: figure name -> (our values, the peer's values)."""
    rows = {}

    def note(name, side, value):
        rows.setdefault(name, ([], []))[side].append(value)

    reply = {}
    for repeat in range(args.repeats):
        reply = run_ours(hearth, model, args)
        note(f"prefill {args.prompt}", 0, reply["prefill_tps"])
        for batch, speed in reply["decode_tps"].items():
            note(f"decode, {batch} stream(s)", 0, speed)
        note("load, s", 0, reply["load_s"])
        note("peak memory, MiB", 0, reply["peak_rss_bytes"] / 2**20)
        if programs:
            theirs = peer.prefill_and_decode(programs, model, args.threads, args.prompt, args.generate)
            note(f"prefill {args.prompt}", 1, theirs["prefill"])
            note("decode, 1 stream(s)", 1, theirs["decode"])
            several = [batch for batch in args.batch if batch > 1]
            if several:
                batched = peer.batched_decode(programs, model, args.threads, args.generate, several)
                for batch, speed in batched.items():
                    note(f"decode, {batch} stream(s)", 1, speed)
        print(f"  {Path(model).name}: run {repeat + 1} of {args.repeats}", file=sys.stderr)
    return reply, rows


def print_table(model, reply, rows):
    print(f"\n{Path(model).name}  ({reply['isa']}, {reply['threads']} thread(s), medians)")
    print(f"{'':24}{'hearth':>12}{'min..max':>20}{'peer':>12}{'min..max':>20}{'ratio':>8}")
    for name, (ours, theirs) in rows.items():
        line = f"{name:24}{statistics.median(ours):12.1f}{f'{min(ours):.1f}..{max(ours):.1f}':>20}"
        if theirs:
            ratio = statistics.median(ours) / statistics.median(theirs)
            line += f"{statistics.median(theirs):12.1f}{f'{min(theirs):.1f}..{max(theirs):.1f}':>20}{ratio:8.2f}"
        print(line)


def cpu_name():
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.split(":", 1)[1].strip()
    return "unknown CPU"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("models", nargs="*", help="GGUF files; default: every one in models/")
    parser.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument("--prompt", type=int, default=512)
    parser.add_argument("--generate", type=int, default=128)
    parser.add_argument("--batch", type=lambda text: [int(part) for part in text.split(",")], default=[1, 4, 8])
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--peer", help="folder of build_peer.sh (default: HEARTH_PEER)")
    parser.add_argument("--hearth", default=ROOT / "build" / "release" / "hearth")
    parser.add_argument("--json", help="also write the figures to this file")
    args = parser.parse_args()
    programs = peer.find_peer(args.peer)
    models = args.models or sorted(str(path) for path in (ROOT / "models").glob("*.gguf"))
    if not models:
        raise SystemExit("no model: name GGUF files, or run ./dev run pull smollm2-135m-instruct first")
    if not programs:
        print("no peer: run tools/bench/build_peer.sh FOLDER and set HEARTH_PEER=FOLDER to compare", file=sys.stderr)
    stored = []
    print(cpu_name())
    for model in models:
        reply, rows = measure(args.hearth, programs, model, args)
        print_table(model, reply, rows)
        stored.append({"model": Path(model).name, "cpu": cpu_name(), "isa": reply["isa"], "threads": reply["threads"],
                       "rows": {name: {"hearth": ours, "peer": theirs} for name, (ours, theirs) in rows.items()}})
    if args.json:
        Path(args.json).write_text(json.dumps(stored, indent=1) + "\n")


if __name__ == "__main__":
    main()
