/* SPDX-License-Identifier: ISC */
/*
 * What a user would lose: a client secret that an older store holds, and the
 * hours in which somebody looks for why an id is no secret.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "broker/proof.h"
#include "proto/error.h"

static int
open_arena(void **state)
{
	(void)state;
	return secret_arena_open(1 << 20);
}

static int
close_arena(void **state)
{
	size_t left = secret_arena_used();

	(void)state;
	secret_arena_close();
	return left == 0 ? 0 : -1;
}

static struct secret *
secret_of(const char *text)
{
	return secret_copy(text, strlen(text));
}

static void
holds(const struct secret *secret, const char *text)
{
	assert_non_null(secret);
	assert_int_equal(secret->len, strlen(text));
	assert_memory_equal(secret->data, text, secret->len);
}

static void
all_of_a_key_comes_back_as_it_was_sealed(void **state)
{
	struct proof key = { .kind = PROOF_KEY,
		.added = 1700000000,
		.ends = 1800000000 };
	struct proof back = { 0 };
	AUTO(secret) plain = NULL;

	(void)state;
	key.value = secret_of("-----BEGIN PRIVATE KEY-----\nMII%+/=\n");
	key.certificate = secret_of("-----BEGIN CERTIFICATE-----\nMII\n");
	for (int i = 0; i < PROOF_TEXTS; i++)
		memset(key.text[i], 'a' + i, PROOF_TEXT_MAX);
	assert_int_equal(proof_write(&key, &plain), 0);
	assert_int_equal(proof_read(plain, PROOF_KEY, &back), 0);
	assert_true(secret_equal(back.value, key.value));
	assert_true(secret_equal(back.certificate, key.certificate));
	assert_int_equal(back.added, key.added);
	assert_int_equal(back.ends, key.ends);
	for (int i = 0; i < PROOF_TEXTS; i++)
		assert_string_equal(back.text[i], key.text[i]);
	proof_clear(&key);
	proof_clear(&back);
}

static void
the_secret_of_an_older_store_still_opens(void **state)
{
	/* What a person may have typed, and what only looks like our line. */
	static const char *const old[] = { "s3cret", "a b=c %", "client_secret",
		"client_secret value=x added=1", "client_secret x\ny" };

	(void)state;
	for (size_t i = 0; i < sizeof(old) / sizeof(old[0]); i++) {
		AUTO(secret) plain = secret_of(old[i]);
		struct proof proof = { 0 };

		assert_int_equal(proof_read(plain, PROOF_SECRET, &proof), 0);
		holds(proof.value, old[i]);
		assert_int_equal(proof.added, 0);
		assert_int_equal(proof.ends, 0);
		proof_clear(&proof);
	}
}

static void
any_bytes_are_a_secret(void **state)
{
	char bytes[SECRET_MAX];
	struct proof proof = { .kind = PROOF_SECRET }, back = { 0 };
	AUTO(secret) plain = NULL;

	(void)state;
	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (char)i;
	proof.value = secret_copy(bytes, sizeof(bytes));
	assert_int_equal(proof_write(&proof, &plain), 0);
	assert_int_equal(proof_read(plain, PROOF_SECRET, &back), 0);
	assert_true(secret_equal(back.value, proof.value));
	proof_clear(&proof);
	proof_clear(&back);
}

static void
what_is_no_record_of_ours_is_told_and_changes_nothing(void **state)
{
	static const char *const bad[] = { "key", "client_key added=1\n",
		"client_key value=a value=b added=1\n",
		"client_key value=a added=1 strange=1\n",
		"client_key value=a added=99999999999999\n" };

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		AUTO(secret) plain = secret_of(bad[i]);
		struct proof proof = { .label = "7" };

		assert_int_equal(proof_read(plain, PROOF_KEY, &proof),
		    MAILSEAL_E_UNSEAL);
		assert_string_equal(proof.label, "7");
		assert_null(proof.value);
	}
}

static void
a_guid_is_seen_and_what_is_nearly_one_is_not(void **state)
{
	static const char *const guids[] = {
		"00000000-0000-0000-0000-000000000000",
		"8d7f1aBC-12ef-4a5b-9c8d-0123456789AB"
	};
	static const char *const others[] = { "", "8d7f1abc",
		"8d7f1abc-12ef-4a5b-9c8d-0123456789abc",
		"8d7f1abc-12ef-4a5b-9c8d-0123456789ag",
		"8d7f1abc-12ef-4a5b-9c8d00123456789ab",
		"8d7f1abc~12ef~4a5b~9c8d~0123456789ab",
		"Ab8Q~x.Y-z_0123456789012345678901234" };

	(void)state;
	for (size_t i = 0; i < sizeof(guids) / sizeof(guids[0]); i++) {
		AUTO(secret) secret = secret_of(guids[i]);

		assert_true(proof_is_guid(secret));
	}
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		AUTO(secret) secret = secret_of(others[i]);

		assert_false(proof_is_guid(secret));
	}
}

#define TEST(name) \
	cmocka_unit_test_setup_teardown(name, open_arena, close_arena)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(all_of_a_key_comes_back_as_it_was_sealed),
		TEST(the_secret_of_an_older_store_still_opens),
		TEST(any_bytes_are_a_secret),
		TEST(what_is_no_record_of_ours_is_told_and_changes_nothing),
		TEST(a_guid_is_seen_and_what_is_nearly_one_is_not),
	};

	return cmocka_run_group_tests_name("proof", tests, NULL, NULL);
}
