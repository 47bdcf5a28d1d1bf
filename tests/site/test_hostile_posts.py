"""Hundreds of hostile posts to every public form: no fault of ours, and no echo that is not escaped."""

from collections import Counter

import pytest
from flask import Flask

from tests.conftest import Clock
from tests.support import hostile

POSTS = 300


@pytest.mark.counted_elsewhere
@pytest.mark.one_database
def test_hundreds_of_hostile_posts_break_nothing(app: Flask, clock: Clock) -> None:
    codes, wrong = Counter[int](), list[tuple[str, list[int], str]]()
    for sent in hostile.send(app, POSTS):
        codes[sent.answers[0].status_code] += 1
        if sent.is_fault:
            wrong.append((sent.path, [one.status_code for one in sent.answers], sent.said))
    assert wrong == []
    assert {200, 303, 400, 415, 422} <= set(codes)  # some are taken, some refused, some not even looked at
