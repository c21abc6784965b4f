"""What holds for every template, of pages and mails alike."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from jinja2 import Environment, nodes

from messaging import mail_text
from web import pages
from web.templating import environment

FOLDERS = (Path(pages.__file__).parent / "templates", Path(mail_text.__file__).parent / "templates")
TEMPLATES = [
    (folder, path.relative_to(folder).as_posix()) for folder in FOLDERS for path in sorted(folder.rglob("*.*"))
]


def edges(printed: nodes.Node, *, left: bool) -> Iterator[str]:
    """The literals that a printed expression can begin (or end) with."""
    match printed:
        case nodes.Const(value=str(text)):
            yield text
        case nodes.CondExpr():
            for branch in (printed.expr1, printed.expr2):
                if branch is not None:
                    yield from edges(branch, left=left)
        case nodes.Or():
            yield from edges(printed.left, left=left)
            yield from edges(printed.right, left=left)
        case nodes.Concat():
            yield from edges(printed.nodes[0 if left else -1], left=left)
        case nodes.Filter() if printed.node is not None:
            yield from edges(printed.node, left=left)
        case nodes.Call():  # a macro prints what it is given
            for argument in printed.args:
                yield from edges(argument, left=left)


def stripped(jinja: Environment, source: str) -> list[str]:
    """The literals with a space that printing takes away."""
    return [
        text
        for output in jinja.parse(source).find_all(nodes.Output)
        for printed in output.nodes
        if not isinstance(printed, nodes.TemplateData)
        for left in (True, False)
        for text in edges(printed, left=left)
        if (text[:1].isspace() and left) or (text[-1:].isspace() and not left)
    ]


@pytest.mark.parametrize(("folder", "name"), TEMPLATES, ids=[name for _, name in TEMPLATES])
def test_no_words_run_together(folder: Path, name: str) -> None:
    assert stripped(environment(folder), (folder / name).read_text("utf-8")) == []


PAGES = [name for folder, name in TEMPLATES if folder == FOLDERS[0] and name.endswith(".html")]


@pytest.mark.parametrize("name", PAGES)
def test_a_page_prints_a_time_as_an_element_alone(name: str) -> None:
    parsed = environment(FOLDERS[0]).parse((FOLDERS[0] / name).read_text("utf-8"))
    assert [f.lineno for f in parsed.find_all(nodes.Filter) if f.name == "when"] == []
    assert [f.lineno for f in parsed.find_all(nodes.Getattr) if f.attr in {"when", "isoformat", "strftime"}] == []
    texts = [data.data for data in parsed.find_all(nodes.TemplateData)]
    assert [text for text in texts if "<time" in text] == []


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ('No request{{ " matches" if x else " yet" }}.', [" matches", " yet"]),
        ('{{ "a " ~ b }}{{ b ~ " a" }}{{ "a " ~ b ~ " a" }}', []),
        ('{{ " a" ~ b }}{{ b ~ "a " }}', [" a", "a "]),
        ('{{ x or " none" }}{{ row("a", "b ") }}{{ " A"|lower }}', [" none", "b ", " A"]),
        ("{% set a = ' b' %} c {{ x }}", []),
    ],
)
def test_the_search_itself(source: str, found: list[str]) -> None:
    assert stripped(environment(FOLDERS[0]), source) == found
