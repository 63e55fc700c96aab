/* SPDX-License-Identifier: ISC */
/*
 * What a user would lose: the secret of a registration, sealed and not found
 * again; or that secret, sent where another provider file points.
 */
#include "broker/registration.h"
#include "tests/unit/courier.h"

static const struct provider *
campus(void)
{
	return config_provider(broker->config, "campus");
}

static int
add(const char *value, int64_t ends, char *label)
{
	struct proof proof = { .kind = PROOF_SECRET, .ends = ends };
	int error;

	proof.value = secret_copy(value, strlen(value));
	assert_non_null(proof.value);
	error = registration_add(broker, campus(), &proof);
	(void)snprintf(label, PROOF_LABEL_MAX + 1, "%s", proof.label);
	proof_clear(&proof);
	return error;
}

static void
added_as(const char *value, const char *wanted)
{
	char label[PROOF_LABEL_MAX + 1];

	assert_int_equal(add(value, 0, label), 0);
	assert_string_equal(label, wanted);
}

/* All that there are, in the order in which they are tried. */
static void
tried(const char *wanted)
{
	AUTO(proofs) proofs = NULL;
	char got[128] = "";
	size_t len = 0;

	assert_int_equal(registration_load(broker, campus(), &proofs), 0);
	for (size_t i = 0; i < proofs->count; i++) {
		const struct proof *p = &proofs->proof[i];

		len += (size_t)snprintf(got + len, sizeof(got) - len,
		    "%s:%.*s ", p->label,
		    p->value != NULL ? (int)p->value->len : 0,
		    p->value != NULL ? (const char *)p->value->data : "");
	}
	assert_string_equal(got, wanted);
}

static void
a_label_is_not_used_again_while_another_lives(void **state)
{
	enum proof_kind kind;

	(void)state;
	added_as("one", "1");
	added_as("two", "2");
	added_as("three", "3");
	assert_int_equal(registration_forget(broker, "campus", "1", &kind), 0);
	added_as("four", "4");
	assert_int_equal(registration_forget(broker, "campus", "1", &kind),
	    MAILSEAL_E_NOSECRET);
	tried("4:four 3:three 2:two ");
	/* Nor that of the last one, which no other is above. */
	assert_int_equal(registration_forget(broker, "campus", "4", &kind), 0);
	added_as("five", "5");
	assert_int_equal(registration_forget(broker, "campus", "5", &kind), 0);
	assert_int_equal(registration_forget(broker, "campus", "3", &kind), 0);
	assert_int_equal(registration_forget(broker, "campus", "2", &kind), 0);
	added_as("anew", "1");
}

static void
the_same_secret_takes_its_old_place_with_its_new_date(void **state)
{
	AUTO(proofs) proofs = NULL;
	char label[PROOF_LABEL_MAX + 1];

	(void)state;
	added_as("one", "1");
	added_as("two", "2");
	assert_int_equal(add("one", 2000000000, label), 0);
	assert_string_equal(label, "1");
	tried("2:two 1:one ");
	assert_int_equal(registration_load(broker, campus(), &proofs), 0);
	assert_int_equal(proofs->proof[1].ends, 2000000000);
	assert_in_range(proofs->proof[1].added, now_wall() - 60, now_wall());
}

static void
a_ninth_is_refused_and_the_eight_stay(void **state)
{
	char label[PROOF_LABEL_MAX + 1], value[2] = "a";

	(void)state;
	for (int i = 0; i < PROOFS_MAX; i++, value[0]++)
		assert_int_equal(add(value, 0, label), 0);
	assert_int_equal(add(value, 0, label), MAILSEAL_E_SECRETS);
	assert_int_equal(add("a", 0, label), 0); /* it is there already */
	tried("8:h 7:g 6:f 5:e 4:d 3:c 2:b 1:a ");
}

/* As mailseald sealed it when there was just one. */
static void
save_old(const char *value)
{
	AUTO(secret) plain = secret_copy(value, strlen(value));
	char *bound = NULL;

	assert_int_equal(binding_make(campus(), NULL, &bound), 0);
	assert_int_equal(store_begin(broker->store), 0);
	assert_int_equal(record_save(broker->store, broker->keyring,
			     "client_secret", "campus", "1", "campus", bound,
			     plain),
	    0);
	assert_int_equal(store_commit(broker->store), 0);
	free(bound);
}

