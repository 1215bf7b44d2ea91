"""Puts a case into a case file without disturbing what people wrote there."""

from collections.abc import Mapping
from io import StringIO
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.error import YAMLError
from ruamel.yaml.scalarstring import DoubleQuotedScalarString

WIDTH = 4096
"""Lines are never broken: cases are written one activity a line."""


class NoCaseFile(Exception):
    """A text is no case file."""


def put_case(text: str, case: Mapping[str, Any]) -> str:
    """Return a case file's text with a case more at its end; comments and layout stay.

    Raises:
        NoCaseFile: It has no list of tests.
    """
    yaml = _yaml()
    try:
        root = yaml.load(text)
    except YAMLError as error:
        raise NoCaseFile from error
    tests = root.get("tests") if isinstance(root, CommentedMap) else None
    if not isinstance(tests, CommentedSeq):
        raise NoCaseFile
    tests.append(_block(case))
    if len(tests) > 1:
        tests.yaml_set_comment_before_after_key(len(tests) - 1, before="\n")
    return _dumped(yaml, root)


def new_file(ruleset: str, case: Mapping[str, Any]) -> str:
    """Return the text of a case file with one case."""
    return _dumped(_yaml(), CommentedMap(ruleset=ruleset, tests=CommentedSeq([_block(case)])))


def written(case: Mapping[str, Any]) -> str:
    """Return a case as it would stand in a file."""
    return _dumped(_yaml(), CommentedSeq([_block(case)]))


def _yaml() -> YAML:
    yaml = YAML(typ="rt")
    yaml.preserve_quotes = True
    yaml.width = WIDTH
    yaml.indent(mapping=2, sequence=4, offset=2)
    return yaml


def _dumped(yaml: YAML, root: Any) -> str:  # noqa: ANN401 - a tree of ruamel's
    out = StringIO()
    yaml.dump(root, out)
    return out.getvalue()


def _block(case: Mapping[str, Any]) -> CommentedMap:
    """Return a case in the layout of the shipped ones: an activity a line."""
    block = CommentedMap()
    for key, value in case.items():
        if key == "history":
            block[key] = CommentedSeq([_line(each) for each in value])
        elif key == "expect":
            block[key] = CommentedMap({name: _line(each) for name, each in value.items()})
        else:
            block[key] = _line(value)
    return block


def _line(value: Any) -> Any:  # noqa: ANN401 - plain values
    if isinstance(value, Mapping):
        # Times are quoted: there are readers that take them for something else.
        line = CommentedMap(
            {n: _quoted(v) if n in ("at", "received") else _line(v) for n, v in value.items()}
        )
        line.fa.set_flow_style()
        return line
    if isinstance(value, list):
        listed = CommentedSeq([_line(each) for each in value])
        listed.fa.set_flow_style()
        return listed
    return value


def _quoted(value: str) -> Any:  # noqa: ANN401 - a text that remembers its quotes
    return DoubleQuotedScalarString(value)
