/* SPDX-License-Identifier: ISC */
/*
 * What a user would lose: the answer to "who had my mailbox's string?", when
 * the file and the journal tell different stories, or a name tells a lie.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "broker/deed.h"
#include "proto/error.h"

static struct deed_lines lines;

static struct peer_names names = { .user = "erp",
	.origin_known = true,
	.login_uid = 1000,
	.login = "jane",
	.unit = "campus-mail@1.service" };
static struct peer_names service = { .user = "erp",
	.origin_known = true,
	.login_uid = PEER_NO_LOGIN };
static const struct peer erp = { .fd = -1,
	.pid = 42,
	.uid = 1001,
	.names = &names };
static const struct peer daemon_of_erp = { .fd = -1,
	.pid = 43,
	.uid = 1001,
	.names = &service };

/* It is always the same time in this program. */
time_t
time(time_t *out)
{
	if (out != NULL)
		*out = 1795462080;
	return 1795462080;
}

static const char *
entry(void)
{
	static char text[JOURNAL_ENTRY_MAX + 1];

	memcpy(text, lines.entry.bytes, lines.entry.len);
	text[lines.entry.len] = '\0';
	return text;
}

static void
both_forms_have_all_that_is_known(void **state)
{
	const struct deed deed = { "served", "admissions@college.edu", &erp,
		"erp.conf:4", "repeats_before=7 token=0123456789abcdef" };

	(void)state;
	assert_int_equal(deed_write(&deed, &lines), MAILSEAL_OK);
	assert_string_equal(lines.text,
	    "2026-11-23T19:28:00Z audit event=served "
	    "account=admissions@college.edu user=erp uid=1001 pid=42 "
	    "loginuid=1000 login=jane unit=campus-mail@1.service "
	    "rule=erp.conf:4 result=ok repeats_before=7 "
	    "token=0123456789abcdef\n");
	assert_int_equal(lines.len, strlen(lines.text));
	assert_string_equal(entry(),
	    "MESSAGE=erp (login jane, unit campus-mail@1.service) was given a "
	    "string of admissions@college.edu by erp.conf:4: repeats_before=7 "
	    "token=0123456789abcdef\n"
	    "PRIORITY=6\n"
	    "SYSLOG_IDENTIFIER=mailseald\n"
	    "MESSAGE_ID=72131369228241ff8e9735b86f230415\n"
	    "MAILSEAL_EVENT=served\n"
	    "MAILSEAL_ACCOUNT=admissions@college.edu\n"
	    "MAILSEAL_USER=erp\n"
	    "MAILSEAL_UID=1001\n"
	    "MAILSEAL_PID=42\n"
	    "MAILSEAL_LOGINUID=1000\n"
	    "MAILSEAL_LOGIN=jane\n"
	    "MAILSEAL_UNIT=campus-mail@1.service\n"
	    "MAILSEAL_RULE=erp.conf:4\n"
	    "MAILSEAL_RESULT=ok\n"
	    "MAILSEAL_REPEATS_BEFORE=7\n"
	    "MAILSEAL_TOKEN=0123456789abcdef\n");
}

static void
what_is_not_known_is_not_made_up(void **state)
{
	const struct deed deed = { "unlock", NULL, &daemon_of_erp, NULL,
		"slot=1" };

	(void)state;
	assert_int_equal(deed_write(&deed, &lines), MAILSEAL_OK);
	assert_string_equal(lines.text,
	    "2026-11-23T19:28:00Z audit event=unlock account=- user=erp "
	    "uid=1001 pid=43 rule=- result=ok slot=1\n");
	assert_string_equal(entry(),
	    "MESSAGE=erp opened the master key: slot=1\n"
	    "PRIORITY=5\n"
	    "SYSLOG_IDENTIFIER=mailseald\n"
	    "MESSAGE_ID=5671eb12b9704edebac38eec45829ad1\n"
	    "MAILSEAL_EVENT=unlock\n"
	    "MAILSEAL_ACCOUNT=-\n"
	    "MAILSEAL_USER=erp\n"
	    "MAILSEAL_UID=1001\n"
	    "MAILSEAL_PID=43\n"
	    "MAILSEAL_RULE=-\n"
	    "MAILSEAL_RESULT=ok\n"
	    "MAILSEAL_SLOT=1\n");
}

