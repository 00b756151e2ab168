"""A case of each kind, and a graph to draw."""

import pytest
from graph_cases import CASES, DRAWN


@pytest.fixture(params=CASES.values(), ids=CASES)
def case(request):
    return request.param()


@pytest.fixture(params=DRAWN.values(), ids=DRAWN)
def graph(request):
    return request.param()
