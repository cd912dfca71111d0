"""Map each row of the ledger, and each defect of its section I, to the tests that hold it.

A test is named by its file below tests/ and its function.
"""

from __future__ import annotations

BUCKETS, KEYS, ROLES = "stages/test_storage.py", "stages/test_encryption.py", "stages/test_roles.py"
PREFLIGHT, DATABASES, WORKER = "stages/test_preflight.py", "stages/test_databases.py", "stages/test_worker_settings.py"
SOURCE, DESTINATION, TWO = "stages/test_source_database.py", "stages/test_destination_database.py", "stages/test_two_databases.py"
PROOF, PAGE = "stages/test_proof.py", "vendor/test_page.py"
POLICIES, VENDOR = "unit/documents/test_policies.py", "unit/documents/test_vendor.py"
INSTALLED, MATRIX = "stages/test_installed_calls.py", "unit/documents/test_sufficiency.py"
SETTINGS, SHEET = "unit/documents/test_worker.py", "unit/documents/test_handover.py"
LINT, LINTED = "unit/policy/test_lint.py", "stages/test_linting.py"

DOCUMENT = (PAGE, "test_each_document_of_the_page_is_what_the_stages_emit")
STATEMENT = (PAGE, "test_each_statement_of_the_page_is_emitted")
SETTING = (PAGE, "test_every_setting_of_the_page_is_written_with_its_default")
EXPORTED = (WORKER, "test_an_exported_file_is_compared_setting_by_setting")
MISSING = (DATABASES, "test_what_is_missing_or_too_much_is_named")
COMPARED = (ROLES, "test_a_policy_is_compared_by_meaning_and_any_other_word_is_drift")
V2 = (POLICIES, "test_the_scoped_v2_policy")
LEGACY = (POLICIES, "test_the_scoped_legacy_policy")
LAMBDA = (POLICIES, "test_the_scoped_lambda_policy")
VENDORS_GAP = (LINTED, "test_what_the_vendor_wrote_is_advice")
UNFILLED = (LINT, "test_what_is_said_of_the_vendors_page_unfilled")

SUFFICIENT = (MATRIX, "test_under_scoped_every_needed_call_is_allowed_and_every_probe_refused")
LEAST = (MATRIX, "test_under_scoped_nothing_can_be_taken_away")
INSTALLED_AS_WANTED = (INSTALLED, "test_what_is_installed_as_wanted_breaks_nothing")
TAKEN_AWAY = (INSTALLED, "test_a_statement_taken_away_turns_exactly_the_predicted_rows_red")
GAPS = ("stages/test_vendor_gaps.py", "test_the_vendors_gaps_are_these")
LISTED = ("unit/documents/test_call_ledger.py", "test_every_action_that_the_vendor_lists_has_its_line")
PROVEN = (SUFFICIENT, LEAST, INSTALLED_AS_WANTED, TAKEN_AWAY, GAPS, LISTED)

Test = tuple[str, str]

