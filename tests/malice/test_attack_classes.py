"""Which test stands against which class of attack that touches the hands; a test that goes is missed here."""

import ast
from pathlib import Path

import pytest

TESTS = Path(__file__).parents[1]

AGAINST = {
    "A4 the configuration changed from outside": (
        "malice/test_malicious_model.py",
        "test_after_foreign_words_nothing_happens_without_the_owner",
    ),
    "A5 a field of the caller's decides": (
        "web/rpc/test_methods.py",
        "test_a_forged_field_is_refused_by_every_method",
    ),
    "A10 an identity that can be forged": (
        "gateway/test_access.py",
        "test_owners_are_named_by_id_and_never_by_a_number_that_can_be_forged",
    ),
    "A11 commands read by a list of allowed ones": (
        "agent/tools/exec/sandbox/test_base.py",
        "test_no_command_changes_what_lies_outside",
    ),
    "A12 a path that leads elsewhere": (
        "agent/tools/files/test_resolve.py",
        "test_nothing_is_opened_through_a_link",
    ),
    "A12 a path changed between look and use": (
        "agent/tools/files/test_door.py",
        "test_a_link_swapped_in_ten_thousand_times_leads_nowhere",
    ),
    "A13 an inner address": (
        "net/test_public_door.py",
        "test_no_form_of_an_inner_address_is_asked_directly",
    ),
    "A13 an inner address by a redirect": (
        "net/test_public_door.py",
        "test_no_form_of_an_inner_address_is_reached_by_a_redirect",
    ),
    "A13 a name that changes its address": (
        "net/test_public_door.py",
        "test_a_name_that_changes_its_address_is_checked_anew",
    ),
    "A14 secrets that live on": (
        "ops/test_secrets.py",
        "test_a_value_is_kept_for_minutes_and_read_afresh_when_asked",
    ),
    "A15 a sandbox widened by its user": (
        "agent/tools/exec/test_exec_tool.py",
        "test_a_conversation_may_narrow_what_the_file_says",
    ),
    "A17 a log that is read again": (
        "test_logs.py",
        "test_a_field_is_one_short_line_of_printable_characters",
    ),
    "A18 words that pretend to be the system's": (
        "malice/test_malicious_model.py",
        "test_after_foreign_words_nothing_happens_without_the_owner",
    ),
    "A19 markers that are imitated": (
        "agent/test_untrusted.py",
        "test_a_spoofed_marker_is_defused",
    ),
    "A20 a secret in an address that is shown": (
        "gateway/test_links.py",
        "test_a_link_that_was_not_read_is_no_link_in_an_answer",
    ),
    "A20 a secret in an argument": (
        "malice/test_malicious_model.py",
        "test_a_secret_leaves_by_no_tool_even_in_a_clean_turn_and_nobody_is_asked",
    ),
    "A21 a skill with a purpose of its own": (
        "agent/skills/test_code.py",
        "test_pinned_code_runs_but_cannot_vouch_for_its_own_effects",
    ),
    "A23 hundreds of messages to others": (
        "gateway/test_messenger.py",
        "test_a_turn_and_an_hour_have_their_caps",
    ),
    "A25 trust in whoever comes first": (
        "gateway/phone/test_bootstrap.py",
        "test_nobody_is_trusted_once_somebody_was_listed_by_hand",
    ),
}


@pytest.mark.parametrize("attack", AGAINST)
def test_each_class_of_attack_on_the_hands_has_its_test(attack: str) -> None:
    file, name = AGAINST[attack]
    tree = ast.parse((TESTS / file).read_bytes())

    assert name in {
        each.name for each in ast.walk(tree) if isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef)
    }
