"""Whatever is sent to leads, the answer is one that its document declares, and never a 500."""

import pytest
from schemathesis import GenerationMode

from tests.bad_input import service_answers_as_declared
from tests.services.leads.conftest import Door


@pytest.mark.parametrize("mode", GenerationMode)
def test_nothing_that_can_be_sent_gets_an_undeclared_answer(door: Door, mode: GenerationMode) -> None:
    service_answers_as_declared(door, "leads", mode)
