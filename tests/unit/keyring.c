/* SPDX-License-Identifier: ISC */
/*
 * What a user would lose: every mailbox of the host, if the master key does
 * not open after a restart, or opens for somebody else.
 */
#include <sodium.h>
#include <sqlite3.h>
#include <string.h>

#include "broker/vault/keyring.h"
#include "broker/vault/slot.h"
#include "tests/unit/folder.h"

#define ARENA (1 << 18)

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

/* A keyring with one more slot; the caller keeps its secret. */
static struct secret *
init(struct keyring *keyring, const char *label, int64_t *id)
{
	struct secret *slot_secret = NULL;

	assert_int_equal(keyring_init_begin(keyring, &slot_secret), 0);
	assert_int_equal(slot_secret->len, SLOT_SECRET_LEN);
	assert_int_equal(keyring_init_finish(keyring, "file", label,
			     slot_secret, id),
	    0);
	return slot_secret;
}

static void
the_slot_secret_opens_it_again_after_a_restart(void **state)
{
	AUTO(store) store = opened();
	AUTO(keyring) keyring = keyring_new(store);
	AUTO(secret) slot_secret = NULL;
	AUTO(secret) master = NULL;
	int64_t made = 0, id = 0;

	(void)state;
	assert_false(keyring_exists(keyring));
	slot_secret = init(keyring, "/etc/mailseal/key", &made);
	assert_true(keyring_is_open(keyring));
	master = secret_copy(keyring_master(keyring)->data,
	    keyring_master(keyring)->len);

	keyring_free(keyring);
	store_free(store);
	store = opened();
	keyring = keyring_new(store);
	assert_true(keyring_exists(keyring));
	assert_false(keyring_is_open(keyring));
	assert_null(keyring_master(keyring));
	assert_int_equal(keyring_unlock(keyring, slot_secret, &id), 0);
	assert_int_equal(id, made);
	assert_true(secret_equal(keyring_master(keyring), master));
	keyring_lock(keyring);
	assert_false(keyring_is_open(keyring));
}

static void
a_wrong_slot_secret_opens_nothing(void **state)
{
	AUTO(store) store = opened();
	AUTO(keyring) keyring = keyring_new(store);
	AUTO(secret) slot_secret = NULL;
	AUTO(secret) brief = secret_new(5);
	int64_t id = 0;

	(void)state;
	slot_secret = init(keyring, "", &id);
	keyring_lock(keyring);
	id = 0;
	slot_secret->data[31] ^= 1;
	assert_int_equal(keyring_unlock(keyring, slot_secret, &id),
	    MAILSEAL_E_WRONGKEY);
	assert_int_equal(keyring_unlock(keyring, brief, &id),
	    MAILSEAL_E_WRONGKEY);
	assert_false(keyring_is_open(keyring));
	assert_int_equal(id, 0);
	slot_secret->data[31] ^= 1;
	assert_int_equal(keyring_unlock(keyring, slot_secret, &id), 0);
	/* A wrong one later does not close it. */
	slot_secret->data[0] ^= 1;
	assert_int_equal(keyring_unlock(keyring, slot_secret, &id),
	    MAILSEAL_E_WRONGKEY);
	assert_true(keyring_is_open(keyring));
}

static void
a_store_without_a_key_says_so(void **state)
{
	AUTO(store) store = opened();
	AUTO(keyring) keyring = keyring_new(store);
	AUTO(secret) slot_secret = secret_new(SLOT_SECRET_LEN);
	int64_t id;

	(void)state;
	assert_int_equal(keyring_unlock(keyring, slot_secret, &id),
	    MAILSEAL_E_NOKEY);
}

static void
a_second_key_over_the_first_is_refused(void **state)
{
	AUTO(store) store = opened();
	AUTO(keyring) keyring = keyring_new(store);
	AUTO(secret) slot_secret = NULL;
	AUTO(secret) other = NULL;
	int64_t id = 0;

	(void)state;
	slot_secret = init(keyring, "", &id);
	keyring_lock(keyring);
	assert_int_equal(keyring_init_begin(keyring, &other),
	    MAILSEAL_E_LOCKED);
	assert_null(other);
	assert_int_equal(keyring_init_finish(keyring, "file", "", slot_secret,
			     &id),
	    MAILSEAL_E_LOCKED);
	assert_int_equal(keyring_unlock(keyring, slot_secret, &id), 0);
}

static int
count(void *arg, int64_t id, const char *kind, const char *label)
{
	(void)id;
	assert_string_equal(kind, "file");
	assert_true(strcmp(label, "one") == 0 || strcmp(label, "two") == 0);
	(*(size_t *)arg)++;
	return 0;
}

