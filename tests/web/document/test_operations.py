import pytest

from openclaw.web.document.operations import HTML, OPERATIONS, SCHEMAS, Operation, Outcome


def test_an_outcome_shows_its_form_for_each_content_type() -> None:
    ref = {"$ref": "#/components/schemas/Ok"}
    assert Outcome("Done.", "Ok").content() == {"application/json": {"schema": ref}}
    assert Outcome("Nothing.").content() == {}
    assert Outcome("A page.", kinds=(HTML,)).content() == {HTML: {"schema": {"type": "string"}}}


@pytest.mark.parametrize("operation", OPERATIONS.values())
def test_every_operation_says_what_it_is_for_and_names_forms_that_exist(operation: Operation) -> None:
    assert operation.summary
    assert operation.tag
    assert operation.answers
    assert {each.schema for each in operation.answers.values()} <= {"", *SCHEMAS}
    assert set(operation.narrower) <= _fields(operation)


def _fields(operation: Operation) -> set[str]:
    return set(operation.body.model_json_schema(by_alias=True)["properties"]) if operation.body else set()
