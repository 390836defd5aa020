"""Adds up JUnit reports and ends with the line `N passed, N failed, N skipped`.

    count_tests.py FOLDER...            every *.xml (gtest, pytest), and every *.died (a suite without a report) as one failure
    count_tests.py --from-cargo FILE    a JUnit report of the summary lines of `cargo test`, on stdout

Skipped tests are printed with their reason. Exit code 1 if a test failed or none ran.
"""
import re
import sys
import xml.etree.ElementTree as ET
from pathlib import Path


def state(case):
    """(passed, failed or skipped; the reason) of a <testcase> of gtest or pytest."""
    for tag in ("failure", "error"):
        if case.find(tag) is not None:
            return "failed", case.find(tag).get("message", "")
    skipped = case.find("skipped")
    if skipped is not None or case.get("status") == "notrun":
        return "skipped", "disabled" if skipped is None else skipped.get("message", "")
    return "passed", ""


def count(folders):
    counts, lines = {"passed": 0, "failed": 0, "skipped": 0}, []
    for folder in map(Path, folders):
        for died in sorted(folder.glob("*.died")):
            counts["failed"] += 1
            lines.append(f"failed: {died.stem} ended without a report ({died.read_text().strip()})")
        for report in sorted(folder.glob("*.xml")):
            try:
                cases = list(ET.parse(report).iter("testcase"))
            except ET.ParseError as error:
                # A program that crashes after it opened its report leaves it empty.
                counts["failed"] += 1
                lines.append(f"failed: {report.stem} left a broken report ({error})")
                continue
            for case in cases:
                result, reason = state(case)
                counts[result] += 1
                if result != "passed":
                    reason = " ".join(reason.split())[:160]
                    lines.append(f"{result}: {case.get('classname')}.{case.get('name')}: {reason}")
    return counts, lines


def from_cargo(text):
    suite = ET.Element("testsuite", name="bridge")
    for passed, failed, ignored in re.findall(r"test result: \w+\. (\d+) passed; (\d+) failed; (\d+) ignored", text):
        for tag, n in ((None, passed), ("failure", failed), ("skipped", ignored)):
            for _ in range(int(n)):
                case = ET.SubElement(suite, "testcase", classname="bridge", name="cargo")
                if tag:
                    ET.SubElement(case, tag, message="see the output of cargo test")
    return ET.tostring(suite, encoding="unicode")


def main():
    if sys.argv[1] == "--from-cargo":
        print(from_cargo(Path(sys.argv[2]).read_text()))
        return 0
    counts, lines = count(sys.argv[1:])
    print("\n".join([*lines, "{passed} passed, {failed} failed, {skipped} skipped".format(**counts)]))
    return 1 if counts["failed"] or not counts["passed"] else 0


if __name__ == "__main__":
    sys.exit(main())
