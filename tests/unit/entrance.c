/* SPDX-License-Identifier: ISC */
/*
 * What a user would lose: the mail of a shared mailbox, for a string that
 * carries the name that the other service wants.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "broker/entrance.h"

#define BOX "Admissions@campus.edu"

static void
is_user(enum account_type type, const char *login, const char *smtp,
    const char *imap)
{
	assert_string_equal(entrance_user(type, BOX, login, SERVICE_SMTP),
	    smtp);
	assert_string_equal(entrance_user(type, BOX, login, SERVICE_IMAP),
	    imap);
	assert_string_equal(entrance_user(type, BOX, login, SERVICE_POP), imap);
}

static void
a_delegate_sends_as_himself_and_reads_the_mailbox(void **state)
{
	(void)state;
	is_user(ACCOUNT_OAUTH, "jane@campus.edu", "jane@campus.edu", BOX);
}

static void
the_mailbox_itself_has_one_name_however_it_is_written(void **state)
{
	(void)state;
	is_user(ACCOUNT_OAUTH, BOX, BOX, BOX);
	is_user(ACCOUNT_OAUTH, "admissions@CAMPUS.EDU", "admissions@CAMPUS.EDU",
	    "admissions@CAMPUS.EDU");
}

/* A user name of the server's own is nobody else's mailbox. */
static void
a_login_that_is_no_address_goes_with_each_service(void **state)
{
	(void)state;
	is_user(ACCOUNT_OAUTH, "m20417", "m20417", "m20417");
	is_user(ACCOUNT_PASSWORD, "m20417", "m20417", "m20417");
}

/* Who has the password of a mailbox is no delegate, whatever he is called. */
static void
a_password_has_one_login(void **state)
{
	(void)state;
	is_user(ACCOUNT_PASSWORD, "a@old.campus.edu", "a@old.campus.edu",
	    "a@old.campus.edu");
}

static void
an_application_names_the_mailbox_always(void **state)
{
	(void)state;
	is_user(ACCOUNT_APPLICATION, "jane@campus.edu", BOX, BOX);
	is_user(ACCOUNT_APPLICATION, "m20417", BOX, BOX);
}

static void
an_own_host_is_for_submission_alone(void **state)
{
	char smtp[] = "smtp.campus.edu", imap[] = "imap.campus.edu";
	struct provider p = { .place = {
				  [SERVICE_SMTP] = { smtp, 587, TLS_STARTTLS },
				  [SERVICE_IMAP] = { imap, 993, TLS_IMPLICIT },
			      } };
	struct place place = entrance_place(&p, "relay.campus.edu",
	    SERVICE_SMTP);

	(void)state;
	assert_string_equal(place.host, "relay.campus.edu");
	assert_int_equal(place.port, 587);
	assert_int_equal(place.tls, TLS_STARTTLS);
	assert_string_equal(entrance_place(&p, "relay.campus.edu", SERVICE_IMAP)
				.host,
	    imap);
	assert_string_equal(entrance_place(&p, "", SERVICE_SMTP).host, smtp);
	assert_string_equal(entrance_place(&p, NULL, SERVICE_SMTP).host, smtp);
	assert_null(entrance_place(&p, "relay.campus.edu", SERVICE_POP).host);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    a_delegate_sends_as_himself_and_reads_the_mailbox),
		cmocka_unit_test(
		    the_mailbox_itself_has_one_name_however_it_is_written),
		cmocka_unit_test(
		    a_login_that_is_no_address_goes_with_each_service),
		cmocka_unit_test(a_password_has_one_login),
		cmocka_unit_test(an_application_names_the_mailbox_always),
		cmocka_unit_test(an_own_host_is_for_submission_alone),
	};

	return cmocka_run_group_tests_name("entrance", tests, NULL, NULL);
}
