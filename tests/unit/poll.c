/* SPDX-License-Identifier: ISC */
/*
 * What a user would lose: a sign-in by a code, when the provider stumbles or
 * the terminal goes away; and the device code, which is his mailbox.
 */
#include "tests/unit/courier.h"

#define LOGIN "https://login.example.edu"
#define BEGIN                                                  \
	"enroll_begin account=new@campus.edu provider=campus " \
	"type=device without_recovery=yes\n"
#define SECRET "DC-secret"

static char id[33]; /* of the enrolment */

/* The errand of an operation has come; its request is in *line. */
static int
errand_of(const char *op, const char **line)
{
	char start[64];
	int fd = errand_comes(PATIENCE_MS);

	assert_true(fd >= 0);
	*line = hear(fd);
	(void)snprintf(start, sizeof(start), "exchange op=%s ", op);
	if (!begins(*line, start))
		fail_msg("%s, not %s", *line, op);
	return fd;
}

static void
answer(const char *op, const char *text)
{
	const char *line;
	int fd = errand_of(op, &line);

	tell(fd, text);
	(void)close(fd);
}

static void
discover(const char *more)
{
	char text[512];

	(void)snprintf(text, sizeof(text),
	    "ok class=ok url=" LOGIN "/a?x issuer=" LOGIN
	    " authorization_endpoint=" LOGIN "/a token_endpoint=" LOGIN
	    "/t jwks_uri=" LOGIN "/k origins=" LOGIN ":443%s\n",
	    more);
	answer("authorize", text);
}

/* Begin, as far as the code that is shown; what the admin is answered. */
static const char *
begin(int admin, const char *interval, const char *expires)
{
	const char *line, *at;
	char text[512];
	int fd;

	tell(admin, BEGIN);
	discover(" device_endpoint=" LOGIN "/d");
	fd = errand_of("device_begin", &line);
	assert_non_null(strstr(line, " set_device_endpoint=" LOGIN "/d"));
	assert_null(strstr(line, "verifier"));
	(void)snprintf(text, sizeof(text),
	    "ok class=ok device_code=" SECRET " user_code=AB-CD "
	    "verification_uri=" LOGIN "/go interval=%s expires_in=%s "
	    "message=Go%%20there.\n",
	    interval, expires);
	tell(fd, text);
	(void)close(fd);
	line = hear(admin);
	assert_true(begins(line, "ok id="));
	at = line + strlen("ok id=");
	(void)snprintf(id, sizeof(id), "%.32s", at);
	return line;
}

static void
poll_from(int admin)
{
	char text[128];

	(void)snprintf(text, sizeof(text), "enroll_poll id=%s\n", id);
	tell(admin, text);
}

static void
the_code_is_shown_and_the_device_code_is_not(void **state)
{
	int admin = enter(DOOR_ADMIN);
	const char *line = begin(admin, "5", "3600");

	(void)state;
	assert_non_null(strstr(line,
	    " type=device account=new@campus.edu "
	    "provider=campus "
	    "server=mail.example.edu:587 "
	    "user_code=AB-CD verification_uri=" LOGIN
	    "/go message=Go%20there. interval=5 "));
	assert_non_null(strstr(line, " expires_in=900")); /* ours is shorter */
	assert_null(strstr(line, SECRET));
	(void)close(admin);
}

static void
somebody_who_signs_in_is_enrolled(void **state)
{
	int admin = enter(DOOR_ADMIN), fd;
	const char *line;

	(void)state;
	(void)begin(admin, "0", "900");
	poll_from(admin);
	fd = errand_of("device_poll", &line);
	assert_non_null(strstr(line, " in_device_code=" SECRET));
	assert_non_null(strstr(line, " set_token_endpoint=" LOGIN "/t"));
	assert_null(strstr(line, "nonce"));
	tell(fd, "ok class=pending reason=pending detail=x\n");
	(void)close(fd);
	expect(admin, "ok state=pending interval=0");
	poll_from(admin);
	answer("device_poll",
	    "ok class=ok access_token=AT refresh_token=RT expires_in=600 "
	    "id_iss=" LOGIN " id_sub=s id_name=new@campus.edu\n");
	answer("login", "ok class=ok mechanism=xoauth2 code=235\n");
	expect(admin, "ok account=new@campus.edu login=new@campus.edu ");
	assert_string_equal(stored_refresh("new@campus.edu"), "RT");
	poll_from(admin);
	expect(admin, "error code=blocked reason=enrolment_over ");
	(void)close(admin);
}

