/* SPDX-License-Identifier: ISC */
/*
 * What a user would lose: a token that opens beside another account's name,
 * or that lies readable on the disk.
 */
#include <sqlite3.h>
#include <string.h>

#include "broker/vault/record.h"
#include "tests/unit/folder.h"

#define ARENA (1 << 18)
#define TOKEN "0.AXoA-the-refresh-token-of-billing"
#define BOUND "origins=https://login.example.test:443"
#define OWNER "billing@example.edu"

/* A store with two accounts and its open keyring. */
struct vault {
	struct store *store;
	struct keyring *keyring;
	struct secret *slot_secret;
};

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

static void
save(struct vault *vault, const char *owner, const char *token)
{
	AUTO(secret) plain = secret_copy(token, strlen(token));

	assert_int_equal(store_begin(vault->store), 0);
	assert_int_equal(record_save(vault->store, vault->keyring, "refresh",
			     owner, "", "campus", BOUND, plain),
	    0);
	assert_int_equal(store_commit(vault->store), 0);
}

static int
open_vault(void **state)
{
	static struct vault vault;
	int64_t id;

	if (make_folder(state) != 0)
		return -1;
	vault = (struct vault){ .store = opened() };
	vault.keyring = keyring_new(vault.store);
	assert_int_equal(keyring_init_begin(vault.keyring, &vault.slot_secret),
	    0);
	assert_int_equal(keyring_init_finish(vault.keyring, "file", "key",
			     vault.slot_secret, &id),
	    0);
	save(&vault, OWNER, TOKEN);
	save(&vault, "admissions@example.edu", "another-refresh-token");
	*state = &vault;
	return 0;
}

static int
close_vault(void **state)
{
	struct vault *vault = *state;

	secret_free(vault->slot_secret);
	keyring_free(vault->keyring);
	store_free(vault->store);
	return remove_folder(state);
}

/* Close the store, do this to its file, and open it again. */
static void
tamper(struct vault *vault, const char *words)
{
	sqlite3 *db = NULL;
	int64_t id;

	keyring_free(vault->keyring);
	store_free(vault->store);
	assert_int_equal(sqlite3_open(path_of("mailseal.db"), &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, words, NULL, NULL, NULL), SQLITE_OK);
	assert_true(sqlite3_total_changes(db) > 0);
	assert_int_equal(sqlite3_close(db), SQLITE_OK);
	vault->store = opened();
	vault->keyring = keyring_new(vault->store);
	assert_int_equal(keyring_unlock(vault->keyring, vault->slot_secret,
			     &id),
	    0);
}

static int
reopen(struct vault *vault, const char *kind, const char *owner,
    const char *label)
{
	AUTO(secret) plain = NULL;
	int error = record_open(vault->store, vault->keyring, kind, owner,
	    label, &plain, NULL);

	assert_true((error == 0) == (plain != NULL));
	return error;
}

static void
a_saved_secret_comes_back_with_its_bound(void **state)
{
	struct vault *vault = *state;
	AUTO(secret) plain = NULL;
	char *bound = NULL;

	assert_int_equal(record_open(vault->store, vault->keyring, "refresh",
			     OWNER, "", &plain, &bound),
	    0);
	assert_int_equal(plain->len, strlen(TOKEN));
	assert_memory_equal(plain->data, TOKEN, plain->len);
	assert_string_equal(bound, BOUND);
	free(bound);
	assert_int_equal(reopen(vault, "lease", OWNER, ""),
	    MAILSEAL_E_NOACCOUNT);
}

static void
a_closed_keyring_neither_saves_nor_opens(void **state)
{
	struct vault *vault = *state;
	AUTO(secret) plain = secret_new(4);

	keyring_lock(vault->keyring);
	assert_int_equal(reopen(vault, "refresh", OWNER, ""),
	    MAILSEAL_E_LOCKED);
	assert_int_equal(record_save(vault->store, vault->keyring, "refresh",
			     OWNER, "", "campus", BOUND, plain),
	    MAILSEAL_E_LOCKED);
}

static void
saving_outside_of_a_transaction_is_refused(void **state)
{
	struct vault *vault = *state;
	AUTO(secret) plain = secret_new(4);

	assert_int_equal(record_save(vault->store, vault->keyring, "refresh",
			     OWNER, "", "campus", BOUND, plain),
	    MAILSEAL_E_INTERNAL);
}