static void
the_one_secret_of_an_older_store_is_the_first_of_several(void **state)
{
	(void)state;
	save_old("old one");
	tried("1:old one ");
	added_as("new", "2");
	tried("2:new 1:old one ");
}

static void
one_that_was_meant_for_another_place_is_not_opened(void **state)
{
	AUTO(proofs) proofs = NULL;
	struct provider *p = broker->config->providers[0];

	(void)state;
	added_as("one", "1");
	free(p->value[SETTING_AUTHORITY]);
	p->value[SETTING_AUTHORITY] = strdup("https://evil.example");
	free(p->binding);
	p->binding = NULL;
	added_as("two", "2");
	assert_int_equal(registration_load(broker, p, &proofs), 0);
	assert_int_equal(proofs->proof[0].error, MAILSEAL_OK);
	assert_int_equal(proofs->proof[1].error, MAILSEAL_E_REBIND);
	assert_null(proofs->proof[1].value);
}

static void
what_there_is_can_be_told_while_the_key_is_closed(void **state)
{
	AUTO(proofs) proofs = NULL;

	(void)state;
	added_as("one", "1");
	keyring_lock(broker->keyring);
	assert_int_equal(registration_load(broker, campus(), &proofs), 0);
	assert_int_equal(proofs->count, 1);
	assert_int_equal(proofs->proof[0].error, MAILSEAL_E_LOCKED);
	assert_string_equal(proofs->proof[0].label, "1");
}

/* What an admin asks for over the socket. */
static void
an_id_is_no_secret_at_microsoft_and_may_be_one_elsewhere(void **state)
{
	static const char id[] = "8d7f1abc-12ef-4a5b-9c8d-0123456789ab";
	struct provider *p = broker->config->providers[0];
	char line[256];
	int fd = enter(DOOR_ADMIN);

	(void)state;
	(void)snprintf(line, sizeof(line),
	    "provider_secret provider=campus secret=%s\n", id);
	ask(fd, line, "ok provider=campus label=1");
	free(p->value[SETTING_MODULE]);
	p->value[SETTING_MODULE] = strdup("microsoft");
	ask(fd, line, "error code=malformed reason=secret_id ");
	ask(fd, "provider_secret provider=campus secret=\n",
	    "error code=malformed reason=");
	ask(fd, "provider_secret provider=campus secret=a~b ends=2000000000\n",
	    "ok provider=campus label=2 ends=2000000000");
	(void)close(fd);
}

static void
each_is_listed_with_its_dates_and_without_its_value(void **state)
{
	int fd = enter(DOOR_ADMIN);
	const char *line;

	(void)state;
	ask(fd, "provider_secret provider=campus secret=hush1\n", "ok ");
	ask(fd, "provider_secret provider=campus secret=hush2 ends=1000\n",
	    "ok ");
	tell(fd, "provider_show provider=campus\n");
	line = hear(fd);
	assert_true(
	    begins(line, "item kind=provider name=campus module=oidc "));
	line = hear(fd);
	assert_true(begins(line,
	    "item kind=credential type=client_secret label=1 state=used "));
	assert_null(strstr(line, "hush"));
	line = hear(fd);
	assert_true(begins(line,
	    "item kind=credential type=client_secret label=2 state=ended "));
	assert_non_null(strstr(line, " ends=1000"));
	assert_null(strstr(line, "hush"));
	expect(fd, "ok count=3");
	ask(fd, "provider_forget provider=campus label=3\n",
	    "error code=blocked reason=no_secret ");
	ask(fd, "provider_forget provider=nowhere label=3\n",
	    "error code=blocked reason=no_provider ");
	ask(fd, "provider_forget provider=campus label=1\n",
	    "ok provider=campus type=client_secret label=1 left=1");
	(void)close(fd);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_COURIER(a_label_is_not_used_again_while_another_lives),
		WITH_COURIER(
		    the_same_secret_takes_its_old_place_with_its_new_date),
		WITH_COURIER(a_ninth_is_refused_and_the_eight_stay),
		WITH_COURIER(
		    the_one_secret_of_an_older_store_is_the_first_of_several),
		WITH_COURIER(
		    one_that_was_meant_for_another_place_is_not_opened),
		WITH_COURIER(what_there_is_can_be_told_while_the_key_is_closed),
		WITH_COURIER(
		    an_id_is_no_secret_at_microsoft_and_may_be_one_elsewhere),
		WITH_COURIER(
		    each_is_listed_with_its_dates_and_without_its_value),
	};

	return cmocka_run_group_tests_name("registration", tests, NULL, NULL);
}
