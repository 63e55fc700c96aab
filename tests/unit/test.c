/* SPDX-License-Identifier: ISC */
/*
 * What a user would lose: the word that a mailbox cannot be read, though mail
 * goes out of it, before somebody waits for mail in vain.
 */
#include <sodium.h>

#include "tests/unit/courier.h"

#define NAME "a@campus.edu"
#define SMTP_IN \
	"ok class=ok server=s:587 mechanism=xoauth2 code=235 detail=hi\n"
#define IMAP_IN "ok class=ok server=i:993 mechanism=xoauth2 detail=hello\n"

static int admin;
static struct account *a;

/* The provider has an IMAP server, whose tokens have a scope of their own. */
static int
open_here(void **state)
{
	if (open_with_courier(state) != 0)
		return -1;
	write_file("etc/provider.d/campus.conf",
	    "[provider]\nmodule = oidc\nclient_id = broker\n"
	    "authority = https://login.example.edu\n"
	    "scope_smtp = send\nscope_imap = read\n"
	    "smtp_auth_host = mail.example.edu\n"
	    "imap_host = imap.example.edu\n");
	write_file("etc/provider.d/old.conf",
	    "[provider]\nmodule = password\n"
	    "smtp_auth_host = mail.example.edu\n"
	    "imap_host = imap.example.edu\n");
	config_free(broker->config);
	read_config();
	admin = enter(DOOR_ADMIN);
	a = adopt(NAME);
	return 0;
}

static int
close_here(void **state)
{
	(void)close(admin);
	return close_with_courier(state);
}

/* The next errand has these words, and is answered so. */
static void
meets(const char *words, const char *answer)
{
	int fd = errand_comes(2000);
	const char *line;

	assert_true(fd >= 0);
	line = hear(fd);
	if (line == NULL || strstr(line, words) == NULL)
		fail_msg("\"%s\" has no \"%s\"", line != NULL ? line : "",
		    words);
	tell(fd, answer);
	(void)close(fd);
}

#define TOKEN                                                   \
	"ok class=ok access_token=access refresh_token=second " \
	"expires_in=600\n"

static void
both_servers_are_logged_in_to_with_the_token_of_each(void **state)
{
	(void)state;
	tell(admin, "test account=" NAME "\n");
	meets(" set_scope=send ", TOKEN);
	meets(" origins=smtp://mail.example.edu:587 ", SMTP_IN);
	meets(" set_scope=read ", TOKEN);
	meets(" set_service=imap set_host=imap.example.edu set_port=993 "
	      "set_tls=implicit ",
	    IMAP_IN);
	expect(admin,
	    "ok account=" NAME " server=s:587 mechanism=xoauth2 code=235 "
	    "message=hi imap_server=i:993 imap_mechanism=xoauth2 "
	    "imap_message=hello");
}

static void
the_one_that_failed_is_named(void **state)
{
	(void)state;
	tell(admin, "test account=" NAME "\n");
	meets("op=refresh", TOKEN);
	meets("set_service=smtp", SMTP_IN);
	meets("op=refresh", TOKEN);
	meets("set_service=imap",
	    "ok class=reauth reason=login_refused detail=NO%20x\n");
	assert_non_null(strstr(hear(admin), "(IMAP:%20NO%20x)"));
	tell(admin, "test account=" NAME " for=imap\n");
	meets("set_service=imap",
	    "ok class=reauth reason=login_refused detail=NO%20x\n");
	assert_non_null(strstr(hear(admin), "(IMAP:%20NO%20x)"));
}

/* Else half a test would let out what an admin must still allow. */
static void
a_sign_in_that_was_kept_is_served_after_both_logins(void **state)
{
	(void)state;
	a->untested = true;
	a->state = GRANT_BLOCKED;
	a->reason = MAILSEAL_E_LOGIN;
	tell(admin, "test account=" NAME " for=smtp\n");
	meets("op=refresh", TOKEN);
	meets("set_service=smtp", SMTP_IN);
	expect(admin, "ok account=" NAME " server=s:587 ");
	assert_int_equal(a->state, GRANT_BLOCKED);

	tell(admin, "test account=" NAME "\n");
	meets("set_service=smtp", SMTP_IN);
	meets("op=refresh", TOKEN);
	meets("set_service=imap",
	    "ok class=admin reason=login_refused detail=BAD\n");
	expect(admin, "error code=blocked reason=login_refused ");
	assert_int_equal(a->state, GRANT_BLOCKED);
	assert_string_equal(a->detail, "IMAP: BAD");

	tell(admin, "test account=" NAME "\n");
	meets("set_service=smtp", SMTP_IN);
	meets("set_service=imap", IMAP_IN);
	expect(admin, "ok account=" NAME);
	assert_int_equal(a->state, GRANT_GOOD);
}

