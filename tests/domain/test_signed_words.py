"""What changed in words since they were signed."""

from __future__ import annotations

from outreach.domain.signed_words import Change, changes, lines_of_script, lines_of_text
from outreach.library.contents import Library


def test_a_text_is_a_line_a_sentence() -> None:
    assert lines_of_text("Hello. We rang you! Is 4.30 good? Bye") == ["Hello.", "We rang you!", "Is 4.30 good?", "Bye"]


def test_a_script_has_a_line_for_all_that_is_said_seen_and_answered(library: Library) -> None:
    script = library.scripts["consent", "en"]
    lines = lines_of_script(script)
    for step in script.steps.values():
        for line in step.say.splitlines():
            assert not line.strip() or f"{step.id}: {line}" in lines
        assert all(f"{step.id}: [{answer.label}]" in lines for answer in step.answers)


def test_the_same_words_show_no_change() -> None:
    assert changes(["one", "two"], ["one", "two"]) == ()


def test_a_change_stands_with_a_line_on_each_side_and_far_lines_are_left_out() -> None:
    before = ["far", "before", "old", "after", "far too"]
    assert changes(before, ["far", "before", "new", "after", "far too"]) == (
        Change("same", "before"),
        Change("out", "old"),
        Change("in", "new"),
        Change("same", "after"),
    )
