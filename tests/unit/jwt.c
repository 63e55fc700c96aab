/* SPDX-License-Identifier: ISC */
#include "tests/unit/vectors.h"

#include <stdbool.h>

#include "broker/courier/jwt.h"
#include "broker/secret.h"
#include "proto/error.h"

enum { ID, PROVIDER, VERDICT, MATCH, NOW, AUD, TID, NONCE, MAILBOX, TOKEN };

static struct json *keys;

static bool
is_valid(const char *token, const struct jwt_rules *rules, const char *tid)
{
	struct span text = { (const unsigned char *)token, strlen(token) };
	AUTO(json) claims = NULL;
	const char *why = NULL, *found;

	if (jwt_verify(text, keys, rules, &claims, &why) != MAILSEAL_OK) {
		assert_null(claims);
		assert_non_null(why);
		return false;
	}
	/* That tid fits is the one rule that only Microsoft's module knows. */
	found = json_text(claims, "tid");
	return tid == NULL || (found != NULL && strcmp(found, tid) == 0);
}

/* Good tokens, judged by other rules. */
static bool was_seen;

static void
check_rules(char *column[VECTOR_COLUMNS])
{
	struct jwt_rules good = { "https://accounts.google.com", column[AUD],
		column[NONCE], atoll(column[NOW]) };
	struct jwt_rules rules;

	if (strcmp(column[PROVIDER], "google") != 0 ||
	    !is_valid(column[TOKEN], &good, NULL))
		return;
	rules = good;
	rules.nonce = NULL;
	assert_true(is_valid(column[TOKEN], &rules, NULL));
	rules = good;
	rules.nonce = "another";
	assert_false(is_valid(column[TOKEN], &rules, NULL));
	rules = good;
	rules.audience = "another";
	assert_false(is_valid(column[TOKEN], &rules, NULL));
	rules = good;
	rules.now += 86400;
	assert_false(is_valid(column[TOKEN], &rules, NULL));
	rules.now = good.now - 86400;
	assert_false(is_valid(column[TOKEN], &rules, NULL));
	was_seen = true;
}

static void
a_good_token_is_bad_for_another_client_nonce_or_day(void **state)
{
	(void)state;
	(void)vector_rows("idtokens.tsv", check_rules);
	assert_true(was_seen);
}

static int
setup(void **state)
{
	struct span text;
	size_t len;
	char *bytes;
	int error;

	(void)state;
	if (secret_arena_open(4 * 1024 * 1024) != MAILSEAL_OK)
		return -1;
	bytes = vector_read("keys/TEST-ONLY-idp.jwks.json", &len);
	text = (struct span){ (const unsigned char *)bytes, len };
	error = json_parse(text, JWT_KEYS_MAX, &keys);
	free(bytes);
	return error;
}

static int
teardown(void **state)
{
	(void)state;
	json_free(keys);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    a_good_token_is_bad_for_another_client_nonce_or_day),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