static void
what_we_do_ourselves_has_no_user(void **state)
{
	const struct deed deed = { "missed", NULL, NULL, NULL, "missed=3" };

	(void)state;
	assert_int_equal(deed_write(&deed, &lines), MAILSEAL_OK);
	assert_string_equal(lines.text,
	    "2026-11-23T19:28:00Z audit event=missed account=- rule=- "
	    "result=failed missed=3\n");
	assert_non_null(strstr(entry(),
	    "MESSAGE=The audit missed lines: missed=3\nPRIORITY=4\n"));
	assert_null(strstr(entry(), "MAILSEAL_USER="));
}

/* A name is what a directory says, and some let their users choose. */
static void
no_name_brings_facts_of_its_own(void **state)
{
	struct peer_names liar = { .user = "x uid=0\nMAILSEAL_UID=0",
		.origin_known = true,
		.login_uid = 7,
		.login = "y rule=-" };
	const struct peer peer = { .fd = -1, .uid = 5, .names = &liar };
	const struct deed deed = { "denied", "a\n2026 audit\x1b[1m", &peer,
		NULL, "why=get" };

	(void)state;
	assert_int_equal(deed_write(&deed, &lines), MAILSEAL_OK);
	assert_non_null(strstr(lines.text,
	    " account=a\\x0a2026\\x20audit\\x1b[1m "
	    "user=x\\x20uid=0\\x0aMAILSEAL_UID=0 uid=5 pid=0 loginuid=7 "
	    "login=y\\x20rule=- rule=- result=denied why=get\n"));
	assert_non_null(strstr(entry(),
	    "\nMAILSEAL_ACCOUNT=a\\x0a2026\\x20audit\\x1b[1m\n"
	    "MAILSEAL_USER=x\\x20uid=0\\x0aMAILSEAL_UID=0\n"
	    "MAILSEAL_UID=5\n"));
	assert_null(strstr(entry(), "\nMAILSEAL_UID=0"));
}

/* One that somebody forgot to put into the catalogue is told all the same. */
static void
an_event_without_a_row_is_told_without_an_id(void **state)
{
	const struct deed deed = { "polished", "a@b.c", &daemon_of_erp, NULL,
		"" };

	(void)state;
	assert_int_equal(deed_write(&deed, &lines), MAILSEAL_OK);
	assert_non_null(strstr(lines.text, " event=polished account=a@b.c "));
	assert_non_null(strstr(entry(), "MESSAGE=erp polished a@b.c\n"));
	assert_null(strstr(entry(), "MESSAGE_ID"));
}

static void
a_line_that_does_not_fit_is_refused_and_not_cut(void **state)
{
	char more[6000] = "";
	struct deed deed = { "denied", "a@b.c", &daemon_of_erp, NULL, more };

	(void)state;
	for (size_t i = 0; i < 800; i++)
		memcpy(more + i * 7, "k=1234 ", 7);
	more[1400] = '\0';
	assert_int_equal(deed_write(&deed, &lines), MAILSEAL_OK);
	more[1400] = 'k';
	more[5600] = '\0';
	assert_int_equal(deed_write(&deed, &lines), MAILSEAL_E_TOOLONG);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(both_forms_have_all_that_is_known),
		cmocka_unit_test(what_is_not_known_is_not_made_up),
		cmocka_unit_test(what_we_do_ourselves_has_no_user),
		cmocka_unit_test(no_name_brings_facts_of_its_own),
		cmocka_unit_test(an_event_without_a_row_is_told_without_an_id),
		cmocka_unit_test(
		    a_line_that_does_not_fit_is_refused_and_not_cut),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
