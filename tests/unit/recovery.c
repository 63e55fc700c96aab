/* SPDX-License-Identifier: ISC */
/*
 * What a user would lose: every mailbox, when the host is gone and the code
 * on paper does not open the copy of the store; and an hour, when it was only
 * mistyped and nobody says where.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "broker/vault/recovery.h"
#include "broker/vault/slot.h"
#include "proto/error.h"

#define ARENA (1 << 17)

static const char alphabet[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

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

/* Read a text as a person's; the error, and what came of it. */
static int
type(const char *text, struct secret **slot_secret, unsigned *group)
{
	AUTO(secret) typed = secret_copy(text, strlen(text));

	assert_non_null(typed);
	return recovery_read(typed, slot_secret, group);
}

/* It is mistyped in this group, and nothing comes of it. */
static void
mistyped(const char *text, unsigned wanted)
{
	struct secret *slot_secret = NULL;
	unsigned group = 99;

	assert_int_equal(type(text, &slot_secret, &group), MAILSEAL_E_MISTYPED);
	assert_null(slot_secret);
	if (group != wanted)
		fail_msg("%s: group %u, not %u", text, group, wanted);
}

/* A new code as text. */
static void
draw(char text[RECOVERY_CODE_LEN + 1])
{
	AUTO(secret) code = NULL;

	assert_int_equal(recovery_draw(&code), 0);
	assert_int_equal(code->len, RECOVERY_CODE_LEN);
	memcpy(text, code->data, RECOVERY_CODE_LEN + 1);
}

static void
a_code_typed_back_gives_the_same_secret(void **state)
{
	char text[RECOVERY_CODE_LEN + 1], other[RECOVERY_CODE_LEN + 1];
	AUTO(secret) once = NULL;
	AUTO(secret) again = NULL;
	AUTO(secret) another = NULL;
	unsigned group = 99;

	(void)state;
	draw(text);
	draw(other);
	assert_int_equal(type(text, &once, &group), 0);
	assert_int_equal(type(text, &again, &group), 0);
	assert_int_equal(type(other, &another, &group), 0);
	assert_int_equal(once->len, SLOT_SECRET_LEN);
	assert_true(secret_equal(once, again));
	assert_false(secret_equal(once, another));
	assert_int_equal(group, 99); /* untouched where nothing is wrong */
}

static void
a_code_looks_like_eight_groups_of_five(void **state)
{
	char text[RECOVERY_CODE_LEN + 1];

	(void)state;
	draw(text);
	for (size_t i = 0; i < RECOVERY_CODE_LEN; i++)
		if (i % 6 == 5)
			assert_int_equal(text[i], '-');
		else
			assert_non_null(strchr(alphabet, text[i]));
}