static void
a_poll_that_comes_early_waits_for_its_turn(void **state)
{
	int admin = enter(DOOR_ADMIN), other = enter(DOOR_ADMIN);
	uint64_t start;

	(void)state;
	(void)begin(admin, "1", "900");
	start = now_ms();
	poll_from(admin);
	assert_int_equal(errand_comes(300), -1);
	poll_from(other); /* one at a time */
	expect(other, "error code=busy ");
	answer("device_poll", "ok class=slow_down reason=throttled\n");
	assert_in_range(now_ms() - start, 900, 5000);
	expect(admin, "ok state=pending interval=6");
	(void)close(other);
	(void)close(admin);
}

static void
trouble_is_told_and_does_not_end_it(void **state)
{
	static const char *const answers[] = {
		"ok class=pending reason=provider_down detail=503\n",
		"ok class=transient reason=network detail=x\n",
		"ok class=throttled reason=throttled retry_after=0\n",
		"ok class=malformed reason=malformed detail=HTML\n"
	};
	int admin = enter(DOOR_ADMIN);
	const char *line;

	(void)state;
	(void)begin(admin, "0", "900");
	for (size_t i = 0; i < sizeof(answers) / sizeof(answers[0]); i++) {
		poll_from(admin);
		answer("device_poll", answers[i]);
		line = hear(admin);
		assert_true(
		    begins(line, "ok state=pending interval=0 reason="));
		assert_non_null(strstr(line, " note=new@campus.edu:"));
	}
	/* The courier is gone, or says what nobody can read. */
	poll_from(admin);
	answer("device_poll", "nonsense\n");
	expect(admin, "ok state=pending interval=0 reason=courier ");
	(void)close(admin);
}

/* A poll ends the enrolment so. */
static void
ends(const char *text, const char *code, const char *words)
{
	int admin = enter(DOOR_ADMIN);
	const char *line;

	(void)begin(admin, "0", "900");
	poll_from(admin);
	answer("device_poll", text);
	line = hear(admin);
	if (!begins(line, code) || strstr(line, words) == NULL)
		fail_msg("%s", line);
	poll_from(admin);
	expect(admin, "error code=blocked reason=enrolment_over ");
	assert_null(accounts_find(broker->accounts, "new@campus.edu"));
	(void)close(admin);
}

static void
a_no_an_end_and_a_policy_each_say_what_to_do(void **state)
{
	(void)state;
	ends("ok class=denied reason=consent_denied detail=access_denied\n",
	    "error code=denied reason=consent_denied ", "access_denied");
	ends("ok class=expired reason=enrolment_over detail=late\n",
	    "error code=blocked reason=enrolment_over ",
	    "mailseal%20enroll%20new@campus.edu");
	ends("ok class=admin reason=provider_admin detail=53003\n",
	    "error code=blocked reason=provider_admin ",
	    "53003;%20many%20tenants%20forbid%20device%20codes:%20try%20"
	    "without%20--device");
	ends("ok class=malformed reason=id_token detail=nonce\n",
	    "error code=blocked reason=id_token ", "nonce");
	ends("ok class=ok access_token=AT refresh_token=RT id_sub=s "
	     "id_name=jane@campus.edu\n",
	    "error code=denied reason=wrong_person ", "jane@campus.edu");
}