static void
every_slot_opens_the_same_key(void **state)
{
	AUTO(store) store = opened();
	AUTO(keyring) keyring = keyring_new(store);
	AUTO(secret) one = NULL;
	AUTO(secret) two = NULL;
	AUTO(secret) master = NULL;
	int64_t first = 0, second = 0, id = 0;
	size_t slots = 0;

	(void)state;
	one = init(keyring, "one", &first);
	two = init(keyring, "two", &second);
	assert_int_not_equal(first, second);
	assert_false(secret_equal(one, two));
	master = secret_copy(keyring_master(keyring)->data,
	    keyring_master(keyring)->len);
	keyring_lock(keyring);
	assert_int_equal(keyring_unlock(keyring, two, &id), 0);
	assert_int_equal(id, second);
	assert_true(secret_equal(keyring_master(keyring), master));
	keyring_lock(keyring);
	assert_int_equal(keyring_unlock(keyring, one, &id), 0);
	assert_int_equal(id, first);
	assert_int_equal(keyring_each_slot(keyring, count, &slots), 0);
	assert_int_equal(slots, 2);
}

static void
a_label_or_secret_of_no_slot_is_refused(void **state)
{
	AUTO(store) store = opened();
	AUTO(keyring) keyring = keyring_new(store);
	AUTO(secret) slot_secret = NULL;
	AUTO(secret) brief = secret_new(31);
	char label[SLOT_LABEL_MAX + 2];
	int64_t id = 0;

	(void)state;
	memset(label, 'x', sizeof(label) - 1);
	label[sizeof(label) - 1] = '\0';
	assert_int_equal(keyring_init_begin(keyring, &slot_secret), 0);
	assert_int_equal(keyring_init_finish(keyring, "file", label,
			     slot_secret, &id),
	    MAILSEAL_E_TOOLONG);
	assert_int_equal(keyring_init_finish(keyring, "file", "", brief, &id),
	    MAILSEAL_E_WRONGKEY);
	assert_false(keyring_is_open(keyring));
	assert_false(keyring_exists(keyring));
}

static void
a_slot_that_was_altered_does_not_open(void **state)
{
	static const char *const changes[] = {
		"UPDATE slot SET label = 'other'",
		"UPDATE slot SET label = 'label', kind = 'recovery'",
		"UPDATE slot SET kind = 'file', id = id + 1",
		"UPDATE slot SET id = id - 1, wrapped = zeroblob(72)",
		"UPDATE slot SET wrapped = x'00'",
	};
	AUTO(store) store = opened();
	AUTO(keyring) keyring = keyring_new(store);
	AUTO(secret) slot_secret = NULL;
	int64_t id = 0;

	(void)state;
	slot_secret = init(keyring, "label", &id);
	for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
		sqlite3 *db = NULL;

		keyring_free(keyring);
		store_free(store);
		assert_int_equal(sqlite3_open(path_of("mailseal.db"), &db), 0);
		assert_int_equal(sqlite3_exec(db, changes[i], NULL, NULL, NULL),
		    0);
		sqlite3_close(db);
		store = opened();
		keyring = keyring_new(store);
		assert_int_equal(keyring_unlock(keyring, slot_secret, &id),
		    MAILSEAL_E_WRONGKEY);
	}
}

static void
a_slot_is_of_one_of_three_kinds(void **state)
{
	static const char *const kinds[] = { "file", "credential", "recovery" };
	AUTO(store) store = opened();
	AUTO(keyring) keyring = keyring_new(store);
	AUTO(secret) slot_secret = NULL;
	int64_t id = 0;

	(void)state;
	assert_int_equal(keyring_init_begin(keyring, &slot_secret), 0);
	assert_int_equal(keyring_init_finish(keyring, "tattoo", "", slot_secret,
			     &id),
	    MAILSEAL_E_UNKNOWN);
	assert_false(keyring_exists(keyring));
	for (size_t i = 0; i < 3; i++) {
		assert_false(keyring_has(keyring, kinds[i]));
		randombytes_buf(slot_secret->data, slot_secret->len);
		assert_int_equal(keyring_init_finish(keyring, kinds[i], "here",
				     slot_secret, &id),
		    0);
		assert_true(keyring_has(keyring, kinds[i]));
		keyring_lock(keyring);
		assert_int_equal(keyring_unlock(keyring, slot_secret, &id), 0);
		assert_int_equal(id, i + 1);
	}
}

