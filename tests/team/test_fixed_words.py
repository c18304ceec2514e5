"""What is drawn once when a template is loaded says the same as what is drawn each time."""

from decimal import Decimal
from pathlib import Path

import pytest
from django.template import Context, Engine, TemplateSyntaxError

from team.templatetags.midfield import icon

LIBRARIES = {
    "i18n": "django.templatetags.i18n",
    "midfield": "team.templatetags.midfield",
    "static": "django.templatetags.static",
}
PLAIN = ["django.template.loaders.filesystem.Loader"]
PAGE = """{% load i18n midfield static %}
{% partialdef row inline %}<b>{% translate "Yes" %} 100%% of {{ n }}</b>{% endpartialdef %}
{% if n %}{% icon "phone" %} {% translate "No" as no %}{{ no }}{% else %}{% translate "Yes" %}{% endif %}
{% blocktranslate trimmed %}
  100% {{ n }} {{ unknown }} {{ tag }}
{% endblocktranslate %}{% blocktranslate with a=n b="<i>" %}{{ a }} and {{ b }} {{ b }}{% endblocktranslate %}{{ a }}
{% blocktranslate count k=n trimmed %}{{ k }} row{% plural %}{{ k }} rows of {{ tag }}{% endblocktranslate %}
{% blocktranslate asvar late %}Late{% endblocktranslate %}{{ late }}
{% for one in many %}{% translate "Sunday" %} {% translate one %} {% icon one %}{% endfor %}{% partial row %}
<a href="{% url 'leads:team' %}?x=1">{% url 'leads:team' as here %}{{ here }}{% url 'leads:rep_sheet' 7 %}</a>
{% if unknown %}{% url 'no-such-page' %}{% endif %}
{% static 'css/work.css' %} {% static 'css/work.css' as sheet %}{{ sheet }} {% static tag %}
"""


def engine(folder: Path, loader: str) -> Engine:
    return Engine(dirs=[str(folder)], loaders=[(loader, PLAIN)], libraries=LIBRARIES)


@pytest.fixture
def pages(tmp_path):
    (tmp_path / "page.html").write_text(PAGE)
    (tmp_path / "child.html").write_text(
        '{% extends "frame.html" %}{% load midfield %}{% block body %}{% icon "mail" %}{{ n }}{% endblock %}'
    )
    (tmp_path / "frame.html").write_text('{% load i18n %}<h1>{% translate "Yes" %}</h1>{% block body %}{% endblock %}')
    return tmp_path


@pytest.mark.parametrize("name", ["page.html", "page.html#row", "child.html"])
@pytest.mark.parametrize("n", [0, 1, 3])
def test_it_draws_what_django_draws(pages, name, n):
    drawn = [
        engine(pages, loader).get_template(name).render(Context({"n": n, "many": ["Monday", "<"], "tag": "<b>"}))
        for loader in ("django.template.loaders.cached.Loader", "team.fixed_words.Loader")
    ]
    assert drawn[0] == drawn[1]
    assert "Yes" in drawn[0]


@pytest.mark.parametrize("counted", [{}, {"n": "1"}, {"n": None}, {"n": [1]}])
def test_what_is_no_number_is_not_counted_by_either(tmp_path, counted):
    text = "{% load i18n %}{% blocktranslate count k=n %}{{ k }} row{% plural %}{{ k }} rows{% endblocktranslate %}"
    (tmp_path / "page.html").write_text(text)
    said = []
    for loader in ("django.template.loaders.cached.Loader", "team.fixed_words.Loader"):
        with pytest.raises(TemplateSyntaxError) as refused:
            engine(tmp_path, loader).get_template("page.html").render(Context(counted))
        said.append(str(refused.value))

    assert said == ["'k' argument to 'blocktranslate' tag must be a number."] * 2


@pytest.mark.parametrize("n", [1.0, 1.5, Decimal(1), Decimal("1.5"), True, False])
def test_numbers_of_every_kind_are_counted_alike(pages, n):
    drawn = [
        engine(pages, loader).get_template("page.html").render(Context({"n": n}))
        for loader in ("django.template.loaders.cached.Loader", "team.fixed_words.Loader")
    ]
    assert drawn[0] == drawn[1]


def test_an_icon_and_a_word_beside_text_are_text(pages):
    nodes = engine(pages, "team.fixed_words.Loader").get_template("frame.html").nodelist
    assert [type(node).__name__ for node in nodes] == ["LoadNode", "TextNode", "BlockNode"]
    assert icon("mail") in engine(pages, "team.fixed_words.Loader").get_template("child.html").render(Context())


def test_with_a_second_language_a_word_is_looked_up_each_time(pages, settings):
    settings.USE_I18N = True
    nodes = engine(pages, "team.fixed_words.Loader").get_template("frame.html").nodelist
    assert [type(node).__name__ for node in nodes] == [
        "LoadNode", "TextNode", "TranslateNode", "TextNode", "BlockNode",
    ]  # fmt: skip
