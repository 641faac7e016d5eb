from dataclasses import replace

from openclaw.agent.prompt import SKILL_LIMIT, SKILLS_CHARACTERS, skill_markup
from openclaw.agent.skills.listing import listed
from tests.agent.skills.made import skill


def test_skills_are_told_by_name_without_those_that_only_people_call() -> None:
    lines, problems = listed([skill("tea"), skill("art"), skill("mine", model_invocable=False)])

    assert [line.name for line in lines] == ["art", "tea"]
    assert lines[0].path == "/skills/art/SKILL.md"
    assert problems == ()


def test_of_too_many_those_of_the_lowest_roots_stay_out_and_that_is_told() -> None:
    far = [skill(f"far{number:03d}", rank=1) for number in range(SKILL_LIMIT)]
    near = [skill(f"near{number}", rank=5) for number in range(5)]

    lines, (problem,) = listed([*far, *near])

    assert len(lines) == SKILL_LIMIT
    assert [line.name for line in lines[-5:]] == [f"near{number}" for number in range(5)]
    assert problem.text.startswith("5 skills are not told to the model")
    assert "far145, far146" in problem.text


def test_what_does_not_fit_makes_room_for_what_does() -> None:
    long = [skill(f"long{number}", rank=2) for number in range(60)]
    long = [replace(one, manifest=replace(one.manifest, description="x" * 1000)) for one in long]

    lines, (problem,) = listed([*long, skill("short", rank=1)])

    assert sum(len(skill_markup(line)) for line in lines) <= SKILLS_CHARACTERS
    assert "short" in {line.name for line in lines}
    assert len(lines) + int(problem.text.split()[0]) == 61
