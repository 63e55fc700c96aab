/* SPDX-License-Identifier: ISC */
/*
 * What a user would lose: the key of a registration, to whoever can ask for its
 * certificate; or the certificate of a key that is sealed already.
 */
#include "broker/registration.h"
#include "tests/unit/courier.h"

#define MADE                                                                 \
	"ok class=ok client_key=-----BEGIN%20PRIVATE%20KEY-----hush%0A "     \
	"certificate=-----BEGIN%20CERTIFICATE-----open%0A x5t=AbC x5t_s256=" \
	"DeF not_after=2000000000 serial=01\n"

static size_t
keys(void)
{
	return registration_count(broker, "campus");
}

/* The next errand begins so and says that, and is answered. */
static void
meets(const char *start, const char *says, const char *answer)
{
	int fd = errand_comes(2000);
	const char *line;

	assert_true(fd >= 0);
	line = hear(fd);
	if (!begins(line, start) || strstr(line, says) == NULL)
		fail_msg("it was: %s", line);
	tell(fd, answer);
	(void)close(fd);
}

static void
the_certificate_is_told_and_the_key_is_not(void **state)
{
	int fd = enter(DOOR_ADMIN);
	const char *line;

	(void)state;
	tell(fd, "provider_new_cert provider=campus days=90\n");
	meets("exchange op=new_cert module=- origins=- ", " in_days=90", MADE);
	line = hear(fd);
	assert_true(
	    begins(line, "ok provider=campus label=1 ends=2000000000 "));
	assert_non_null(strstr(line, " x5t=AbC "));
	assert_non_null(
	    strstr(line, " subject=CN%3Dmailseal%20campus") != NULL ?
		line :
		strstr(line, " subject=CN=mailseal%20campus"));
	assert_non_null(strstr(line, "CERTIFICATE-----open"));
	assert_null(strstr(line, "hush"));
	tell(fd, "provider_show provider=campus\n");
	while (begins(line = hear(fd), "item "))
		assert_null(strstr(line, "hush"));
	assert_string_equal(line, "ok count=2");
	(void)close(fd);
}

static void
it_is_what_exchanges_are_signed_with(void **state)
{
	int fd = enter(DOOR_ADMIN), client;

	(void)state;
	tell(fd, "provider_new_cert provider=campus\n");
	meets("exchange op=new_cert ", " in_days=730", MADE);
	expect(fd, "ok provider=campus ");
	(void)close(fd);
	(void)adopt("a@campus.edu");
	client = ask_for("a@campus.edu");
	meets("exchange op=refresh ",
	    " in_client_key=-----BEGIN%20PRIVATE%20KEY-----hush%0A in_x5t=AbC "
	    "in_x5t_s256=DeF",
	    "ok class=ok access_token=access expires_in=600\n");
	expect(client, "ok account=a@campus.edu ");
	(void)close(client);
}

static void
a_key_that_nobody_waits_for_is_not_kept(void **state)
{
	int fd = enter(DOOR_ADMIN), errand;

	(void)state;
	tell(fd, "provider_new_cert provider=campus\n");
	errand = errand_comes(2000);
	assert_true(begins(hear(errand), "exchange op=new_cert "));
	(void)close(fd);
	settle();
	tell(errand, MADE);
	settle();
	assert_int_equal(keys(), 0);
	(void)close(errand);
}

static void
a_file_that_is_none_is_told_in_its_own_words(void **state)
{
	int fd = enter(DOOR_ADMIN);
	const char *line;

	(void)state;
	tell(fd, "provider_key provider=campus file=nonsense\n");
	meets("exchange op=key ", " in_file=nonsense",
	    "ok class=config reason=no_secret detail=it%20is%20no%20PEM\n");
	line = hear(fd);
	assert_true(begins(line, "error code=blocked reason=no_secret "));
	assert_non_null(strstr(line, "it%20is%20no%20PEM"));
	assert_int_equal(keys(), 0);
	(void)close(fd);
}

static void
an_answer_that_lacks_the_key_seals_nothing(void **state)
{
	int fd = enter(DOOR_ADMIN);

	(void)state;
	tell(fd, "provider_new_cert provider=campus\n");
	meets("exchange op=new_cert ", "",
	    "ok class=ok certificate=x x5t=AbC not_after=2000000000\n");
	expect(fd, "error code=unavailable reason=courier ");
	ask(fd, "provider_new_cert provider=campus days=0\n",
	    "error code=malformed reason=malformed ");
	ask(fd, "provider_new_cert provider=campus days=3651\n",
	    "error code=malformed reason=");
	assert_int_equal(keys(), 0);
	(void)close(fd);
}

static void
the_key_stays_a_secret_when_the_broker_ends_meanwhile(void **state)
{
	unsigned before = count_fds();
	int fd = enter(DOOR_ADMIN), errand;

	(void)state;
	tell(fd, "provider_new_cert provider=campus\n");
	errand = errand_comes(2000);
	assert_true(errand >= 0);
	(void)close(errand);
	(void)close(fd);
	broker_free(broker); /* with the errand under way */
	broker = NULL;
	slot_secret = NULL; /* it went with the arena */
	assert_true(count_fds() < before);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_COURIER(the_certificate_is_told_and_the_key_is_not),
		WITH_COURIER(it_is_what_exchanges_are_signed_with),
		WITH_COURIER(a_key_that_nobody_waits_for_is_not_kept),
		WITH_COURIER(a_file_that_is_none_is_told_in_its_own_words),
		WITH_COURIER(an_answer_that_lacks_the_key_seals_nothing),
		WITH_COURIER(
		    the_key_stays_a_secret_when_the_broker_ends_meanwhile),
	};

	return cmocka_run_group_tests_name("clientkey", tests, NULL, NULL);
}
