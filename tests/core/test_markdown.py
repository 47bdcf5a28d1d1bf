"""What Markdown becomes in HTML says the same as in text, and holds nothing that nobody has looked at."""

import re

import pytest

from s3chem_events.core import markdown

pytestmark = pytest.mark.one_database


def test_an_image_is_the_words_that_describe_it_in_each_part_and_a_link_has_no_title():
    source = '![Our "hall" <b> {{name}}](https://a.example/h.png "Hall") [here](https://a.example "{{own_link}}")'
    values = {"name": "Anna", "own_link": "https://ours.example/secret"}
    for made in (markdown.filled, markdown.in_an_email):
        page = made(source, values, links={"own_link"})
        assert 'Our "hall" &lt;b&gt; Anna' in page
        assert ("<img" in page, "title" in page, "secret" in page) == (False, False, False)
    assert markdown.letter(source) == 'Our "hall" <b> {{name}} here (https://a.example)'


def test_an_address_that_is_typed_is_a_link_in_html_and_stands_once_in_a_text_e_mail():
    source = "See https://port.example/é?q=à, or port.example, //port.example, ftp://port.example, a@port.example."
    shown = str(markdown.html(source))
    assert re.findall(r'<a href="([^"]*)"[^>]*>([^<]*)</a>', shown) == [
        ("https://port.example/%C3%A9?q=%C3%A0", "https://port.example/é?q=à")
    ]
    assert shown.count("<a") == 1
    assert markdown.letter(source) == source
    assert list(markdown.faults("https://port.example/{{name}}", links=())) != []  # made by readers
