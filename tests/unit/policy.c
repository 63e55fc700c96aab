/* SPDX-License-Identifier: ISC */
/*
 * What a user would lose: his mailbox to somebody whom no line allows, or the
 * use of it because a line was read as another.
 */
#include "tests/unit/judge.h"

/* The rule for a user of one supplementary group. */
static const struct rule *
match(uid_t uid, gid_t group, const char *name, enum service service)
{
	struct peer peer = { .fd = -1,
		.pid = 1,
		.uid = uid,
		.gid = NOBODY,
		.group_count = 1,
		.groups = &group };
	struct caller caller;

	caller_start(&caller, &peer);
	caller.find_unit = find_unit;
	return policy_match(policy, &caller, name, service);
}

static bool
may(uid_t uid, const char *name, enum service service)
{
	return match(uid, NOBODY, name, service) != NULL;
}

static void
what_no_line_allows_is_denied_to_root_too(void **state)
{
	(void)state;
	accepts("");
	assert_int_equal(policy_count(policy), 0);
	assert_false(may(0, "a@b.c", SERVICE_SMTP));
	accepts("[a@b.c]\nallow = user:daemon\n");
	assert_true(may(DAEMON, "a@b.c", SERVICE_SMTP));
	assert_false(may(0, "a@b.c", SERVICE_SMTP));
	assert_false(may(WWW_DATA, "a@b.c", SERVICE_SMTP));
	assert_false(may(DAEMON, "b@b.c", SERVICE_SMTP));
	assert_false(may(DAEMON, "a@b.cc", SERVICE_SMTP));
	assert_false(may(DAEMON, "aa@b.c", SERVICE_SMTP));
}

static void
a_line_for_one_service_allows_no_other(void **state)
{
	(void)state;
	accepts("[a@b.c]\nallow = user:daemon for:smtp\n"
		"allow = user:www-data for:imap,pop\n"
		"allow = user:root\n");
	assert_true(may(DAEMON, "a@b.c", SERVICE_SMTP));
	assert_false(may(DAEMON, "a@b.c", SERVICE_IMAP));
	assert_false(may(DAEMON, "a@b.c", SERVICE_POP));
	assert_false(may(WWW_DATA, "a@b.c", SERVICE_SMTP));
	assert_true(may(WWW_DATA, "a@b.c", SERVICE_IMAP));
	assert_true(may(WWW_DATA, "a@b.c", SERVICE_POP));
	for (int i = 0; i < SERVICE_COUNT; i++)
		assert_true(may(0, "a@b.c", (enum service)i));
}

static void
all_words_of_a_line_must_hold(void **state)
{
	(void)state;
	accepts("[a@b.c]\nallow = user:daemon group:staff for:smtp\n");
	assert_null(match(DAEMON, NOBODY, "a@b.c", SERVICE_SMTP));
	assert_null(match(WWW_DATA, STAFF, "a@b.c", SERVICE_SMTP));
	assert_null(match(DAEMON, STAFF, "a@b.c", SERVICE_IMAP));
	assert_non_null(match(DAEMON, STAFF, "a@b.c", SERVICE_SMTP));
}

static void
a_group_is_the_first_or_one_of_the_others(void **state)
{
	gid_t none = 0;
	struct peer peer = { .uid = WWW_DATA, .gid = STAFF, .groups = &none };
	struct caller caller;

	(void)state;
	caller_start(&caller, &peer);
	accepts("[a@b.c]\nallow = group:staff\n");
	assert_non_null(policy_match(policy, &caller, "a@b.c", SERVICE_SMTP));
	assert_non_null(match(WWW_DATA, STAFF, "a@b.c", SERVICE_SMTP));
	assert_null(match(WWW_DATA, NOBODY, "a@b.c", SERVICE_SMTP));
	assert_null(match(STAFF, NOBODY, "a@b.c", SERVICE_SMTP)); /* a uid */
}

static bool
may_in(const char *unit)
{
	unit_of_peer = unit;
	return may(DAEMON, "a@b.c", SERVICE_SMTP);
}

