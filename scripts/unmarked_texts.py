"""Finds texts for people that are not marked for translation (docs/languages.md), in templates and in modules."""

import ast
import re
from collections.abc import Iterator
from html.parser import HTMLParser

from jinja2 import Environment, nodes

_MARKS = {"_", "gettext", "ngettext", "pgettext", "npgettext", "texts"}
_READ_ALOUD = {"alt", "aria-label", "placeholder", "title"}
_SILENT = {"code", "style", "script", "svg"}
# What stands for the value of an expression: no letter, and no end of an attribute.
_VALUE = "\N{REPLACEMENT CHARACTER}"
# Names that no language translates.
_NAMES = {"MFA reset", "MFA", "UTC", "CSV", "JSON", "SHA-256", "Service Bus", "Microsoft Teams", "Verified ID"}


class _Words(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.silent = 0
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.silent += tag in _SILENT
        self.found += [value for name, value in attrs if name in _READ_ALOUD and value]

    def handle_startendtag(self, _tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found += [value for name, value in attrs if name in _READ_ALOUD and value]

    def handle_endtag(self, tag: str) -> None:
        self.silent -= tag in _SILENT

    def handle_data(self, data: str) -> None:
        if not self.silent:
            self.found.append(data)


def in_template(source: str) -> list[str]:
    """Return the texts of a template that stand in it as they are: between the tags, in attributes, and in what it prints."""
    jinja = Environment(autoescape=True, extensions=["jinja2.ext.i18n"])
    jinja.policies["ext.i18n.trimmed"] = True
    tree = jinja.parse(source)
    words = _Words()
    words.feed("".join(_data(tree)))
    words.close()
    found = [text for each in words.found for text in re.split(_VALUE, " ".join(each.split()))]
    printed = [text for text in _constants(tree) if " " in text.strip() or text[:1].isupper()]
    return [
        text
        for each in (*found, *printed)
        if (text := each.strip(" .,:;·()\N{EN DASH}…")) not in _NAMES and _is_text(text)
    ]


def _is_text(text: str) -> bool:
    return len(re.findall(r"[^\W\d_]", text)) > 1


def _data(node: nodes.Node) -> Iterator[str]:
    """The template's own text in order, with a mark for each value."""
    for child in node.iter_child_nodes():
        if isinstance(child, nodes.Block) and child.name == "width":
            continue  # the name of a class
        if isinstance(child, nodes.TemplateData):
            yield child.data
        elif isinstance(node, nodes.Output):
            yield _VALUE
        else:
            yield from _data(child)


def _constants(node: nodes.Node) -> Iterator[str]:
    """The literals that may be printed: not what marks a text, what is compared, or what names a part of a value."""
    for child in node.iter_child_nodes():
        if (
            isinstance(child, nodes.Call)
            and isinstance(child.node, nodes.Name)
            and child.node.name in _MARKS | {"count"}
        ):
            values = [keyword.value for keyword in child.kwargs]
            for value in (*child.args, *values):
                if not isinstance(value, nodes.Const):
                    yield from _constants(nodes.Output([value]))
        elif isinstance(child, nodes.Filter) and child.name == "time":
            continue  # a style and the names of classes
        elif isinstance(
            child, nodes.Compare | nodes.Getitem | nodes.Getattr | nodes.Import | nodes.Include | nodes.Extends
        ):
            continue
        elif isinstance(child, nodes.Const):
            if isinstance(child.value, str):
                yield child.value
        else:
            yield from _constants(child)


def in_module(source: str) -> list[str]:
    """Return the texts of a module that are not marked: literals of several words that are no documentation and no error."""
    texts = _Literals()
    texts.visit(ast.parse(source))
    return [text for text in texts.found if " " in text.strip() and re.search(r"[A-Za-z]{2}", text)]


class _Literals(ast.NodeVisitor):
    """Collects the literals that are neither marked nor read by developers alone."""

    def __init__(self) -> None:
        self.found: list[str] = []

    def visit_Constant(self, node: ast.Constant) -> None:
        if isinstance(node.value, str):
            self.found.append(node.value)

    def visit_Raise(self, node: ast.Raise) -> None:
        """An error is for the log, or has a reason of its own."""

    def visit_Expr(self, node: ast.Expr) -> None:
        if not isinstance(node.value, ast.Constant):  # documentation
            self.generic_visit(node)

    def visit_Dict(self, node: ast.Dict) -> None:
        for value in node.values:  # a key is a code
            self.visit(value)

    def visit_Call(self, node: ast.Call) -> None:
        name = ast.unparse(node.func)
        if name.startswith("_log."):
            return
        if name.removeprefix("languages.") in _MARKS:
            for keyword in node.keywords:
                self.visit(keyword)
            return
        self.generic_visit(node)