/* Else an admin knows that SMTP AUTH is off, and not where it is turned on. */
static void
a_refusal_says_what_is_to_be_done_about_just_that(void **state)
{
	const char *line;

	(void)state;
	a->untested = true;
	a->state = GRANT_BLOCKED;
	tell(admin, "test account=" NAME " for=smtp\n");
	meets("op=refresh", TOKEN);
	meets("set_service=smtp",
	    "ok class=admin reason=login_refused detail=535%205.7.139%20x "
	    "meaning=535%205.7.139%20disabled%20for%20the%20Mailbox\n");
	line = hear(admin);
	assert_non_null(strstr(line,
	    "Set-CASMailbox%20-Identity%20" NAME
	    "%20-SmtpClientAuthenticationDisabled%20$false"));
	assert_null(strstr(line, "let%20" NAME));
	ask(admin, "show account=" NAME "\n", "ok account=" NAME);
	assert_non_null(a->meaning);

	/* What this mailseal does not know has the reason's own advice. */
	tell(admin, "test account=" NAME " for=smtp\n");
	meets("set_service=smtp",
	    "ok class=admin reason=login_refused detail=535 meaning=x\n");
	assert_non_null(strstr(hear(admin), "let%20" NAME));
	assert_null(a->meaning);
}

static void
a_service_that_cannot_be_tested_is_refused(void **state)
{
	(void)state;
	ask(admin, "test account=" NAME " for=pop\n",
	    "error code=malformed reason=field_unknown ");
	ask(admin, "test account=" NAME " for=imap to=x@y.z\n",
	    "error code=malformed reason=field_unknown ");
}

/* Begin with a password, as far as the first login. */
static void
enroll_here(void)
{
	char request[128];
	const char *line;

	tell(admin,
	    "enroll_begin account=p@campus.edu provider=old "
	    "without_recovery=yes\n");
	line = hear(admin);
	assert_true(begins(line, "ok id="));
	(void)snprintf(request, sizeof(request),
	    "enroll_finish id=%.32s password=pw\n", line + strlen("ok id="));
	tell(admin, request);
}

static void
an_enrolment_logs_in_at_both_servers(void **state)
{
	(void)state;
	enroll_here();
	meets("set_service=smtp", SMTP_IN);
	meets("set_service=imap", IMAP_IN);
	expect(admin,
	    "ok account=p@campus.edu login=p@campus.edu provider=old "
	    "state=good server=s:587 mechanism=xoauth2 code=235 message=hi "
	    "imap_server=i:993 imap_mechanism=xoauth2 imap_message=hello");
}

static void
an_enrolment_that_fails_at_one_of_them_stores_nothing(void **state)
{
	(void)state;
	enroll_here();
	meets("set_service=smtp", SMTP_IN);
	meets("set_service=imap",
	    "ok class=reauth reason=wrong_password detail=NO\n");
	assert_non_null(strstr(hear(admin), "(IMAP:%20NO)"));
	assert_null(accounts_find(broker->accounts, "p@campus.edu"));
}

#define HERE(test) cmocka_unit_test_setup_teardown(test, open_here, close_here)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		HERE(both_servers_are_logged_in_to_with_the_token_of_each),
		HERE(the_one_that_failed_is_named),
		HERE(a_sign_in_that_was_kept_is_served_after_both_logins),
		HERE(a_refusal_says_what_is_to_be_done_about_just_that),
		HERE(a_service_that_cannot_be_tested_is_refused),
		HERE(an_enrolment_logs_in_at_both_servers),
		HERE(an_enrolment_that_fails_at_one_of_them_stores_nothing),
	};

	return cmocka_run_group_tests_name("test", tests, NULL, NULL);
}
