"""A models folder that holds one model of every container: each answers, and a broken one says what is wrong with it.

The models are the fixtures of tests/golden. Most come without a tokenizer; the test puts a byte-level one beside them.
"""
import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from conftest import Server

ROOT = Path(__file__).resolve().parents[2]
GOLDEN = ROOT / "tests" / "golden"
HEARTH = Path(os.environ.get("HEARTH_BINARY", ROOT / "build" / "release" / "hearth"))

# name in the models folder -> fixture. A name with an ending is a loose file, another one a folder.
MODELS = {
    "loose.gguf": "gguf-llama-f32",
    "sharded-gguf": "gguf-sharded",
    "safetensors": "hf-llama-f32",
    "safetensors-shards": "hf-llama-bf16-sharded",
    "torch": "hf-llama-bin",
    "torch-shards": "hf-llama-bin-sharded",
    "opt-125m": "hf-opt-bin",
    "gptq": "gptq-4bit-32g-actorder",
    "gptq-old-name": "gptq-4bit-64g-old-name",
    "awq": "awq-gemm-64g",
    "exl2": "exl2-mixed",
    "fp8": "hf-llama-fp8-block",
    "koala.ggmlv3.q4_0.bin": "ggjt-v3-q4_0",
    "ggmf.bin": "ggmf-v1-q4_1",
    "gptj.bin": "ggml-gptj",
    "RWKV-4.pth": "rwkv-v4-pth",
    "rwkv_small": "rwkv-v5.2-ggml-q8_0",
}
WITH_OWN_VOCABULARY = {"loose.gguf", "sharded-gguf", "koala.ggmlv3.q4_0.bin", "ggmf.bin", "gptj.bin"}
YAMLS = {
    "exllama2.yaml": "name: exllama2\nbackend: exllama2\nparameters: {model: exl2}\n",
    "orca.yaml": "name: orca\nbackend: autogptq\nparameters: {model: TheBloke/gptq}\nmodel_base_name: model\n",
    "misfit.yaml": "name: misfit\nbackend: llama-ggml\nparameters: {model: loose.gguf}\n",
}
BROKEN = {
    "pointer.gguf": (b"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 9\n", "Git LFS pointer"),
    "page.gguf": (b"<!DOCTYPE html><html></html>", "web page"),
    "cut.gguf": ((GOLDEN / "gguf-llama-f32" / "model.gguf").read_bytes()[:70_000], "cut.gguf"),
}


def byte_alphabet():
    """The characters that stand for the bytes 0 to 255 in a byte-level vocabulary."""
    printable = [*range(33, 127), *range(161, 173), *range(174, 256)]
    others = iter(range(256, 512))
    return [chr(byte if byte in printable else next(others)) for byte in range(256)]


