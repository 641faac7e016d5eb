from openclaw.agent.tools.base import ToolError, ToolInputError


def test_wrong_arguments_are_named_as_such_to_the_model() -> None:
    assert str(ToolInputError("location is required")) == "ToolInputError: location is required"
    assert str(ToolError("the service is away")) == "the service is away"