static void
a_unit_is_held_against_the_whole_name(void **state)
{
	(void)state;
	accepts("[a@b.c]\nallow = unit:campus-mail@*.service\n"
		"allow = unit:x\\x2dy.service user:daemon\n");
	assert_true(may_in("campus-mail@1.service"));
	assert_true(may_in("campus-mail@.service"));
	assert_false(may_in("campus-mail@1.service.scope"));
	assert_false(may_in("xcampus-mail@1.service"));
	assert_false(may_in("campus-mail.service"));
	assert_false(may_in("Campus-mail@1.service"));
	assert_false(may_in("user@1.service"));
	/* As systemd escapes a name it is written, and nothing else. */
	assert_true(may_in("x\\x2dy.service"));
	assert_false(may_in("xx2dy.service"));
	assert_false(may_in("x-y.service"));
	assert_false(may_in(NULL));
}

/* Else every request would cost what only some need. */
static void
a_unit_is_looked_up_once_and_only_for_a_line_that_else_holds(void **state)
{
	(void)state;
	accepts("[a@b.c]\nallow = unit:a.service user:daemon for:imap\n"
		"allow = unit:b.service user:daemon for:imap\n"
		"allow = unit:c.service group:staff\n"
		"[*@b.c]\nallow = unit:d.service owner\n");
	looks = 0;
	unit_of_peer = "b.service";
	assert_false(may(DAEMON, "a@b.c", SERVICE_SMTP));
	assert_false(may(WWW_DATA, "a@b.c", SERVICE_IMAP));
	assert_false(may(DAEMON, "b@b.c", SERVICE_SMTP));
	assert_int_equal(looks, 0);
	assert_true(may(DAEMON, "a@b.c", SERVICE_IMAP));
	assert_int_equal(looks, 1);
	assert_null(match(WWW_DATA, STAFF, "a@b.c", SERVICE_POP));
	assert_false(may(DAEMON, "daemon@b.c", SERVICE_POP));
	assert_int_equal(looks, 3);
}

static void
an_owner_has_the_mailbox_of_his_login_name_and_no_other(void **state)
{
	(void)state;
	accepts("[*@B.C]\nallow = owner\n[games@x.y]\nallow = owner\n"
		"[a@x.y]\nallow = owner user:daemon\n");
	assert_true(may(DAEMON, "daemon@b.c", SERVICE_SMTP));
	assert_true(may(WWW_DATA, "www-data@b.c", SERVICE_IMAP));
	assert_false(may(DAEMON, "www-data@b.c", SERVICE_SMTP));
	assert_false(may(DAEMON, "daemon1@b.c", SERVICE_SMTP));
	assert_false(may(DAEMON, "daemo@b.c", SERVICE_SMTP));
	assert_false(may(DAEMON, "daemon@x.b.c", SERVICE_SMTP));
	assert_false(may(DAEMON, "games@x.y", SERVICE_SMTP));
	assert_true(may(5, "games@x.y", SERVICE_SMTP));
	assert_false(may(DAEMON, "a@x.y", SERVICE_SMTP)); /* all must hold */
	assert_false(may(0, "daemon@b.c", SERVICE_SMTP));
	assert_true(may(0, "root@b.c", SERVICE_SMTP)); /* as written */
}

static void
a_user_without_a_name_owns_nothing(void **state)
{
	(void)state;
	accepts("[*@b.c]\nallow = owner\n");
	assert_false(may(54321, "54321@b.c", SERVICE_SMTP));
	assert_false(may(54321, "@b.c", SERVICE_SMTP));
	assert_false(may(54321, "uid:54321@b.c", SERVICE_SMTP));
}

static void
numbers_stand_for_users_and_groups_without_a_name(void **state)
{
	(void)state;
	accepts("[a@b.c]\nallow = user:54321\nallow = group:54322\n");
	assert_true(may(54321, "a@b.c", SERVICE_SMTP));
	assert_non_null(match(DAEMON, 54322, "a@b.c", SERVICE_SMTP));
	assert_false(may(54322, "a@b.c", SERVICE_SMTP));
}

