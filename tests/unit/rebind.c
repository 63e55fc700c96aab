/* SPDX-License-Identifier: ISC */
/*
 * What a user would lose: her password to a server that nobody said yes to; or
 * the way to say yes.
 */
#include "tests/unit/rebinding.h"

static bool
nothing_was_sent(void)
{
	int fd = errand_comes(50);

	if (fd >= 0)
		(void)close(fd);
	return fd < 0;
}

static void
a_server_that_moved_gets_the_strings_after_a_yes(void **state)
{
	struct account *a = adopt(NAME);
	int fd;

	(void)state;
	keep_secret("client_secret", "s3cret");
	keep_secret("client_key", "a key");
	serve(NAME, 600);
	file_becomes(FILE_IS("broker", "mail.example.org"));
	ask(admin, "show account=" NAME "\n", "ok account=" NAME);
	fd = ask_for(NAME);
	expect(fd, "error code=blocked reason=rebind ");
	(void)close(fd);
	show();
	says("item kind=difference key=smtp_host old=mail.example.edu "
	     "new=mail.example.org\n"
	     "item kind=account account=" NAME
	     " type=refresh action=reseal keys=smtp_host "
	     "smtp_host=mail.example.org smtp_port=587 smtp_tls=starttls\n");
	says("item kind=secret label=1 type=client_key action=reseal ");
	says("item kind=secret label=1 type=client_secret action=reseal ");
	says(" count=4\n");
	assert_true(nothing_was_sent());
	assert_false(is_sealed_for_now("refresh", NAME, ""));
	rebind("ok provider=campus accounts=1 secrets=2 left=0");
	assert_true(nothing_was_sent());
	assert_true(is_sealed_for_now("refresh", NAME, ""));
	assert_true(is_sealed_for_now("client_secret", "campus", "1"));
	assert_true(is_sealed_for_now("client_key", "campus", "1"));
	assert_true(renew_is_bound(broker, a));
	/* What was got for the old server is not sent to the new one. */
	assert_null(renew_lease(broker, a, SERVICE_SMTP)->token);
	serve(NAME, 600);
	show();
	assert_true(begins(shown, "ok digest="));
}

/* Else one yes to an old question would be one to all later files. */
static void
a_yes_holds_for_what_was_shown_and_nothing_else(void **state)
{
	(void)state;
	(void)adopt(NAME);
	file_becomes(FILE_IS("broker", "mail.example.org"));
	show();
	file_becomes(FILE_IS("broker", "mail.evil.test"));
	rebind("error code=blocked reason=changed ");
	assert_false(is_sealed_for_now("refresh", NAME, ""));
	/* One account more is another question as well. */
	file_becomes(FILE_IS("broker", "mail.example.edu"));
	(void)adopt("b@campus.edu");
	file_becomes(FILE_IS("broker", "mail.example.org"));
	rebind("error code=blocked reason=changed ");
	show();
	digest[3] = digest[3] == '0' ? '1' : '0';
	rebind("error code=blocked reason=changed ");
	digest[0] = '\0';
	rebind("error code=blocked reason=changed ");
	ask(admin, "rebind provider=campus\n",
	    "error code=malformed reason=field_missing ");
	assert_false(is_sealed_for_now("refresh", NAME, ""));
}

/* Its refresh token would go where another file's registration sends it. */
static void
another_registration_gets_nothing_whatever_is_said(void **state)
{
	int fd;

	(void)state;
	(void)adopt(NAME);
	keep_secret("client_secret", "s3cret");
	file_becomes(FILE_IS("other", "mail.example.org"));
	show();
	says("item kind=difference key=client_id old=broker new=other\n");
	says("item kind=account account=" NAME
	     " type=refresh action=renew keys=client_id,smtp_host\n");
	says("item kind=secret label=1 type=client_secret action=renew ");
	rebind("ok provider=campus accounts=0 secrets=0 left=2");
	assert_false(is_sealed_for_now("refresh", NAME, ""));
	assert_false(is_sealed_for_now("client_secret", "campus", "1"));
	fd = ask_for(NAME);
	expect(fd, "error code=blocked reason=rebind ");
	assert_true(nothing_was_sent());
	(void)close(fd);
	/* As it was enrolled, it works again, without a word. */
	file_becomes(FILE_IS("broker", "mail.example.edu"));
	serve(NAME, 600);
}

static void
a_provider_that_is_not_there_or_has_a_fault_is_said(void **state)
{
	(void)state;
	ask(admin, "rebind_show provider=nowhere\n",
	    "error code=blocked reason=no_provider ");
	ask(admin, "rebind_show\n",
	    "error code=malformed reason=field_missing ");
	ask(admin, "rebind_show provider=campus more=1\n",
	    "error code=malformed reason=field_unknown ");
}

static void
who_said_yes_to_what_stands_in_the_audit(void **state)
{
	char text[8192];
	FILE *file;

	(void)state;
	(void)adopt(NAME);
	keep_secret("client_secret", "s3cret");
	file_becomes(FILE_IS("broker", "mail.example.org"));
	show();
	rebind("ok provider=campus accounts=1 secrets=1 ");
	file = fopen(path_of("audit"), "r");
	assert_non_null(file);
	text[fread(text, 1, sizeof(text) - 1, file)] = '\0';
	(void)fclose(file);
	assert_non_null(strstr(text, "event=rebound "));
	assert_non_null(strstr(text, "account=" NAME));
	assert_non_null(
	    strstr(text, " provider=campus kind=refresh keys=smtp_host\n"));
	assert_non_null(strstr(text,
	    " provider=campus kind=client_secret label=1 keys=smtp_host\n"));
}

/* Else it waits for the next try of an exchange that can only fail. */
static void
an_account_that_an_exchange_found_so_is_good_again(void **state)
{
	struct account *a = adopt(NAME);

	(void)state;
	a->state = GRANT_BLOCKED;
	a->reason = MAILSEAL_E_REBIND;
	a->next_try_ms = now_ms() + 3600000;
	file_becomes(FILE_IS("broker", "mail.example.org"));
	show();
	rebind("ok provider=campus accounts=1 ");
	assert_int_equal(a->state, GRANT_GOOD);
	assert_int_equal(a->reason, MAILSEAL_OK);
	serve(NAME, 600);
}

#define COMMAND_IS(program)                                \
	"[provider]\nmodule = command\ncommand = " program \
	"\nsmtp_auth_host = mail.example.edu\n"

/* A secret goes to whichever program is told it, not to its mail server. */
static void
another_command_is_not_told_the_secret_after_a_yes_to_its_accounts(void **state)
{
	(void)state;
	file_becomes(COMMAND_IS("/usr/libexec/token"));
	keep_secret("client_secret", "s3cret");
	file_becomes(COMMAND_IS("/home/guest/token"));
	show();
	says("item kind=secret label=1 type=client_secret action=renew "
	     "keys=command\n");
	rebind("ok provider=campus accounts=0 secrets=0 left=1");
	assert_false(is_sealed_for_now("client_secret", "campus", "1"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		HERE(a_server_that_moved_gets_the_strings_after_a_yes),
		HERE(a_yes_holds_for_what_was_shown_and_nothing_else),
		HERE(another_registration_gets_nothing_whatever_is_said),
		HERE(
		    another_command_is_not_told_the_secret_after_a_yes_to_its_accounts),
		HERE(a_provider_that_is_not_there_or_has_a_fault_is_said),
		HERE(who_said_yes_to_what_stands_in_the_audit),
		HERE(an_account_that_an_exchange_found_so_is_good_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
