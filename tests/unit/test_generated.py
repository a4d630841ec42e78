"""What is made from the program and committed is as the program would make it now."""

import pytest

from tests.generated import FILES, PARTS, ROOT, markers

ADVICE = "stale: run `make docs`"


@pytest.mark.parametrize(("file", "name"), PARTS, ids=lambda part: part)
def test_the_documentation_shows_what_the_program_has(file: str, name: str) -> None:
    begin, end = markers(name)
    text = (ROOT / file).read_text(encoding="utf-8")
    assert text.count(begin) == text.count(end) == 1
    assert text.partition(begin)[2].partition(end)[0] == PARTS[file, name](), ADVICE


@pytest.mark.parametrize("file", FILES)
def test_the_file_is_the_one_that_the_program_makes(file: str) -> None:
    assert (ROOT / file).read_text(encoding="utf-8") == FILES[file](), ADVICE
