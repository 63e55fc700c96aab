/* SPDX-License-Identifier: ISC */
/*
 * What a user would lose: the hour in which somebody looks for the reason why
 * nothing is served after a restart, or the day on which the second file was
 * needed and had been gone for a year.
 */
#include <string.h>
#include <unistd.h>

#include "broker/log.h"
#include "broker/opening.h"
#include "broker/vault/slot.h"
#include "tests/unit/folder.h"

#define ARENA (1 << 18)

static struct store *store;
static struct keyring *keyring;
static struct opening opening;

static int
setup(void **state)
{
	log_open("test", LOG_LEVEL_ERROR);
	if (make_folder(state) != 0 || secret_arena_open(ARENA) != MAILSEAL_OK)
		return -1;
	store = opened();
	keyring = keyring_new(store);
	opening = (struct opening){ 0 };
	return keyring != NULL ? 0 : -1;
}

static int
teardown(void **state)
{
	keyring_free(keyring);
	store_free(store);
	secret_arena_close();
	return remove_folder(state);
}

/* Begin again, as after a restart. */
static void
restart(void)
{
	keyring_lock(keyring);
	opening = (struct opening){ 0 };
}

/* A slot and its file, which lies where the label says, or at path. */
static int64_t
make_slot(const char *kind, const char *label, const char *path)
{
	AUTO(secret) slot_secret = NULL;
	char hex[SLOT_SECRET_LEN * 2 + 1];
	FILE *file = fopen(path, "w");
	int64_t id = 0;

	assert_non_null(file);
	assert_int_equal(keyring_init_begin(keyring, &slot_secret), 0);
	assert_int_equal(keyring_init_finish(keyring, kind, label, slot_secret,
			     &id),
	    0);
	for (size_t i = 0; i < SLOT_SECRET_LEN; i++)
		(void)snprintf(hex + 2 * i, 3, "%02x", slot_secret->data[i]);
	(void)fprintf(file, "%s\n", hex);
	assert_int_equal(fclose(file), 0);
	assert_int_equal(chmod(path, 0400), 0);
	return id;
}

static int64_t
make_file_slot(const char *name)
{
	char path[PATH_LEN];

	(void)snprintf(path, sizeof(path), "%s", path_of(name));
	return make_slot("file", path, path);
}

/* How a slot ended; why says this. */
static void
ended(int64_t slot, enum opening_end end, const char *why)
{
	const char *told;

	assert_int_equal(opening_of(&opening, slot, &told), end);
	if (*why == '\0')
		assert_string_equal(told, "");
	else if (strstr(told, why) == NULL)
		fail_msg("\"%s\" does not say \"%s\"", told, why);
}

static void
every_file_is_tried_and_what_is_wrong_is_told_of_each(void **state)
{
	int64_t gone = make_file_slot("gone"), good = make_file_slot("good");
	int64_t open = make_file_slot("open"), junk = make_file_slot("junk");

	(void)state;
	restart();
	assert_int_equal(unlink(path_of("gone")), 0);
	assert_int_equal(chmod(path_of("open"), 0666), 0);
	assert_int_equal(truncate(path_of("junk"), 10), 0);
	assert_int_equal(opening_try_files(&opening, keyring, NULL), 0);
	assert_true(keyring_is_open(keyring));
	ended(good, OPENING_WORKED, "");
	ended(gone, OPENING_FAILED, "No such file");
	ended(open, OPENING_FAILED, path_of("open"));
	ended(junk, OPENING_FAILED, "opens no slot");
}

static void
what_is_not_a_file_is_left_to_who_brings_it(void **state)
{
	int64_t credential, paper;

	(void)state;
	credential = make_slot("credential", "host", path_of("host"));
	paper = make_slot("recovery", "paper", path_of("paper"));
	restart();
	assert_int_equal(opening_try_files(&opening, keyring, NULL), 0);
	assert_false(keyring_is_open(keyring));
	ended(credential, OPENING_UNTRIED, "");
	ended(paper, OPENING_UNTRIED, "");
	assert_int_equal(opening.count, 0);
}

static void
a_file_that_was_replaced_says_so(void **state)
{
	int64_t first = make_file_slot("first"), second;
	char path[PATH_LEN];

	(void)state;
	second = make_file_slot("second");
	(void)snprintf(path, sizeof(path), "%s", path_of("second"));
	assert_int_equal(rename(path, path_of("first")), 0);
	restart();
	assert_int_equal(opening_try_files(&opening, keyring, NULL), 0);
	assert_true(keyring_is_open(keyring));
	ended(first, OPENING_FAILED, "opens slot 2, not this one");
	ended(second, OPENING_FAILED, "No such file");
}

static void
the_configured_file_is_the_only_one_tried(void **state)
{
	int64_t first = make_file_slot("first");
	int64_t second = make_file_slot("second");
	char path[PATH_LEN];

	(void)state;
	restart();
	(void)snprintf(path, sizeof(path), "%s", path_of("second"));
	assert_int_equal(opening_try_files(&opening, keyring, path), 0);
	assert_true(keyring_is_open(keyring));
	ended(first, OPENING_UNTRIED, "");
	ended(second, OPENING_WORKED, "");
	restart();
	assert_int_equal(opening_try_files(&opening, keyring, "/no/such"), 0);
	assert_false(keyring_is_open(keyring));
	ended(first, OPENING_FAILED, "/no");
	ended(second, OPENING_FAILED, "/no");
}

static void
a_slot_that_opens_later_is_no_longer_told_of(void **state)
{
	char text[OPENING_WHY_MAX * 2];

	(void)state;
	memset(text, 'x', sizeof(text));
	text[sizeof(text) - 1] = '\0';
	opening_failed(&opening, 1, text);
	opening_failed(&opening, 2, "stays");
	ended(1, OPENING_FAILED, "xxx");
	opening_worked(&opening, 1);
	ended(1, OPENING_WORKED, "");
	ended(2, OPENING_FAILED, "stays");
	opening_forget(&opening, 1);
	opening_forget(&opening, 1);
	ended(1, OPENING_UNTRIED, "");
	ended(2, OPENING_FAILED, "stays");
}

static void
there_is_room_for_every_slot_and_no_more(void **state)
{
	(void)state;
	for (int64_t id = 1; id <= SLOTS_MAX + 5; id++)
		opening_failed(&opening, id, "no");
	assert_int_equal(opening.count, SLOTS_MAX);
	ended(SLOTS_MAX, OPENING_FAILED, "no");
	ended(SLOTS_MAX + 1, OPENING_UNTRIED, "");
}

#define TRIED(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TRIED(every_file_is_tried_and_what_is_wrong_is_told_of_each),
		TRIED(what_is_not_a_file_is_left_to_who_brings_it),
		TRIED(a_file_that_was_replaced_says_so),
		TRIED(the_configured_file_is_the_only_one_tried),
		TRIED(a_slot_that_opens_later_is_no_longer_told_of),
		TRIED(there_is_room_for_every_slot_and_no_more),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
