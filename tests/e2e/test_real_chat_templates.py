"""Chat templates of about seventy models, rendered by us and by jinja2 as transformers sets it up: every byte is equal.

The templates come from the same sdist as the vocabularies of test_real_vocabularies.py.
"""
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from test_real_vocabularies import ROOT, VERSION, unpacked

sys.path.insert(0, str(ROOT / "tools/fixtures"))
reference = pytest.importorskip("make_chat_templates", reason="jinja2 is not installed")

RENDER = Path(os.environ.get("HEARTH_RENDER_TEMPLATE", ROOT / "build/release/tests/tools/hearth_render_template"))
# Strings that went through `| safe` make Python escape what is added to them; the authors meant no HTML.
ESCAPES_HTML = {"meetkai-functionary-medium-v3.1.jinja"}


def test_every_byte_equals_transformers():
    folder = unpacked("vendor/llama.cpp/models/templates/", f"templates-{VERSION}", ".jinja")
    different, n_compared = [], 0
    for source in sorted(folder.glob("*.jinja")):
        if source.name in ESCAPES_HTML:
            continue
        template = reference.compile_reference(source.read_bytes().decode())
        # Parts are joined for templates that know only strings, so there the reference is not what we want.
        cases = [case for case in reference.cases() if case["name"] != "parts"]
        expected = [reference.render_reference(template, case) for case in cases]
        document = {"bos_token": reference.BOS, "eos_token": reference.EOS, "unix_seconds": reference.UNIX_SECONDS,
                    "cases": cases}
        run = subprocess.run([RENDER, source], input=json.dumps(document).encode(), capture_output=True, timeout=60,
                             env={"TZ": "UTC"})
        assert run.returncode == 0, run.stderr.decode()
        for case, want, got in zip(cases, expected, json.loads(run.stdout), strict=True):
            # What Python refuses we may render: messages are adapted to the template.
            if "expected" in want:
                n_compared += 1
                if got.get("text") != want["expected"]:
                    different.append((source.name, case["name"], got))
    assert not different
    assert n_compared > 700