static void
a_code_that_nobody_used_ends_without_asking(void **state)
{
	int admin = enter(DOOR_ADMIN);
	const char *line;

	(void)state;
	(void)begin(admin, "5", "1");
	poll_from(admin);
	line = hear(admin);
	assert_true(begins(line, "error code=blocked reason=enrolment_over "));
	assert_non_null(strstr(line, "in%20time"));
	assert_int_equal(errand_comes(0), -1);
	(void)close(admin);
}

static void
a_terminal_that_went_away_polls_no_more(void **state)
{
	int admin = enter(DOOR_ADMIN), again;

	(void)state;
	(void)begin(admin, "1", "900");
	poll_from(admin);
	settle();
	(void)close(admin);
	assert_int_equal(errand_comes(1500), -1);

	/* Another one of the same admin's goes on where it was. */
	again = enter(DOOR_ADMIN);
	poll_from(again);
	answer("device_poll", "ok class=pending reason=pending\n");
	expect(again, "ok state=pending interval=1");
	(void)close(again);
}

static void
who_waits_is_told_of_a_cancel(void **state)
{
	int admin = enter(DOOR_ADMIN), other = enter(DOOR_ADMIN);
	char text[128];

	(void)state;
	(void)begin(admin, "5", "900");
	poll_from(admin);
	settle();
	(void)snprintf(text, sizeof(text), "enroll_cancel id=%s\n", id);
	ask(other, text, "ok");
	expect(admin, "error code=blocked reason=enrolment_over ");
	assert_int_equal(errand_comes(0), -1);
	(void)close(other);
	(void)close(admin);
}

static void
a_provider_without_device_codes_says_so(void **state)
{
	int admin = enter(DOOR_ADMIN);
	const char *line;

	(void)state;
	tell(admin, BEGIN);
	discover("");
	line = hear(admin);
	assert_true(begins(line, "error code=unsupported reason=other_kind "));
	assert_non_null(strstr(line, "offers%20no%20device%20codes"));
	ask(admin,
	    "enroll_begin account=new@campus.edu provider=old type=device "
	    "without_recovery=yes\n",
	    "error code=unsupported reason=other_kind ");
	assert_int_equal(errand_comes(0), -1);
	(void)close(admin);
}

static void
a_page_and_a_code_are_not_mistaken_for_each_other(void **state)
{
	int admin = enter(DOOR_ADMIN), other = enter(DOOR_ADMIN);
	char text[128];
	const char *line;

	(void)state;
	(void)begin(admin, "1", "900");
	poll_from(admin);
	settle();
	(void)snprintf(text, sizeof(text),
	    "enroll_finish id=%s redirect=/callback?code=x\n", id);
	ask(other, text, "error code=unsupported reason=other_kind ");
	(void)close(other);
	answer("device_poll", "ok class=pending reason=pending\n");
	expect(admin, "ok state=pending ");

	tell(admin,
	    "enroll_begin account=other@campus.edu provider=campus "
	    "without_recovery=yes\n");
	discover(" device_endpoint=" LOGIN "/d");
	line = hear(admin);
	assert_true(begins(line, "ok id="));
	(void)snprintf(id, sizeof(id), "%.32s", line + strlen("ok id="));
	poll_from(admin);
	expect(admin, "error code=unsupported reason=other_kind ");
	assert_int_equal(errand_comes(0), -1);
	(void)close(admin);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_COURIER(the_code_is_shown_and_the_device_code_is_not),
		WITH_COURIER(somebody_who_signs_in_is_enrolled),
		WITH_COURIER(a_poll_that_comes_early_waits_for_its_turn),
		WITH_COURIER(trouble_is_told_and_does_not_end_it),
		WITH_COURIER(a_no_an_end_and_a_policy_each_say_what_to_do),
		WITH_COURIER(a_code_that_nobody_used_ends_without_asking),
		WITH_COURIER(a_terminal_that_went_away_polls_no_more),
		WITH_COURIER(who_waits_is_told_of_a_cancel),
		WITH_COURIER(a_provider_without_device_codes_says_so),
		WITH_COURIER(a_page_and_a_code_are_not_mistaken_for_each_other),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