static void
moved_to_another_name_it_does_not_open(void **state)
{
	struct vault *vault = *state;

	tamper(vault,
	    "UPDATE record SET label = 'x', owner = 'eve@example.edu'"
	    " WHERE owner = '" OWNER "'");
	assert_int_equal(reopen(vault, "refresh", "eve@example.edu", "x"),
	    MAILSEAL_E_UNSEAL);
	tamper(vault,
	    "UPDATE record SET owner = '" OWNER "', label = 'x'"
	    " WHERE owner = 'eve@example.edu'");
	assert_int_equal(reopen(vault, "refresh", OWNER, "x"),
	    MAILSEAL_E_UNSEAL);
	tamper(vault,
	    "UPDATE record SET kind = 'lease', label = ''"
	    " WHERE owner = '" OWNER "'");
	assert_int_equal(reopen(vault, "lease", OWNER, ""), MAILSEAL_E_UNSEAL);
	tamper(vault,
	    "UPDATE record SET kind = 'refresh'"
	    " WHERE owner = '" OWNER "'");
	assert_int_equal(reopen(vault, "refresh", OWNER, ""), 0);
}

static void
an_altered_attribute_keeps_it_closed(void **state)
{
	static const char *const changes[] = {
		"UPDATE record SET provider = 'elsewhere'",
		"UPDATE record SET provider = 'campus', epoch = 2",
		"UPDATE record SET epoch = 1, generation = generation + 1",
		"UPDATE record SET generation = generation - 1, id = id + 100",
		"UPDATE record SET id = id - 100,"
		" bound = 'origins=https://login.evil.test:443'",
		"UPDATE record SET bound = '" BOUND " '",
		"UPDATE record SET epoch = -1, bound = '" BOUND "'",
	};
	struct vault *vault = *state;

	for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
		tamper(vault, changes[i]);
		assert_int_equal(reopen(vault, "refresh", OWNER, ""),
		    MAILSEAL_E_UNSEAL);
	}
	tamper(vault, "UPDATE record SET epoch = 1");
	assert_int_equal(reopen(vault, "refresh", OWNER, ""), 0);
}

static void
swapped_and_truncated_blobs_do_not_open(void **state)
{
	struct vault *vault = *state;

	tamper(vault,
	    "UPDATE record SET sealed = (SELECT sealed FROM record r"
	    " WHERE r.owner <> record.owner)");
	assert_int_equal(reopen(vault, "refresh", OWNER, ""),
	    MAILSEAL_E_UNSEAL);
	tamper(vault,
	    "UPDATE record SET"
	    " sealed = substr(sealed, 1, length(sealed) - 1)");
	assert_int_equal(reopen(vault, "refresh", OWNER, ""),
	    MAILSEAL_E_UNSEAL);
	tamper(vault, "UPDATE record SET sealed = substr(sealed, 1, 39)");
	assert_int_equal(reopen(vault, "refresh", OWNER, ""),
	    MAILSEAL_E_TRUNCATED);
	tamper(vault, "UPDATE record SET sealed = x''");
	assert_int_equal(reopen(vault, "refresh", OWNER, ""),
	    MAILSEAL_E_TRUNCATED);
	tamper(vault, "UPDATE record SET sealed = zeroblob(100000)");
	assert_int_equal(reopen(vault, "refresh", OWNER, ""),
	    MAILSEAL_E_UNSEAL);
}

/* Whether any file of the folder has these bytes. */
static bool
lies_on_disk(const void *bytes, size_t len)
{
	static const char *const names[] = { "mailseal.db", "mailseal.db-wal",
		"reserve" };
	bool is_there = false;

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		FILE *file = fopen(path_of(names[i]), "re");
		char *all = calloc(1, 2 << 20);
		size_t got;

		assert_non_null(all);
		assert_non_null(file);
		got = fread(all, 1, 2 << 20, file);
		fclose(file);
		if (memmem(all, got, bytes, len) != NULL)
			is_there = true;
		free(all);
	}
	return is_there;
}

static void
nothing_secret_lies_on_the_disk_in_plain(void **state)
{
	struct vault *vault = *state;
	const struct secret *master = keyring_master(vault->keyring);

	assert_true(lies_on_disk(OWNER, strlen(OWNER)));
	assert_false(lies_on_disk(TOKEN, strlen(TOKEN)));
	assert_false(lies_on_disk(TOKEN, 12));
	assert_false(lies_on_disk(master->data, master->len));
	assert_false(
	    lies_on_disk(vault->slot_secret->data, vault->slot_secret->len));
}

