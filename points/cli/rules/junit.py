"""Results of cases in the XML that build servers read."""

from collections.abc import Mapping
from xml.etree import ElementTree as ET

from points.rules import CaseReport, CaseResult


def junit(reports: Mapping[str, CaseReport]) -> str:
    """Return JUnit's XML: a suite for each case file, a test for each case."""
    root = ET.Element("testsuites")
    for file, report in reports.items():
        tests = report.results
        failed = sum(not result.passed for result in tests)
        amiss = [each for each in report.failures if not any(each in r.findings for r in tests)]
        counts = {"tests": str(len(tests)), "failures": str(failed), "errors": str(len(amiss))}
        suite = ET.SubElement(root, "testsuite", {"name": file, **counts})
        for result in tests:
            _case(suite, file, result)
        for finding in amiss:
            case = ET.SubElement(suite, "testcase", {"name": finding.code, "classname": file})
            _said(case, "error", f"{finding.place()}: {finding.zh} / {finding.en}")
    ET.indent(root)
    return ET.tostring(root, encoding="unicode", xml_declaration=True)


def _case(suite: ET.Element, file: str, result: CaseResult) -> None:
    names = {"name": _clean(result.name), "classname": file, "line": str(result.line)}
    case = ET.SubElement(suite, "testcase", names)
    if not result.passed:
        lines = [f"{each.place()}: {each.zh} / {each.en}" for each in result.findings]
        _said(case, "failure", "\n".join([*lines, *result.told.get("zh", ())]))


def _said(case: ET.Element, kind: str, text: str) -> None:
    ET.SubElement(case, kind, {"message": _clean(text.partition("\n")[0])}).text = _clean(text)


def _clean(text: str) -> str:
    """Return text without characters that XML cannot hold."""
    return "".join(each for each in text if each.isprintable() or each in "\n\t")