/* The spelling and the hash are those of Python's hashlib; they stay. */
static void
a_code_of_an_older_mailseal_opens(void **state)
{
	static const struct {
		const char *code, *secret;
	} known[] = {
		{ "000G4-40R4F-0M30Y-E209X-185GE-R38EY-1W81B-24GK1",
		    "57393f185ef75f1b8c16934260cdb913"
		    "aa5c3ad671b4ecf6118e334b9d3733c7" },
		{ "00001-00002-00003-00004-00005-00006-00007-00008",
		    "c8b085a3eb820fdeb5d0d5b054f51256"
		    "6f2b002ad432a1f0440484d87a482d5a" },
		{ "ZZZZC-ZZZZF-ZZZZE-ZZZZ9-ZZZZ8-ZZZZB-ZZZZA-ZZZZ5",
		    "0fe617ac3dab06d5afa73c291d4db872"
		    "e1a5e63872b88e8fc122f3a547fc17f1" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		AUTO(secret) made = NULL;
		AUTO(secret) hex = secret_copy(known[i].secret, 64);
		AUTO(secret) wanted = secret_new(SLOT_SECRET_LEN);
		unsigned group;

		assert_true(secret_from_hex(hex, wanted));
		assert_int_equal(type(known[i].code, &made, &group), 0);
		assert_true(secret_equal(made, wanted));
	}
}

static void
every_wrong_character_is_found_with_its_group(void **state)
{
	char text[RECOVERY_CODE_LEN + 1];

	(void)state;
	draw(text);
	for (size_t i = 0; i < RECOVERY_CODE_LEN; i++) {
		char right = text[i];

		if (right == '-')
			continue;
		for (const char *c = alphabet; *c != '\0'; c++) {
			text[i] = *c;
			if (*c != right)
				mistyped(text, (unsigned)i / 6 + 1);
		}
		text[i] = right;
	}
}

static void
every_swap_of_neighbours_is_found(void **state)
{
	char text[RECOVERY_CODE_LEN + 1];

	(void)state;
	for (int codes = 0; codes < 50; codes++) {
		draw(text);
		for (size_t i = 0; i + 1 < RECOVERY_CODE_LEN; i++) {
			/* Across a dash, too. */
			size_t next = text[i + 1] == '-' ? i + 2 : i + 1;
			char c = text[i];

			if (c == '-' || c == text[next])
				continue;
			text[i] = text[next];
			text[next] = c;
			mistyped(text, (unsigned)i / 6 + 1);
			text[next] = text[i];
			text[i] = c;
		}
	}
}

static void
groups_in_the_wrong_order_are_found(void **state)
{
	(void)state;
	mistyped("00002-00001-00003-00004-00005-00006-00007-00008", 1);
	mistyped("00001-00002-00003-00004-00005-00006-00008-00007", 7);
	mistyped("00001-00003-00004-00005-00006-00007-00008", 2);
	mistyped("00001-00001-00003-00004-00005-00006-00007-00008", 2);
}

static void
it_may_be_typed_as_people_do(void **state)
{
	static const char *const ways[] = {
		"000G4-40R4F-0M30Y-E209X-185GE-R38EY-1W81B-24GK1",
		"000g4-40r4f-0m30y-e209x-185ge-r38ey-1w81b-24gk1",
		"000G440R4F0M30YE209X185GER38EY1W81B24GK1",
		"  000G4 40R4F 0M30Y E209X\t185GE R38EY 1W81B 24GK1 \r\n",
		"0-0-0-G-4-40R4F0M30YE209X185GER38EY1W81B24GK1",
		"OoOG4-4OR4F-oM3OY-E2o9X-I85GE-R38EY-lW8LB-24GKi",
	};
	AUTO(secret) first = NULL;
	unsigned group;

	(void)state;
	assert_int_equal(type(ways[0], &first, &group), 0);
	for (size_t i = 1; i < sizeof(ways) / sizeof(ways[0]); i++) {
		AUTO(secret) made = NULL;

		assert_int_equal(type(ways[i], &made, &group), 0);
		assert_true(secret_equal(made, first));
	}
}

static void
what_is_no_code_says_where_it_ends(void **state)
{
	(void)state;
	mistyped("", 1);
	mistyped("000G4-40R4F", 3);
	mistyped("000G4-40R4F-0M30Y-E209X-185GE-R38EY-1W81B-24GK", 8);
	mistyped("000G4-40R4F-0M30Y-E209X-185GE-R38EY-1W81B-24GK1-0", 0);
	mistyped("000G4-40R4F-0M3UY-E209X-185GE-R38EY-1W81B-24GK1", 3);
	mistyped("000G4-40R4F-0M30Y-E209X-185G\xc3\x89-R38EY-1W81B-24GK1", 5);
	mistyped("please let me in", 1);
}

static void
a_nul_is_no_character_of_a_code(void **state)
{
	AUTO(secret) typed = secret_new(RECOVERY_TYPED_MAX); /* zeros */
	struct secret *slot_secret = NULL;
	unsigned group = 0;

	(void)state;
	assert_int_equal(recovery_read(typed, &slot_secret, &group),
	    MAILSEAL_E_MISTYPED);
	assert_int_equal(group, 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_code_typed_back_gives_the_same_secret),
		cmocka_unit_test(a_code_looks_like_eight_groups_of_five),
		cmocka_unit_test(a_code_of_an_older_mailseal_opens),
		cmocka_unit_test(every_wrong_character_is_found_with_its_group),
		cmocka_unit_test(every_swap_of_neighbours_is_found),
		cmocka_unit_test(groups_in_the_wrong_order_are_found),
		cmocka_unit_test(it_may_be_typed_as_people_do),
		cmocka_unit_test(what_is_no_code_says_where_it_ends),
		cmocka_unit_test(a_nul_is_no_character_of_a_code),
	};

	return cmocka_run_group_tests_name("recovery", tests, open_arena,
	    close_arena);
}