#define ELSEWHERE "origins=https://elsewhere.example.test:443"

/* What a record of the first account is bound to, and that it opens. */
static void
is_bound(struct vault *vault, const char *kind, const char *label,
    const char *wanted)
{
	AUTO(secret) plain = NULL;
	char *bound = NULL;

	assert_int_equal(record_open(vault->store, vault->keyring, kind, OWNER,
			     label, &plain, &bound),
	    0);
	assert_string_equal(bound, wanted);
	free(bound);
}

static void
save_lease(struct vault *vault, const char *label)
{
	AUTO(secret) plain = secret_copy("lease", 5);

	assert_int_equal(store_begin(vault->store), 0);
	assert_int_equal(record_save(vault->store, vault->keyring, "lease",
			     OWNER, label, "campus", BOUND, plain),
	    0);
	assert_int_equal(store_commit(vault->store), 0);
}

/* Else a mailbox that moved is half here and half there, and opens nowhere. */
static void
all_records_of_one_owner_are_bound_anew(void **state)
{
	struct vault *vault = *state;
	AUTO(secret) plain = NULL;
	char *bound = NULL;

	save_lease(vault, "smtp");
	save_lease(vault, "imap");
	assert_int_equal(store_begin(vault->store), 0);
	assert_int_equal(record_rebind(vault->store, vault->keyring, OWNER,
			     ELSEWHERE),
	    0);
	assert_int_equal(store_commit(vault->store), 0);
	is_bound(vault, "refresh", "", ELSEWHERE);
	is_bound(vault, "lease", "smtp", ELSEWHERE);
	is_bound(vault, "lease", "imap", ELSEWHERE);
	assert_int_equal(record_open(vault->store, vault->keyring, "refresh",
			     "admissions@example.edu", "", &plain, &bound),
	    0);
	assert_string_equal(bound, BOUND);
	free(bound);
	secret_free(plain);
	plain = NULL;
	assert_int_equal(record_open_bound(vault->store, vault->keyring,
			     "refresh", OWNER, BOUND, &plain),
	    MAILSEAL_E_UNSEAL);
}

static void
one_that_does_not_open_leaves_all_as_they_were(void **state)
{
	struct vault *vault = *state;

	save_lease(vault, "smtp");
	tamper(vault,
	    "UPDATE record SET generation = generation + 1"
	    " WHERE kind = 'lease'");
	assert_int_equal(store_begin(vault->store), 0);
	assert_int_equal(record_rebind(vault->store, vault->keyring, OWNER,
			     ELSEWHERE),
	    MAILSEAL_E_UNSEAL);
	store_rollback(vault->store);
	is_bound(vault, "refresh", "", BOUND);
}

static void
nothing_is_bound_anew_without_the_key_or_a_transaction(void **state)
{
	struct vault *vault = *state;

	assert_int_equal(record_rebind(vault->store, vault->keyring, OWNER,
			     ELSEWHERE),
	    MAILSEAL_E_INTERNAL);
	is_bound(vault, "refresh", "", BOUND);
	keyring_free(vault->keyring);
	vault->keyring = keyring_new(vault->store);
	assert_int_equal(store_begin(vault->store), 0);
	assert_int_equal(record_rebind(vault->store, vault->keyring, OWNER,
			     ELSEWHERE),
	    MAILSEAL_E_LOCKED);
	assert_int_equal(record_rebind(vault->store, vault->keyring,
			     "nobody@example.edu", ELSEWHERE),
	    0);
	store_rollback(vault->store);
}

#define IN_VAULT(test) \
	cmocka_unit_test_setup_teardown(test, open_vault, close_vault)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		IN_VAULT(a_saved_secret_comes_back_with_its_bound),
		IN_VAULT(a_closed_keyring_neither_saves_nor_opens),
		IN_VAULT(saving_outside_of_a_transaction_is_refused),
		IN_VAULT(moved_to_another_name_it_does_not_open),
		IN_VAULT(an_altered_attribute_keeps_it_closed),
		IN_VAULT(swapped_and_truncated_blobs_do_not_open),
		IN_VAULT(all_records_of_one_owner_are_bound_anew),
		IN_VAULT(one_that_does_not_open_leaves_all_as_they_were),
		IN_VAULT(
		    nothing_is_bound_anew_without_the_key_or_a_transaction),
		IN_VAULT(nothing_secret_lies_on_the_disk_in_plain),
	};

	return cmocka_run_group_tests(tests, open_arena, close_arena);
}
