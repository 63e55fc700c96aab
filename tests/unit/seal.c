/* SPDX-License-Identifier: ISC */
/*
 * What a user would lose: the secrecy of a mailbox's credential, or the
 * certainty that it goes to its own servers only.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "broker/vault/seal.h"
#include "proto/error.h"

#define ARENA (1 << 20)
#define NONCE_AND_TAG (24 + 16)

static const struct seal_name right = {
	.store_id = "00112233445566778899aabbccddeeff",
	.id = 7,
	.kind = "refresh",
	.owner = "billing@example.edu",
	.label = "",
	.provider = "campus",
	.epoch = 1,
	.generation = 3,
	.bound = "issuer=https://login.example.test port=443",
};

static struct secret *
key_of(unsigned char byte)
{
	struct secret *key = secret_new(SEAL_KEY_LEN);

	assert_non_null(key);
	memset(key->data, byte, key->len);
	return key;
}

static struct secret *
text(const char *bytes)
{
	struct secret *secret = secret_copy(bytes, strlen(bytes));

	assert_non_null(secret);
	return secret;
}

static int
open_arena(void **state)
{
	(void)state;
	return secret_arena_open(ARENA);
}

static int
close_arena(void **state)
{
	size_t left = secret_arena_used();

	(void)state;
	secret_arena_close();
	return left == 0 ? 0 : -1;
}

/* Seal under the right name and try to open under another. */
static int
open_as(const struct seal_name *name)
{
	AUTO(secret) key = key_of(1);
	AUTO(secret) plain = text("a refresh token");
	AUTO(secret) found = NULL;
	AUTO(sealed) sealed = NULL;
	int error;

	assert_int_equal(seal(key, &right, plain, &sealed), MAILSEAL_OK);
	error = unseal(key, name, (struct span){ sealed->data, sealed->len },
	    &found);
	if (error == MAILSEAL_OK)
		assert_true(secret_equal(plain, found));
	else
		assert_null(found);
	return error;
}

static void
what_was_sealed_opens_under_its_own_name(void **state)
{
	(void)state;
	assert_int_equal(open_as(&right), MAILSEAL_OK);
}

static void
moved_or_renamed_it_does_not_open(void **state)
{
	struct seal_name other[9];

	(void)state;
	for (size_t i = 0; i < 9; i++)
		other[i] = right;
	other[0].store_id = "ffeeddccbbaa99887766554433221100";
	other[1].id = 8;
	other[2].kind = "password";
	other[3].owner = "admissions@example.edu";
	other[4].label = "second";
	other[5].provider = "elsewhere";
	other[6].epoch = 2;
	other[7].generation = 2;
	other[8].bound = "issuer=https://login.evil.test port=443";
	for (size_t i = 0; i < 9; i++)
		assert_int_equal(open_as(&other[i]), MAILSEAL_E_UNSEAL);
}

static void
names_that_look_alike_side_by_side_are_different(void **state)
{
	struct seal_name other = right;

	(void)state;
	other.owner = "billing@example.edu label=";
	assert_int_equal(open_as(&other), MAILSEAL_E_UNSEAL);
	other = right;
	other.kind = "refresh owner=billing@example.edu";
	other.owner = "";
	assert_int_equal(open_as(&other), MAILSEAL_E_UNSEAL);
}

static void
altered_at_any_byte_it_does_not_open(void **state)
{
	AUTO(secret) key = key_of(1);
	AUTO(secret) plain = text("a refresh token");
	AUTO(secret) found = NULL;
	AUTO(sealed) sealed = NULL;

	(void)state;
	assert_int_equal(seal(key, &right, plain, &sealed), MAILSEAL_OK);
	for (size_t i = 0; i < sealed->len; i++) {
		struct span bytes = { sealed->data, sealed->len };

		sealed->data[i] ^= 0x10;
		assert_int_equal(unseal(key, &right, bytes, &found),
		    MAILSEAL_E_UNSEAL);
		sealed->data[i] ^= 0x10;
	}
	assert_null(found);
}

