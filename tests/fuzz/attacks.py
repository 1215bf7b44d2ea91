"""Files and expressions that were made to hurt, each with a name and the codes that refuse it."""

NESTED = "".join(f"{' ' * n}k{n}:\n" for n in range(300))
BOMB = "a: &a [x, x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{new}: &{new} [{', '.join([f'*{old}'] * 10)}]\n"
    for old, new in zip("abcdefghijklmno", "bcdefghijklmnop", strict=True)
)
LET_BOMB = "let:\n  a0: event.hours\n" + "".join(
    f"  a{n}: let.a{n - 1} + let.a{n - 1}\n" for n in range(1, 60)
)
HEAD = (
    'ruleset: party\nversion: 1\neffective: {from: "2026-01-01", until: "2027-01-01"}\n'
    "timezone: Asia/Shanghai\ntitle: {zh: 甲, en: A}\nmeasures: [wallet]\n"
)
RULE = "rules:\n  - {id: R, title: {zh: 甲, en: A}, on: volunteer.shift, "

FILES: dict[str, tuple[str, str]] = {
    "bomb of aliases": (BOMB, "yaml.anchor"),
    "alias of itself": ("a: &a [*a]\n", "yaml.anchor"),
    "thirty thousand brackets": ("[" * 30_000, "yaml.too_deep"),
    "thirty thousand braces": ("{a: " * 30_000, "yaml.too_deep"),
    "thirty thousand dashes": ("- " * 30_000, "yaml.too_deep"),
    "thirty thousand questions": ("? " * 30_000, "yaml.too_deep"),
    "three hundred levels": (NESTED, "yaml.too_deep"),
    "ten megabytes of one word": ("a: " + "x" * 10_000_000, "yaml.too_big"),
    "ten megabytes in quotes": ('a: "' + "x" * 10_000_000 + '"', "yaml.too_big"),
    "ten megabytes of Chinese": ("a: " + "规" * 3_400_000, "yaml.too_big"),
    "a hundred thousand keys": ("".join(f"k{n}: 1\n" for n in range(100_000)), "yaml.too_big"),
    "a hundred thousand keys on one line": (
        "{" + ", ".join(f"k{n}: 1" for n in range(100_000)) + "}",
        "yaml.too_big",
    ),
    "sixty thousand nothings": ("[" + "," * 60_000 + "]", "yaml.too_big"),
    "sixty thousand items": ("[" + "1," * 60_000 + "]", "yaml.too_big"),
    "a million lines": ("\n" * 1_000_001, "yaml.too_big"),
    "many documents": ("--- a\n" * 1_000, "yaml.documents"),
    "many directives": ("%YAML 1.2\n" * 500, "yaml.syntax"),
    "python object": ("a: !!python/object/apply:os.system ['id']\n", "yaml.tag"),
    "tag of its own": ("%TAG ! tag:x,2000:\n---\na: !b c\n", "yaml.tag"),
    "merge": ("a: {<<: {b: 1}}\n", "yaml.merge_key"),
    "same key": ("a: 1\na: 2\n", "yaml.duplicate_key"),
    "key that is a list": ("? [a]\n: 1\n", "yaml.key"),
    "nul": ("a: \x00b", "yaml.syntax"),
    "escape character": ("a: \x1b[31m", "yaml.syntax"),
    "lone surrogate": ("a: \ud800", "yaml.too_big"),
    "escaped surrogate": ('a: "\\ud800"', "yaml.syntax"),
    "escape beyond Unicode": ('a: "\\U00110000"', "yaml.syntax"),
    "byte order mark inside": (HEAD + "note: a\n\ufeffb: 1\n", "yaml.syntax"),
    "tabs": ("a:\n\t- 1\n", "yaml.tab"),
    "quote that never ends": ('a: "' + "x\n" * 10_000, "yaml.quote"),
    "unending block": ("a: |99\n  x\n", "yaml.syntax"),
    "number of a hundred thousand digits": (HEAD + f"base: {{wallet: {'9' * 100_000}}}\nrules: []\n", "file.bad_value"),
    "exponent beyond all bounds": (HEAD + "base: {wallet: 1e999999999}\nrules: []\n", "file.bad_value"),
    "factor beyond all bounds": (
        HEAD + "multipliers: [{id: m, when: event.verified, times: 1e999999999}]\n" + RULE + "points: 1, multipliers: [m]}\n",
        "file.bad_value",
    ),
    "factor that is no number": (
        HEAD + "multipliers: [{id: m, when: event.verified, times: NaN}]\n" + RULE + "points: 1, multipliers: [m]}\n",
        "file.bad_value",
    ),
    "first year of all": (HEAD.replace("2026", "0001") + "rules: []\n", "file.bad_value"),
    "last year of all": (HEAD.replace("2027", "9999") + RULE + "points: 1}\n", "file.bad_value"),
    "cell beyond all bounds": (
        HEAD + RULE + "table: {hit: first, columns: [event.hours], rows: [[1e999999999, 1]]}}\n",
        "table.cell",
    ),
    "nodes upon nodes": ("- [1, 2]\n" * 19_000, "yaml.too_many_nodes"),
    "keys upon keys": (HEAD + "".join(f"k{n}: 1\n" for n in range(19_000)), "file.unknown_key"),
    "bomb of lets": (HEAD + LET_BOMB + RULE + "points: let.a59}\n", "expression.too_complex"),
    "brackets in an expression": (HEAD + RULE + f"points: '{'(' * 900}'}}\n", "expression.too_complex"),
    "expression without end": (HEAD + RULE + f"points: '{'1+' * 5_000}1'}}\n", "expression.too_long"),
    "other letters": (HEAD + RULE + "points: event.hоurs}\n", "expression.syntax"),
    "invisible letters": (HEAD + RULE + "points: event.ho\u200burs}\n", "expression.syntax"),
    "text that runs backwards": (HEAD + RULE + "points: event.hours \u202e+ 1}\n", "expression.syntax"),
    "digits of another script": (HEAD + RULE + "points: ١٢}\n", "expression.syntax"),
    "combining marks": (HEAD + "note: " + "e" + "\u0301" * 50_000 + "\n", "file.missing_key"),
    "line separators": (HEAD + "note: a\u2028b\x85c\n" + RULE + "points: event.nope}\n", "yaml.syntax"),
    "misspelt many times": (HEAD + "rules: []\n" + "".join(f"kex{n}: 1\n" for n in range(5_000)), "file.unknown_key"),
}  # fmt: skip