ROWS: dict[str, tuple[Test, ...]] = {
    "A1": (
        (PROOF, "test_readiness_is_the_worst_verdict"),
        (PROOF, "test_readiness_names_who_owes"),
        (SHEET, "test_the_sheet_says_what_to_enter"),
        (PREFLIGHT, "test_without_words_the_open_questions_are_owed"),
    ),
    "A2": (
        (PREFLIGHT, "test_functions_that_piled_up_are_reported"),
        ("ledger/test_table.py", "test_no_resource_is_one_that_the_product_makes"),
    ),
    "A3": (
        (ROLES, "test_role_and_profile_are_made_only_where_they_are_ours"),
        (ROLES, "test_policies_go_to_the_role_that_the_profile_names"),
        (ROLES, "test_a_role_by_arn_gets_policies_and_keeps_its_trust"),
        (ROLES, "test_what_a_container_runs_as_is_kept_on_the_word_of_a_person"),
        (PREFLIGHT, "test_what_stands_in_the_way_is_told"),
    ),
    "A4": (
        (BUCKETS, "test_names_are_held_to_the_prefix"),
        (BUCKETS, "test_an_existing_bucket_is_judged"),
        (BUCKETS, "test_a_missing_bucket_is_broken"),
        (PREFLIGHT, "test_a_bucket_in_another_region_than_its_cluster_is_broken"),
        (PREFLIGHT, "test_a_bucket_of_another_account_is_broken_before_the_plan"),
    ),
    "A5": (
        (INSTALLED, "test_a_boundary_that_leaves_no_room_is_broken"),
        (INSTALLED, "test_an_attached_policy_that_denies_is_broken_and_its_owners_to_lift"),
        (MATRIX, "test_an_addition_that_opens_a_door_is_named"),
        ("stages/test_vendor_gaps.py", "test_what_is_added_closes_the_misses"),
        (ROLES, "test_each_process_has_its_policy_and_extras_stand_apart"),
        (ROLES, "test_foreign_policies_are_broken_with_the_command_that_takes_them_off"),
        (PREFLIGHT, "test_refused_rights_are_owed_before_anything_is_planned"),
        (LINTED, "test_additions_are_held_strictly"),
        (LINTED, "test_preflight_names_every_waiver"),
    ),
    "A6": (
        (PREFLIGHT, "test_the_chosen_process_is_recorded"),
        (ROLES, "test_each_process_has_its_policy_and_extras_stand_apart"),
        (ROLES, "test_v2_has_no_lambda_role"),
        (WORKER, "test_v2_is_idle"),
    ),
    "A7": (
        (ROLES, "test_each_process_has_its_policy_and_extras_stand_apart"),
        (POLICIES, "test_under_both_no_statement_stands_twice"),
        (PREFLIGHT, "test_without_words_the_open_questions_are_owed"),
    ),
    "A8": (
        TAKEN_AWAY,
        (KEYS, "test_the_key_of_a_bucket_is_compared_with_what_is_granted"),
        (KEYS, "test_a_bucket_key_of_ours_becomes_the_default_encryption"),
        (KEYS, "test_somebody_elses_bucket_keeps_its_encryption"),
        (POLICIES, "test_a_scoped_key_is_used_through_the_service_that_needs_it"),
    ),
    "B1": (DOCUMENT, COMPARED, V2, *PROVEN),
    "B2": (DOCUMENT, COMPARED, V2, *PROVEN),
    "C1": (DOCUMENT, LEGACY, *PROVEN, (ROLES, "test_where_the_image_comes_from_is_owed")),
    "C2": (DOCUMENT, LEGACY, *PROVEN),
    "C3": (DOCUMENT, LEGACY, *PROVEN, (ROLES, "test_pass_role_names_the_role_that_exists")),
    "C4": (DOCUMENT, LEGACY, *PROVEN),
    "C5": (
        DOCUMENT,
        LEGACY,
        *PROVEN,
        (VENDOR, "test_one_arn_stands_for_each_region_in_use"),
        (POLICIES, "test_log_regions_spread_the_log_groups_in_both_styles"),
    ),
    "C6": (DOCUMENT, LEGACY, *PROVEN),
    "D1": (
        DOCUMENT,
        LAMBDA,
        *PROVEN,
        (ROLES, "test_the_lambda_role_comes_with_trust_path_boundary_and_tags"),
        (PROOF, "test_roles_are_read_again"),
    ),
    "D2": (DOCUMENT, (BUCKETS, "test_names_are_held_to_the_prefix")),
    "D3": (
        DOCUMENT,
        TAKEN_AWAY,
        (ROLES, "test_the_lambda_role_comes_with_trust_path_boundary_and_tags"),
        (ROLES, "test_a_lambda_trust_with_anybody_else_is_broken"),
    ),
    "E1": (
        (KEYS, "test_an_unfit_key_is_broken_and_gets_nothing"),
        (KEYS, "test_a_bucket_is_not_encrypted_with_an_unfit_key"),
        (KEYS, "test_a_good_key_is_reported_by_id_and_arn"),
        (KEYS, "test_an_alias_is_not_taken_for_a_key"),
    ),
    "E2": (
        DOCUMENT,
        *PROVEN,
        (KEYS, "test_an_adopted_queue_key_gets_the_statement_only"),
        (KEYS, "test_the_statement_is_the_vendors_narrowed_when_scoped"),
        (KEYS, "test_a_created_key_starts_with_the_account_statement_alone"),
    ),
    "E3": (
        TAKEN_AWAY,
        (PAGE, "test_the_page_has_six_documents_and_the_addition_goes_to_both_roles"),
        (ROLES, "test_the_lambda_role_gets_its_policy_and_the_key_addition"),
    ),
    "E4": (
        DOCUMENT,
        *PROVEN,
        (INSTALLED, "test_a_key_that_does_not_delegate_breaks_the_calls_on_it"),
        (KEYS, "test_a_key_policy_without_delegation_is_broken"),
        (KEYS, "test_a_key_id_stands_for_the_arn_in_this_account"),
        (POLICIES, "test_the_key_addition_is_one_statement_over_the_distinct_keys"),
    ),
    "F1": (SETTING, EXPORTED, (WORKER, "test_a_setting_names_something_that_exists")),
    "F2": (SETTING, EXPORTED, (PAGE, "test_the_bounds_of_the_page_are_the_schemas")),
    "F3": (SETTING, EXPORTED, (PAGE, "test_the_bounds_of_the_page_are_the_schemas")),
    "F4": (SETTING, EXPORTED, (WORKER, "test_visibility_is_held_to_the_timeout_with_defaults_filled_in")),
    "F5": (
        SETTING,
        EXPORTED,
        (WORKER, "test_a_setting_names_something_that_exists"),
        (SETTINGS, "test_without_an_encrypted_queue_the_key_is_left_out"),
        (SETTINGS, "test_a_key_that_nobody_asked_for_is_drift"),
    ),
    "G1": ((SOURCE, "test_the_source_user_may_use_and_read_every_included_schema"),),
    "G2": ((SOURCE, "test_the_recommended_backup_is_asked_for"),),
    "G3": (
        STATEMENT,
        MISSING,
        (DATABASES, "test_a_password_is_checked_before_it_is_used"),
        (DATABASES, "test_a_generated_password_is_made_before_the_user"),
        (PROOF, "test_the_source_user_reads_one_relation_of_each_included_schema"),
    ),
    "G4": (
        STATEMENT,
        MISSING,
        (SOURCE, "test_patterns_choose_schemas"),
        (SOURCE, "test_an_external_schema_is_granted_by_itself"),
        (SOURCE, "test_a_datashare_schema_gets_no_grant_and_a_finding"),
    ),
    "G5": (
        STATEMENT,
        MISSING,
        (SOURCE, "test_later_tables_are_opted_in_per_creator"),
        (SOURCE, "test_a_pattern_that_matches_nothing_is_broken"),
    ),
    "G6": (STATEMENT, MISSING, (PROOF, "test_what_the_user_is_refused_is_broken")),
    "H1": (
        MISSING,
        (TWO, "test_one_database_behind_two_names_stops_everything"),
        (DESTINATION, "test_a_missing_database_is_broken_unless_it_may_be_made"),
        (TWO, "test_a_database_yet_to_be_made_is_not_mistaken_for_the_source"),
    ),
    "H2": ((DESTINATION, "test_a_superuser_is_warned_of_over_the_same_cluster"),),
    "H3": (MISSING, (DESTINATION, "test_the_destination_user_gets_the_vendors_three_grants")),
    "H3a": (STATEMENT, MISSING, (DESTINATION, "test_the_destination_user_gets_the_vendors_three_grants")),
    "H3b": (STATEMENT, MISSING, (DESTINATION, "test_the_destination_user_gets_the_vendors_three_grants")),
    "H3c": (STATEMENT, MISSING, (DESTINATION, "test_the_destination_user_gets_the_vendors_three_grants")),
    "H3d": (
        STATEMENT,
        (DESTINATION, "test_drop_is_granted_on_exactly_the_schemas_that_need_it"),
        (DESTINATION, "test_drop_is_computed_again_and_warns_of_lost_data"),
        (DESTINATION, "test_without_the_source_only_the_drop_part_waits"),
    ),
    "H4": (
        STATEMENT,
        (DESTINATION, "test_preserved_ownership_wants_a_superuser_and_no_grants"),
        (DESTINATION, "test_ownership_is_taken_only_on_request"),
        (DESTINATION, "test_what_others_own_is_owed_with_its_ddl"),
        (DESTINATION, "test_source_owners_must_exist_in_the_destination"),
    ),
}