static void
truncated_at_any_byte_it_does_not_open(void **state)
{
	AUTO(secret) key = key_of(1);
	AUTO(secret) plain = text("a refresh token");
	AUTO(secret) found = NULL;
	AUTO(sealed) sealed = NULL;

	(void)state;
	assert_int_equal(seal(key, &right, plain, &sealed), MAILSEAL_OK);
	for (size_t len = 0; len < sealed->len; len++) {
		int error = unseal(key, &right,
		    (struct span){ sealed->data, len }, &found);

		assert_int_equal(error,
		    len < NONCE_AND_TAG ? MAILSEAL_E_TRUNCATED :
					  MAILSEAL_E_UNSEAL);
	}
	assert_null(found);
}

static void
another_key_does_not_open_it(void **state)
{
	AUTO(secret) key = key_of(1);
	AUTO(secret) other = key_of(2);
	AUTO(secret) plain = text("a refresh token");
	AUTO(secret) found = NULL;
	AUTO(sealed) sealed = NULL;

	(void)state;
	assert_int_equal(seal(key, &right, plain, &sealed), MAILSEAL_OK);
	assert_int_equal(unseal(other, &right,
			     (struct span){ sealed->data, sealed->len },
			     &found),
	    MAILSEAL_E_UNSEAL);
}

static void
the_same_secret_never_looks_the_same_twice(void **state)
{
	AUTO(secret) key = key_of(1);
	AUTO(secret) plain = text("a refresh token");
	AUTO(sealed) one = NULL;
	AUTO(sealed) two = NULL;

	(void)state;
	assert_int_equal(seal(key, &right, plain, &one), MAILSEAL_OK);
	assert_int_equal(seal(key, &right, plain, &two), MAILSEAL_OK);
	assert_int_equal(one->len, plain->len + NONCE_AND_TAG);
	assert_memory_not_equal(one->data, two->data, one->len);
	assert_null(memmem(one->data, one->len, plain->data, plain->len));
}

static void
the_longest_bound_is_sealed_and_a_longer_name_refused(void **state)
{
	AUTO(secret) key = key_of(1);
	AUTO(secret) plain = text("x");
	AUTO(secret) found = NULL;
	AUTO(sealed) sealed = NULL;
	struct seal_name name = right;
	char *bound = calloc(1, 65537);

	(void)state;
	assert_non_null(bound);
	name.bound = memset(bound, ' ', 16384); /* each takes three bytes */
	assert_int_equal(seal(key, &name, plain, &sealed), MAILSEAL_OK);
	assert_int_equal(unseal(key, &name,
			     (struct span){ sealed->data, sealed->len },
			     &found),
	    MAILSEAL_OK);
	memset(bound, ' ', 65536);
	sealed_free(sealed);
	sealed = NULL;
	assert_int_equal(seal(key, &name, plain, &sealed), MAILSEAL_E_TOOLONG);
	assert_null(sealed);
	free(bound);
}

static void
an_empty_and_a_long_secret_come_back_whole(void **state)
{
	static const size_t lengths[] = { 0, 1, 4096, SEAL_PLAIN_MAX };

	(void)state;
	for (size_t i = 0; i < 4; i++) {
		AUTO(secret) key = key_of(1);
		AUTO(secret) plain = secret_new(lengths[i]);
		AUTO(secret) found = NULL;
		AUTO(sealed) sealed = NULL;

		assert_non_null(plain);
		assert_int_equal(seal(key, &right, plain, &sealed), 0);
		assert_int_equal(unseal(key, &right,
				     (struct span){ sealed->data, sealed->len },
				     &found),
		    MAILSEAL_OK);
		assert_true(secret_equal(plain, found));
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_was_sealed_opens_under_its_own_name),
		cmocka_unit_test(moved_or_renamed_it_does_not_open),
		cmocka_unit_test(
		    names_that_look_alike_side_by_side_are_different),
		cmocka_unit_test(altered_at_any_byte_it_does_not_open),
		cmocka_unit_test(truncated_at_any_byte_it_does_not_open),
		cmocka_unit_test(another_key_does_not_open_it),
		cmocka_unit_test(the_same_secret_never_looks_the_same_twice),
		cmocka_unit_test(
		    the_longest_bound_is_sealed_and_a_longer_name_refused),
		cmocka_unit_test(an_empty_and_a_long_secret_come_back_whole),
	};

	return cmocka_run_group_tests(tests, open_arena, close_arena);
}
