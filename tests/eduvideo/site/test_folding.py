from concurrent.futures import ThreadPoolExecutor

import pytest
from django.template import Context, Engine, Template, engines
from django.template.base import TextNode
from django.utils.translation import override

from eduvideo.site.folding import ConstantNode, fold

LIBRARIES = {
    "i18n": "django.templatetags.i18n",
    "static": "django.templatetags.static",
    "l10n": "django.templatetags.l10n",
}
SOURCES = [
    "plain",
    "{% load i18n %}<p>{% translate 'Search' %}</p>{{ name }}{% translate 'Subjects' %}",
    "{% load i18n static %}{% if name %}{% translate 'Home' %}{% static 'site/icon.svg' %}{% else %}-{% endif %}",
    "{% load i18n %}{% for one in many %}{% translate 'Search' %} {{ one }}{% empty %}{% translate 'Me' %}{% endfor %}",
    "{% load i18n %}{% translate 'Search' as label %}{{ label }}{% translate name %}{% translate name|upper %}",
    "{% load i18n %}{% with label='x' %}{% url 'home' %}{% url 'account_login' as to %}{{ to }}{% endwith %}",
    "{% load i18n %}{% url 'watch' name %}{% blocktranslate %}Lessons for “{{ name }}”{% endblocktranslate %}",
    "{% autoescape off %}{{ name }}<b>{% endautoescape %}{{ name }}{# nothing #}{% comment %}no{% endcomment %}",
    "{% load i18n %}{% translate 'Search' noop %}{% translate '100%' %}{% translate 'Open' context 'door' %}",
]
CONTEXTS = [{"name": "Search", "many": [1, 2]}, {"name": "<b>", "many": []}, {"name": "", "many": [3]}]


def made(source: str) -> Template:
    return Template(source, engine=Engine(libraries=LIBRARIES))


@pytest.mark.parametrize("source", SOURCES)
def test_it_says_what_it_said_before_in_each_language(source: str) -> None:
    plain, folded = made(source), made(source)
    fold(folded.nodelist)
    for _again in range(2):
        for language in ("en", "zh-hans"):
            for values in CONTEXTS:
                if "'watch'" in source and not values["name"]:
                    continue
                with override(language):
                    assert folded.render(Context(values)) == plain.render(Context(values))


def test_what_is_constant_is_one_node() -> None:
    template = made(
        "{% load i18n static %}<p>{% translate 'Search' %}{% static 'a.svg' %}{% url 'home' %}</p>{{ name }}"
    )
    fold(template.nodelist)
    first, last = template.nodelist
    assert isinstance(first, ConstantNode)
    assert not isinstance(last, ConstantNode)
    plain = made("plain")
    fold(plain.nodelist)
    assert [type(node) for node in plain.nodelist] == [TextNode]
    with override("zh-hans"):
        assert first.render(Context()) == "<p>搜索/static/a.svg/</p>"
    with override("en"):
        assert first.render(Context()) == "<p>Search/static/a.svg/</p>"


def test_pages_use_it_and_threads_get_whole_templates() -> None:
    engine = engines["django"].engine
    engine.template_loaders[0].reset()
    with ThreadPoolExecutor(8) as threads:
        found = [*threads.map(lambda _: engine.get_template("base.html"), range(16))]
    assert len(set(map(id, found))) == 1
    assert any(isinstance(node, ConstantNode) for node in found[0].nodelist)
