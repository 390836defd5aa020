"""The commands that need a real model and no server: list, show, run, bench, perplexity."""

import json
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
MODEL = "smollm2-135m-instruct"

# llama.cpp 0c1e57098 (llama-perplexity -c 512) on the same model and text; tools/bench/perplexity.py measures it again.
PEER_PERPLEXITY = 18.3459
PERPLEXITY_TOLERANCE = 0.01


@pytest.fixture
def hearth(binary, models_folder):
    def run(*arguments, text=None, code=0):
        done = subprocess.run([binary, *map(str, arguments), "--models-path", models_folder], input=text,
                              capture_output=True, text=True, timeout=300, check=False)
        assert done.returncode == code, done.stderr
        return done

    return run


def test_list_names_the_installed_model(hearth):
    assert MODEL in hearth("list").stdout


def test_show_says_what_it_is(hearth):
    shown = json.loads(hearth("show", MODEL, "--json").stdout)
    assert shown["architecture"] == "llama"
    assert shown["context_length"] == 8192
    assert shown["chat_template"] is True
    assert {row["type"] for row in shown["encodings"]} == {"Q4_1", "Q8_0", "F32"}


def test_run_answers_one_prompt(hearth):
    question = "What is the capital city of France? Answer in one sentence."
    assert "Paris" in hearth("run", MODEL, question, "--temperature", 0).stdout


def test_run_starts_over_with_the_same_answer(hearth):
    turns = "What is 2+2?\n/clear\nWhat is 2+2?\n/bye\n"
    first, second = hearth("run", MODEL, "--temperature", 0, text=turns).stdout.splitlines()
    assert "4" in first
    assert first == second


def test_bench_prints_the_documented_keys(hearth):
    figures = json.loads(hearth("bench", MODEL, "--prompt", 64, "--generate", 8, "--batch", "1,4", "--repeats", 1,
                                "--json").stdout)
    assert set(figures) == {"model", "isa", "threads", "prefill_tps", "decode_tps", "load_s", "peak_rss_bytes", "repeats"}
    assert set(figures["decode_tps"]) == {"1", "4"}


def test_perplexity_is_the_peers(hearth):
    text = ROOT / "bench" / "data" / "gpl-3.0.txt"
    found = json.loads(hearth("perplexity", MODEL, "--file", text, "--json").stdout)["perplexity"]
    assert found == pytest.approx(PEER_PERPLEXITY, rel=PERPLEXITY_TOLERANCE)