/* Or nobody could tell which of them a host's credential opens. */
static void
two_slots_of_a_kind_have_two_labels(void **state)
{
	AUTO(store) store = opened();
	AUTO(keyring) keyring = keyring_new(store);
	AUTO(secret) slot_secret = NULL;
	int64_t id = 0;

	(void)state;
	slot_secret = init(keyring, "host", &id);
	assert_int_equal(keyring_may_add(keyring, "file", "host"),
	    MAILSEAL_E_EXISTS);
	assert_int_equal(keyring_init_finish(keyring, "file", "host",
			     slot_secret, &id),
	    MAILSEAL_E_EXISTS);
	assert_int_equal(keyring_may_add(keyring, "credential", "host"), 0);
	for (int papers = 0; papers < 2; papers++)
		assert_int_equal(keyring_init_finish(keyring, "recovery",
				     "host", slot_secret, &id),
		    0);
}

static void
there_are_only_so_many_slots(void **state)
{
	AUTO(store) store = opened();
	AUTO(keyring) keyring = keyring_new(store);
	char label[] = "a";
	int64_t id = 0;

	(void)state;
	for (; label[0] < 'a' + SLOTS_MAX; label[0]++)
		secret_free(init(keyring, label, &id));
	assert_int_equal(keyring_may_add(keyring, "file", label),
	    MAILSEAL_E_SLOTS);
	assert_int_equal(keyring_remove(keyring, id), 0);
	assert_int_equal(keyring_may_add(keyring, "file", label), 0);
}

static void
a_slot_that_was_removed_opens_nothing(void **state)
{
	AUTO(store) store = opened();
	AUTO(keyring) keyring = keyring_new(store);
	AUTO(secret) one = NULL;
	AUTO(secret) two = NULL;
	int64_t first = 0, second = 0, id = 0;

	(void)state;
	one = init(keyring, "one", &first);
	two = init(keyring, "two", &second);
	assert_int_equal(keyring_remove(keyring, first), 0);
	assert_int_equal(keyring_remove(keyring, first), MAILSEAL_E_NOSLOT);
	assert_int_equal(keyring_remove(keyring, 0), MAILSEAL_E_NOSLOT);
	assert_int_equal(keyring_remove(keyring, -1), MAILSEAL_E_NOSLOT);
	keyring_lock(keyring);
	assert_int_equal(keyring_unlock(keyring, one, &id),
	    MAILSEAL_E_WRONGKEY);
	assert_int_equal(keyring_unlock(keyring, two, &id), 0);
	assert_int_equal(id, second);
}

static void
the_last_slot_stays(void **state)
{
	AUTO(store) store = opened();
	AUTO(keyring) keyring = keyring_new(store);
	AUTO(secret) slot_secret = NULL;
	int64_t id = 0, opened_by = 0;

	(void)state;
	slot_secret = init(keyring, "one", &id);
	assert_int_equal(keyring_remove(keyring, id), MAILSEAL_E_LASTSLOT);
	keyring_lock(keyring);
	assert_int_equal(keyring_unlock(keyring, slot_secret, &opened_by), 0);
}

/* The one that is removed may be the only one that still works. */
static void
no_slot_is_removed_while_the_key_is_closed(void **state)
{
	AUTO(store) store = opened();
	AUTO(keyring) keyring = keyring_new(store);
	AUTO(secret) one = NULL;
	AUTO(secret) two = NULL;
	int64_t first = 0, second = 0;

	(void)state;
	one = init(keyring, "one", &first);
	two = init(keyring, "two", &second);
	keyring_lock(keyring);
	assert_int_equal(keyring_remove(keyring, first), MAILSEAL_E_LOCKED);
	assert_int_equal(keyring_unlock(keyring, one, &first), 0);
	assert_int_equal(keyring_remove(keyring, second), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		IN_FOLDER(the_slot_secret_opens_it_again_after_a_restart),
		IN_FOLDER(a_wrong_slot_secret_opens_nothing),
		IN_FOLDER(a_store_without_a_key_says_so),
		IN_FOLDER(a_second_key_over_the_first_is_refused),
		IN_FOLDER(every_slot_opens_the_same_key),
		IN_FOLDER(a_label_or_secret_of_no_slot_is_refused),
		IN_FOLDER(a_slot_that_was_altered_does_not_open),
		IN_FOLDER(a_slot_is_of_one_of_three_kinds),
		IN_FOLDER(two_slots_of_a_kind_have_two_labels),
		IN_FOLDER(there_are_only_so_many_slots),
		IN_FOLDER(a_slot_that_was_removed_opens_nothing),
		IN_FOLDER(the_last_slot_stays),
		IN_FOLDER(no_slot_is_removed_while_the_key_is_closed),
	};

	return cmocka_run_group_tests(tests, open_arena, close_arena);
}
