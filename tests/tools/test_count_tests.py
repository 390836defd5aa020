"""tools/dev/count_tests.py counts what gtest, pytest and cargo report, and a suite that died without a report."""
import importlib.util
import subprocess
import sys
from pathlib import Path

SCRIPT = Path(__file__).resolve().parents[2] / "tools/dev/count_tests.py"
spec = importlib.util.spec_from_file_location("count_tests", SCRIPT)
count_tests = importlib.util.module_from_spec(spec)
spec.loader.exec_module(count_tests)

GTEST = """<testsuites><testsuite name="A">
<testcase name="good" status="run" classname="A"/>
<testcase name="off" status="notrun" classname="A"/>
<testcase name="skips" status="run" result="skipped" classname="A"><skipped message="no AVX-512 here"/></testcase>
<testcase name="bad" status="run" classname="A"><failure message="one"/><failure message="two"/></testcase>
</testsuite></testsuites>"""
PYTEST = """<testsuites><testsuite><testcase classname="t" name="x"><error message="boom"/></testcase>
<testcase classname="t" name="y"/></testsuite></testsuites>"""
CARGO = "test result: FAILED. 3 passed; 1 failed; 2 ignored; 0 measured\ntest result: ok. 1 passed; 0 failed; 0 ignored\n"


def run(*arguments):
    return subprocess.run([sys.executable, SCRIPT, *arguments], capture_output=True, text=True)


def test_adds_every_report_of_the_folders(tmp_path):
    (tmp_path / "a.xml").write_text(GTEST)
    (tmp_path / "b.xml").write_text(PYTEST)
    (tmp_path / "c.xml").write_text(count_tests.from_cargo(CARGO))
    (tmp_path / "d.died").write_text("exit code 134")
    result = run(tmp_path)
    assert result.stdout.splitlines()[-1] == "6 passed, 4 failed, 4 skipped"
    assert "skipped: A.skips: no AVX-512 here" in result.stdout
    assert "failed: d ended without a report (exit code 134)" in result.stdout
    assert result.returncode == 1


def test_all_green_is_exit_code_0_and_no_test_is_not(tmp_path):
    assert run(tmp_path).returncode == 1
    (tmp_path / "a.xml").write_text('<testsuite><testcase classname="t" name="y"/></testsuite>')
    assert (run(tmp_path).stdout, run(tmp_path).returncode) == ("1 passed, 0 failed, 0 skipped\n", 0)


def test_a_report_that_breaks_off_is_one_failure(tmp_path):
    (tmp_path / "a.xml").write_text(PYTEST.replace("error", "x"))
    (tmp_path / "b.xml").write_text("")
    result = run(tmp_path)
    assert result.stdout.splitlines()[-1] == "2 passed, 1 failed, 0 skipped"
    assert "failed: b left a broken report" in result.stdout
    assert result.returncode == 1