EXPRESSIONS: dict[str, tuple[str, str]] = {
    "thirty thousand brackets": ("(" * 30_000, "expression.too_long"),
    "as many brackets as fit": ("(" * 2_000, "expression.too_complex"),
    "lists in lists": ("[" * 1_000 + "]" * 1_000, "expression.too_complex"),
    "calls in calls": ("min(" * 480, "expression.too_complex"),
    "a thousand nots": ("!" * 1_999 + "a", "expression.too_complex"),
    "a thousand signs": ("-" * 1_999 + "1", "expression.too_complex"),
    "sums": ("+".join(["1"] * 900), "expression.too_complex"),
    "choices": ("true?" * 150 + "1" + ":1" * 150, "expression.too_complex"),
    "many digits": ("9" * 1_999, "expression.syntax"),
    "an exponent": ("1e999999999", "expression.syntax"),
    "a quote that never ends": ('"' + "x" * 1_990, "expression.syntax"),
    "backslashes": ('"' + "\\" * 1_991, "expression.syntax"),
    "long name": ("event." + "x" * 1_990, "expression.unknown_name"),
    "long path": (".".join("abcde" for _ in range(300)), "expression.unknown_name"),
    "dunder": ("event.__class__.__mro__", "expression.unknown_name"),
    "call of import": ("__import__('os')", "expression.unknown_function"),
    "nul": ("event.hours\x00", "expression.syntax"),
    "lone surrogate": ("'\ud800' == 'a'", ""),
    "nothing": ("", "expression.syntax"),
    "spaces": (" " * 2_000, "expression.syntax"),
    "other digits": ("１＋１", "expression.syntax"),
}  # fmt: skip
