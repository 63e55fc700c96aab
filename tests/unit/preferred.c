/* SPDX-License-Identifier: ISC */
/*
 * What a user would lose: his mail, sent from the mailbox of another because
 * he named none; or his turn, to a caller with a thousand lines.
 */
#include "tests/unit/judge.h"

/* The account that a user means when he names none; "" for none. */
static const char *
preferred(uid_t uid, enum service service)
{
	static char name[ACCOUNT_MAX + 1];
	struct peer peer = { .fd = -1, .uid = uid, .gid = NOBODY };
	struct caller caller;

	caller_start(&caller, &peer);
	caller.find_unit = find_unit;
	if (!policy_preferred(policy, &caller, service, name))
		name[0] = '\0';
	return name;
}

static void
the_preferred_account_is_the_first_of_the_callers_own(void **state)
{
	(void)state;
	unit_of_peer = "b.service";
	write_file("access.d/a.conf",
	    "[*@b.c]\nallow = owner for:pop preferred\n");
	accepts("[z@b.c]\nallow = user:daemon for:smtp preferred\n"
		"[A@b.c]\nallow = user:daemon preferred\n"
		"allow = user:www-data unit:a.service preferred\n"
		"[c@b.c]\nallow = user:www-data unit:b.service preferred\n"
		"allow = user:root\n");
	assert_string_equal(preferred(DAEMON, SERVICE_SMTP), "z@b.c");
	assert_string_equal(preferred(DAEMON, SERVICE_IMAP), "a@b.c");
	assert_string_equal(preferred(DAEMON, SERVICE_POP), "daemon@b.c");
	assert_string_equal(preferred(WWW_DATA, SERVICE_SMTP), "c@b.c");
	assert_string_equal(preferred(0, SERVICE_SMTP), "");
	assert_string_equal(preferred(54321, SERVICE_POP), "");
}

static void
a_preferred_owner_of_another_mailbox_has_none(void **state)
{
	(void)state;
	accepts("[games@b.c]\nallow = owner preferred\n");
	assert_string_equal(preferred(DAEMON, SERVICE_SMTP), "");
	assert_string_equal(preferred(5, SERVICE_SMTP), "games@b.c");
}

/* How many lines are left of the policy for a user, and what they allow. */
static size_t
narrow(uid_t uid, bool (*check)(const struct policy *mine, struct caller *who))
{
	struct peer peer = { .fd = -1, .uid = uid, .gid = NOBODY };
	AUTO(policy) mine = NULL;
	struct caller caller;

	caller_start(&caller, &peer);
	caller.find_unit = find_unit;
	looks = 0;
	assert_int_equal(policy_narrow(policy, &caller, &mine), MAILSEAL_OK);
	assert_true(check == NULL || check(mine, &caller));
	assert_int_equal(policy_off(mine), 0);
	return policy_count(mine);
}

static bool
judges_likewise(const struct policy *mine, struct caller *who)
{
	static const char *const names[] = { "a@b.c", "b@b.c", "daemon@b.c",
		"www-data@b.c", "x@y.z", "daemon@y.z" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		for (int s = 0; s < SERVICE_COUNT; s++)
			if (policy_match(policy, who, names[i],
				(enum service)s) !=
			    policy_match(mine, who, names[i], (enum service)s))
				return false;
	return true;
}

static void
the_lines_for_one_caller_judge_as_all_do(void **state)
{
	(void)state;
	unit_of_peer = "b.service";
	accepts("[a@b.c]\nallow = user:daemon for:imap\n"
		"allow = user:www-data unit:b.service\n"
		"allow = user:daemon for:imap may-have-password\n"
		"allow = user:daemon group:nogroup\n"
		"[*@b.c]\nallow = owner for:smtp\nallow = user:games\n"
		"[b@b.c]\nallow = owner unit:b.service\n"
		"allow = unit:a.service\n[x@y.z]\nallow = owner\n");
	assert_int_equal(narrow(DAEMON, judges_likewise), 4);
	assert_int_equal(narrow(WWW_DATA, judges_likewise), 2);
	assert_int_equal(narrow(0, judges_likewise), 1);
	assert_int_equal(narrow(54321, judges_likewise), 0);
}

/* So that what one caller may cost does not grow with the lines for him. */
static void
ten_lines_that_give_the_same_are_as_good_as_the_first(void **state)
{
	char text[4096] = "[*@b.c]\n", *end = strchr(text, '\0');

	(void)state;
	unit_of_peer = "b.service";
	for (int i = 0; i < 50; i++)
		end += snprintf(end, 64,
		    "allow = user:daemon unit:b*\nallow = owner for:smtp\n");
	(void)snprintf(end, 64,
	    "allow = user:daemon for:pop may-have-password\n");
	accepts(text);
	assert_int_equal(narrow(DAEMON, judges_likewise), 3);
	assert_int_equal(looks, 1); /* for all of it */
	assert_int_equal(narrow(0, judges_likewise), 1);
	assert_int_equal(looks, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		HERE(the_preferred_account_is_the_first_of_the_callers_own),
		HERE(a_preferred_owner_of_another_mailbox_has_none),
		HERE(the_lines_for_one_caller_judge_as_all_do),
		HERE(ten_lines_that_give_the_same_are_as_good_as_the_first),
	};

	return cmocka_run_group_tests_name("preferred", tests, NULL, NULL);
}
