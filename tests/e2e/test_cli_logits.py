"""`hearth logits` against the references of tests/golden, through the binary that people run."""

import json
import os
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
GOLDEN = ROOT / "tests" / "golden"
HEARTH = Path(os.environ.get("HEARTH_BINARY", ROOT / "build" / "release" / "hearth"))

# Absolute error that int8 activations may cause; the references' logits have a standard deviation of about 1.
FAST_TOLERANCE = 0.15


def gguf_fixtures():
    rows = json.loads((GOLDEN / "index.json").read_text())
    return [row for row in rows if row["fixture"].startswith("gguf-")]


def model_file(row):
    return GOLDEN / row["fixture"] / sorted(name for name in row["files"] if name.endswith(".gguf"))[0]


def logits(model, *arguments):
    command = [HEARTH, "logits", model, *map(str, arguments)]
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def largest_error(reply, expected):
    return max(abs(a - b) for a, b in zip(reply["last_logits"], expected["last_logits"], strict=True))


@pytest.mark.parametrize("row", gguf_fixtures(), ids=lambda row: row["fixture"])
def test_logits_match_the_reference(row):
    expected = json.loads((GOLDEN / row["fixture"] / "expected.json").read_text())
    tokens = ",".join(map(str, expected["prompt_ids"]))
    n_greedy = len(expected["greedy"])

    exact = logits(model_file(row), "--tokens", tokens, "--precision", "exact", "--generate", n_greedy)
    assert exact["n_vocab"] == len(expected["last_logits"])
    assert largest_error(exact, expected) <= expected["tolerance"]["max_abs"]
    assert exact["argmax_per_pos"] == expected["argmax_per_pos"]
    assert exact["generated"] == expected["greedy"]

    fast = logits(model_file(row), "--tokens", tokens)
    assert largest_error(fast, expected) <= FAST_TOLERANCE


def test_a_token_out_of_range_is_an_error():
    row = gguf_fixtures()[0]
    done = subprocess.run([HEARTH, "logits", model_file(row), "--tokens", "1,99999999"], capture_output=True, text=True,
                          check=False)
    assert done.returncode != 0
    assert "99999999" in done.stderr
    assert done.stderr.count("\n") == 1


def test_a_missing_file_is_one_line_and_exit_1():
    done = subprocess.run([HEARTH, "logits", "no-such-model.gguf", "--tokens", "1"], capture_output=True, text=True,
                          check=False)
    assert done.returncode == 1
    assert "no-such-model.gguf" in done.stderr
    assert done.stderr.count("\n") == 1


def test_wrong_usage_is_exit_2():
    done = subprocess.run([HEARTH, "logits"], capture_output=True, text=True, check=False)
    assert done.returncode == 2