DEFECTS: dict[str, tuple[Test, ...]] = {
    "unquoted placeholder in the legacy document": (DOCUMENT, UNFILLED),
    "leftover placeholders": (
        (VENDOR, "test_a_placeholder_without_a_value_fails"),
        (PAGE, "test_no_placeholder_is_left"),
        UNFILLED,
    ),
    "C5 names one region": (
        (VENDOR, "test_one_arn_stands_for_each_region_in_use"),
        (POLICIES, "test_log_regions_spread_the_log_groups_in_both_styles"),
    ),
    "C2 lacks actions, which are not added": (
        ("unit/documents/test_call_ledger.py", "test_a_case_that_no_file_shows_is_not_due"),
        DOCUMENT,
        LEGACY,
        (PREFLIGHT, "test_functions_that_piled_up_are_reported"),
        (ROLES, "test_where_the_image_comes_from_is_owed"),
    ),
    "ListBucket is granted twice": (DOCUMENT, LEGACY, VENDORS_GAP, GAPS),
    "D1 has bucket ARNs for object actions": (DOCUMENT, LAMBDA),
    "D1 mixes services and its logs are too wide": (DOCUMENT, LAMBDA, SUFFICIENT, GAPS),
    "tonic-* reaches buckets of other accounts": (V2, LEGACY, LAMBDA, VENDORS_GAP, SUFFICIENT, GAPS),
    "E2 has no source condition": ((KEYS, "test_the_statement_is_the_vendors_narrowed_when_scoped"), VENDORS_GAP, SUFFICIENT, GAPS),
    "the partition is hard-coded": (
        (VENDOR, "test_the_partition_replaces_the_one_that_the_vendor_wrote"),
        (POLICIES, "test_no_arn_of_another_partition_or_account_is_emitted"),
        (ROLES, "test_the_principal_in_china_is_owed_a_look"),
    ),
    "no EC2 trust, instance profile, buckets, network or Redshift credentials": (
        (ROLES, "test_role_and_profile_are_made_only_where_they_are_ours"),
        (ROLES, "test_a_trust_without_the_server_is_broken"),
        (BUCKETS, "test_a_bucket_is_wanted_private_encrypted_short_lived_and_over_tls"),
        (PREFLIGHT, "test_without_words_the_open_questions_are_owed"),
        (PREFLIGHT, "test_what_stands_in_the_way_is_told"),
    ),
    "source and superuser examples share a name": ((DESTINATION, "test_preserved_ownership_wants_a_superuser_and_no_grants"),),
    "PutBucketNotification replaces everything": ((BUCKETS, "test_notifications_that_a_job_would_replace_are_warned_of"),),
    "two renderings with a diff": ((POLICIES, "test_both_styles_stand_side_by_side"),),
}