def byte_tokenizer():
    return json.dumps({
        "version": "1.0", "added_tokens": [], "normalizer": None, "post_processor": None,
        "pre_tokenizer": {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": True},
        "decoder": {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": True},
        "model": {"type": "BPE", "vocab": {piece: i for i, piece in enumerate(byte_alphabet())}, "merges": []}})


def is_folder(name):
    return (GOLDEN / MODELS[name] / "config.json").exists() or name == "sharded-gguf"


def put_model(models, name):
    fixture = GOLDEN / MODELS[name]
    if is_folder(name):
        shutil.copytree(fixture, models / name)
        (models / name / ".git" / "lfs").mkdir(parents=True)
        if name not in WITH_OWN_VOCABULARY:
            (models / name / "tokenizer.json").write_text(byte_tokenizer())
        return
    shutil.copy(next(fixture.glob("model.*")), models / name)
    if name not in WITH_OWN_VOCABULARY:
        (models / f"{name}.tokenizer.json").write_text(byte_tokenizer())


@pytest.fixture(scope="module")
def models(tmp_path_factory):
    folder = tmp_path_factory.mktemp("models")
    for name in MODELS:
        put_model(folder, name)
    for name, text in YAMLS.items():
        (folder / name).write_text(text)
    for name, (content, _) in BROKEN.items():
        (folder / name).write_bytes(content)
    shutil.copytree(GOLDEN / "hf-llama-f32", folder / "no-tokenizer")
    shutil.copytree(GOLDEN / "hf-llama-bf16-sharded", folder / "lost-shard")
    (folder / "lost-shard" / "tokenizer.json").write_text(byte_tokenizer())
    (folder / "lost-shard" / "model-00002-of-00003.safetensors").unlink()
    return folder


@pytest.fixture(scope="module")
def formats_server(binary, models, tmp_path_factory):
    server = Server(binary, models, tmp_path_factory.mktemp("formats") / "log")
    yield server.wait_ready()
    assert server.stop() == 0, server.log()


def listed_name(name):
    return name if is_folder(name) else Path(name).stem


def expected_of(name):
    return json.loads((GOLDEN / MODELS[name] / "expected.json").read_text())


def hearth(*arguments):
    return subprocess.run([str(HEARTH), *map(str, arguments)], capture_output=True, text=True, check=False, timeout=120)


def test_every_container_is_listed_once(formats_server):
    listed = [row["id"] for row in json.loads(formats_server.request("GET", "/v1/models")[2])["data"]]
    wanted = {listed_name(name) for name in MODELS} - {"exl2", "gptq", "loose"}
    wanted |= {"exllama2", "orca", "misfit", "pointer", "page", "cut", "no-tokenizer", "lost-shard"}
    assert sorted(listed) == sorted(wanted)


@pytest.mark.parametrize("name", [name for name in MODELS if name != "loose.gguf"])
def test_every_container_answers(formats_server, name):
    model = {"exl2": "exllama2", "gptq": "orca"}.get(name, listed_name(name))
    body = {"model": model, "prompt": expected_of(name)["prompt_ids"], "max_tokens": 4, "temperature": 0, "ignore_eos": True}
    status, _, answer = formats_server.post("/v1/completions", body)
    assert status == 200, answer
    assert answer["usage"]["completion_tokens"] == 4
    status, _, again = formats_server.post("/v1/completions", body)
    assert again["choices"][0]["text"] == answer["choices"][0]["text"]
    assert again["system_fingerprint"] == answer["system_fingerprint"]
    status, _, answer = formats_server.post("/v1/chat/completions", {
        "model": model, "messages": [{"role": "user", "content": "Hi"}], "max_tokens": 2})
    assert status == 200, answer


@pytest.mark.parametrize("name", MODELS)
def test_logits_of_every_container(models, name):
    expected = expected_of(name)
    done = hearth("logits", models / name, "--tokens", ",".join(map(str, expected["prompt_ids"])), "--precision", "exact",
                  "--generate", len(expected["greedy"]))
    assert done.returncode == 0, done.stderr
    reply = json.loads(done.stdout)
    error = max(abs(a - b) for a, b in zip(reply["last_logits"], expected["last_logits"], strict=True))
    assert error <= expected["tolerance"]["max_abs"]
    assert reply["generated"] == expected["greedy"]


@pytest.mark.parametrize("model, status, words", [
    ("pointer", 500, ["pointer.gguf", "Git LFS pointer"]),
    ("page", 500, ["page.gguf", "web page"]),
    ("cut", 500, ["cut.gguf"]),
    ("lost-shard", 500, ["model-00002-of-00003.safetensors"]),
    ("no-tokenizer", 400, ["no-tokenizer", "tokenizer.json", "tokenizer.model", "vocab.json"]),
    ("misfit", 400, ["'llama-ggml'", "a GGUF file"]),
])
def test_a_broken_model_says_so_and_others_go_on(formats_server, model, status, words):
    got, _, answer = formats_server.post("/v1/completions", {"model": model, "prompt": "a", "max_tokens": 1})
    message = answer["error"]["message"]
    assert got == status, answer
    assert "\n" not in message
    for word in words:
        assert word in message
    got, _, answer = formats_server.post("/v1/completions", {"model": "safetensors", "prompt": "a", "max_tokens": 1})
    assert got == 200, answer


def test_the_command_line_says_the_same_in_one_line(models):
    for name, (_, word) in BROKEN.items():
        for command in (("show",), ("logits", "--tokens", "1")):
            done = hearth(command[0], models / name, *command[1:])
            assert done.returncode == 1, done.stdout
            assert done.stderr.count("\n") == 1 and word in done.stderr
    done = hearth("logits", models / "lost-shard", "--tokens", "1")
    assert done.returncode == 1 and "model-00002-of-00003.safetensors" in done.stderr
    assert hearth("logits", models / "no-tokenizer", "--tokens", "1").returncode == 0
    done = hearth("run", models / "no-tokenizer", "Hi")
    assert done.returncode == 1 and "tokenizer.json" in done.stderr and done.stderr.count("\n") == 1


def test_list_shows_folders_and_rm_takes_them(models, tmp_path):
    done = hearth("list", "--models-path", models, "--json")
    assert done.returncode == 0, done.stderr
    rows = {row["name"]: row for row in json.loads(done.stdout)}
    assert rows["torch-shards"]["n_files"] == 3
    shutil.copytree(models / "fp8", tmp_path / "fp8")
    assert hearth("rm", "fp8", "--models-path", tmp_path).returncode == 0
    assert not any(tmp_path.iterdir())
