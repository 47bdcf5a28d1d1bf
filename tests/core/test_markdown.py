"""What Markdown becomes in HTML says the same as in text, and holds nothing that nobody has looked at."""

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
