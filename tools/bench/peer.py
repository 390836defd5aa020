"""Runs the peer's own tools (built by build_peer.sh) and reads their figures."""

import json
import os
import re
import subprocess
from pathlib import Path


def find_peer(folder):
    """The folder with the peer's programs, or None: from --peer or HEARTH_PEER, as build_peer.sh leaves it."""
    folder = folder or os.environ.get("HEARTH_PEER")
    if not folder:
        return None
    programs = Path(folder) / "build" / "bin"
    if not (programs / "llama-bench").exists():
        raise SystemExit(f"{programs} holds no llama-bench: run tools/bench/build_peer.sh {folder}")
    return programs


def _run(command):
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise SystemExit(f"{command[0]} failed with {done.returncode}:\n{done.stderr[-2000:]}")
    return done


def prefill_and_decode(programs, model, threads, n_prompt, n_generate):
    """Tokens per second of one prompt and of single-stream decode from an empty cache."""
    done = _run([programs / "llama-bench", "-m", model, "-t", threads, "-p", n_prompt, "-n", n_generate, "-r", 1,
                 "-o", "json"])
    figures = {}
    for row in json.loads(done.stdout):
        figures["prefill" if row["n_prompt"] else "decode"] = row["avg_ts"]
    return figures


def batched_decode(programs, model, threads, n_generate, batches):
    """Tokens per second over all sequences, for each number of sequences."""
    context = max(batches) * (n_generate + 64) + 512
    done = _run([programs / "llama-batched-bench", "-m", model, "-t", threads, "-c", context, "-npp", 1,
                 "-ntg", n_generate, "-npl", ",".join(map(str, batches)), "--output-format", "jsonl"])
    rows = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    return {row["pl"]: row["speed_tg"] for row in rows}


def perplexity(programs, model, threads, text_file):
    done = _run([programs / "llama-perplexity", "-m", model, "-t", threads, "-f", text_file, "-c", 512])
    found = re.search(r"Final estimate: PPL = ([0-9.]+)", done.stdout + done.stderr)
    if not found:
        raise SystemExit("llama-perplexity printed no final estimate")
    return float(found.group(1))