static void
a_star_stands_for_one_whole_domain_and_no_more(void **state)
{
	(void)state;
	accepts("[*@Staff.College.EDU]\nallow = user:daemon\n");
	assert_true(may(DAEMON, "a@staff.college.edu", SERVICE_SMTP));
	assert_false(may(DAEMON, "a@college.edu", SERVICE_SMTP));
	assert_false(may(DAEMON, "a@x.staff.college.edu", SERVICE_SMTP));
	assert_false(may(DAEMON, "a@xstaff.college.edu", SERVICE_SMTP));
	assert_false(may(DAEMON, "a@staff.college.edu.x", SERVICE_SMTP));
	assert_false(may(DAEMON, "@staff.college.edu", SERVICE_SMTP));
}

static void
an_address_is_the_same_in_any_case(void **state)
{
	(void)state;
	accepts("[Admissions@College.EDU]\nAllow = user:daemon\n");
	assert_true(may(DAEMON, "admissions@college.edu", SERVICE_SMTP));
}

static void
every_line_of_every_section_and_file_counts(void **state)
{
	(void)state;
	write_file("access.d/a.conf",
	    "[*@b.c]\nallow = user:daemon for:smtp\n");
	write_file("access.d/y.conf", "[a@b.c]\nallow = user:www-data\n");
	accepts("[a@b.c]\nallow = user:daemon for:imap\n"
		"[*@b.c]\nallow = user:root for:pop\n");
	assert_int_equal(policy_count(policy), 4);
	assert_true(may(DAEMON, "a@b.c", SERVICE_SMTP));
	assert_true(may(DAEMON, "a@b.c", SERVICE_IMAP));
	assert_true(may(WWW_DATA, "a@b.c", SERVICE_POP));
	assert_true(may(0, "a@b.c", SERVICE_POP));
	assert_false(may(0, "a@b.c", SERVICE_SMTP));
}

static void
a_rule_knows_where_it_stands(void **state)
{
	const struct rule *rule;

	(void)state;
	accepts("# head\n\n[a@b.c]\nallow = user:root\nallow = user:daemon\n");
	rule = match(DAEMON, NOBODY, "a@b.c", SERVICE_SMTP);
	assert_int_equal(rule->line, 5);
	assert_string_equal(rule->file, path_of("access.d/x.conf"));
}

static void
a_line_that_grants_the_password_goes_before_others(void **state)
{
	const struct rule *rule;

	(void)state;
	accepts("[a@b.c]\nallow = user:daemon\nallow = group:staff\n"
		"allow = user:daemon for:smtp may-have-password\n");
	rule = match(DAEMON, STAFF, "a@b.c", SERVICE_SMTP);
	assert_int_equal(rule->line, 4);
	assert_true(rule->may_have_password);
	rule = match(DAEMON, STAFF, "a@b.c", SERVICE_IMAP);
	assert_int_equal(rule->line, 2);
	assert_false(rule->may_have_password);
	assert_false(
	    match(WWW_DATA, STAFF, "a@b.c", SERVICE_SMTP)->may_have_password);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		HERE(what_no_line_allows_is_denied_to_root_too),
		HERE(a_line_for_one_service_allows_no_other),
		HERE(all_words_of_a_line_must_hold),
		HERE(a_group_is_the_first_or_one_of_the_others),
		HERE(a_unit_is_held_against_the_whole_name),
		HERE(
		    a_unit_is_looked_up_once_and_only_for_a_line_that_else_holds),
		HERE(an_owner_has_the_mailbox_of_his_login_name_and_no_other),
		HERE(a_user_without_a_name_owns_nothing),
		HERE(numbers_stand_for_users_and_groups_without_a_name),
		HERE(a_star_stands_for_one_whole_domain_and_no_more),
		HERE(an_address_is_the_same_in_any_case),
		HERE(every_line_of_every_section_and_file_counts),
		HERE(a_rule_knows_where_it_stands),
		HERE(a_line_that_grants_the_password_goes_before_others),
	};

	return cmocka_run_group_tests_name("policy", tests, NULL, NULL);
}
