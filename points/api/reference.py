"""The reference page: the OpenAPI description as plain HTML, without any script."""

import base64
import hashlib
from collections.abc import Iterator, Mapping
from html import escape
from typing import Any

_STYLE = """body{font:16px/1.6 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;
color:#1b1b1b;background:#fff}code{background:#f1f1f1;padding:.1em .3em}td,th{text-align:left;
padding:.2em .8em .2em 0;vertical-align:top}h3{margin-top:2rem}.m{font-weight:700}
"""
STYLE_HASH = "sha256-" + base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
"""By which the page's policy allows this one style and no other."""

_HEAD = """<!doctype html><html lang="zh-CN"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1"><title>{title}</title>
<style>{style}</style></head><body><h1>{title}</h1><p>{description}</p>"""


def page(description: Mapping[str, Any]) -> str:
    """Return the page."""
    info = description["info"]
    head = _HEAD.format(
        title=escape(info["title"]), style=_STYLE, description=escape(info["description"])
    )
    parts = [head]
    for path, operations in description["paths"].items():
        for method, operation in operations.items():
            parts.extend(_operation(method, path, operation))
    parts.append("<h2>数据结构 · Schemas</h2>")
    for name, schema in description["components"]["schemas"].items():
        parts.extend(_schema(name, schema))
    parts.append("</body></html>")
    return "\n".join(parts)


def _operation(method: str, path: str, operation: Mapping[str, Any]) -> Iterator[str]:
    yield f'<h3 id="{escape(operation["operationId"])}"><span class="m">{method.upper()}</span> '
    yield f"<code>{escape(path)}</code> {escape(operation['summary'])}</h3>"
    yield f"<p>{escape(operation.get('description', ''))}</p>"
    if parameters := operation.get("parameters"):
        yield "<table>"
        for each in parameters:
            needed = "必填 · required" if each.get("required") else ""
            yield f"<tr><td><code>{escape(each['name'])}</code></td><td>{escape(each['in'])}</td>"
            yield f"<td>{_type(each['schema'])}</td><td>{needed}</td></tr>"
        yield "</table>"
    if body := operation.get("requestBody"):
        yield f"<p>请求 · Body: {_content(body)}</p>"
    for status, answer in operation["responses"].items():
        yield f"<p>{escape(status)}: {_content(answer)}</p>"


def _content(part: Mapping[str, Any]) -> str:
    types = part.get("content", {})
    return ", ".join(
        f"{_type(c.get('schema', {}))} <code>{escape(t)}</code>" for t, c in types.items()
    )


def _schema(name: str, schema: Mapping[str, Any]) -> Iterator[str]:
    yield f'<h3 id="{escape(name)}"><code>{escape(name)}</code></h3>'
    yield f"<p>{escape(schema.get('description', ''))}</p><table>"
    required = schema.get("required", ())
    for field, spec in schema.get("properties", {}).items():
        needed = "必填 · required" if field in required else ""
        about = escape(spec.get("description", ""))
        yield f"<tr><td><code>{escape(field)}</code></td><td>{_type(spec)}</td>"
        yield f"<td>{needed}</td><td>{about}</td></tr>"
    yield "</table>"


def _type(schema: Mapping[str, Any]) -> str:
    if "$ref" in schema:
        name = schema["$ref"].rsplit("/", 1)[1]
        return f'<a href="#{escape(name)}">{escape(name)}</a>'
    for several in ("anyOf", "oneOf"):
        if several in schema:
            kinds = [_type(each) for each in schema[several] if each.get("type") != "null"]
            return " | ".join(kinds)
    if schema.get("type") == "array":
        return f"[{_type(schema.get('items', {}))}]"
    if "enum" in schema:
        return " | ".join(f"<code>{escape(str(each))}</code>" for each in schema["enum"])
    return escape(str(schema.get("format") or schema.get("type", "any")))
