"""Real weights in every grouped format: tools/convert_real.py makes the folders, hearth answers as transformers does.

Needs the Python packages of tools/fixtures (torch, transformers, gguf, safetensors), which are not installed for the suite;
without them it is skipped. HEARTH_REAL_FOLDERS names a folder that `convert` has filled already (it takes minutes).
"""
import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import pytest

TOOL = Path(__file__).resolve().parents[2] / "tools" / "convert_real.py"
PACKAGES = ("numpy", "gguf", "safetensors", "torch", "transformers")
MISSING = [package for package in PACKAGES if importlib.util.find_spec(package) is None]

pytestmark = pytest.mark.skipif(bool(MISSING), reason=f"needs the Python packages {', '.join(MISSING)}")


def run(*arguments):
    return subprocess.run([sys.executable, TOOL, *map(str, arguments)], capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def folders(request, tmp_path_factory):
    given = os.environ.get("HEARTH_REAL_FOLDERS")
    if given:
        return Path(given)
    model = next(request.getfixturevalue("models_folder").glob("SmolLM2*.gguf"))
    out = tmp_path_factory.mktemp("real")
    done = run("convert", model, out)
    assert done.returncode == 0, done.stderr
    return out


def test_every_folder_answers_as_transformers_does(binary, folders):
    done = run("check", folders, "--hearth", binary)
    print(done.stdout)
    assert done.returncode == 0, done.stdout + done.stderr
