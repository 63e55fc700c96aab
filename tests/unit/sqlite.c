/* SPDX-License-Identifier: ISC */
/*
 * What a user would lose: a rotated token that was said to be saved, on a
 * disk that fails under a commit.
 */
#include <signal.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <sys/resource.h>

#include "broker/store/store.h"
#include "proto/error.h"
#include "tests/unit/deposit.h"
#include "tests/unit/folder.h"

#define LARGE 20000 /* bytes of a record longer than the limit below */

static void
a_write_that_fails_is_undone_and_the_next_one_works(void **state)
{
	AUTO(store) store = opened();
	struct rlimit limit, small;
	char large[LARGE] = "large";
	int error;

	(void)state;
	assert_int_equal(put(store, "a@example.edu", "old", 3), 0);
	(void)signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
	small = limit;
	small.rlim_cur = 8192; /* the log grows over it, but less than all */
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
	error = put(store, "a@example.edu", large, sizeof(large));
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
	assert_int_equal(error, MAILSEAL_E_STORE);
	assert_string_not_equal(store_why(store), "");
	assert_int_equal(length(store), 3);
	assert_int_equal(put(store, "a@example.edu", large, sizeof(large)), 0);
	store_free(store);
	store = opened();
	assert_int_equal(length(store), sizeof(large));
}

/* A disk whose fsync fails, made of SQLite's own. */

static sqlite3_vfs *whole;
static sqlite3_vfs failing;
static sqlite3_io_methods methods[2]; /* of the database, of the others */
static int (*sync_whole[2])(sqlite3_file *, int);
static int syncs_to_fail;

static int
sync_database(sqlite3_file *file, int flags)
{
	return sync_whole[0](file, flags);
}

static int
sync_other(sqlite3_file *file, int flags)
{
	int code = sync_whole[1](file, flags);

	if (syncs_to_fail == 0)
		return code;
	syncs_to_fail--;
	return SQLITE_IOERR_FSYNC;
}

static int
open_failing(sqlite3_vfs *vfs, const char *name, sqlite3_file *file, int flags,
    int *found)
{
	int other = (flags & SQLITE_OPEN_MAIN_DB) == 0;
	int code = whole->xOpen(whole, name, file, flags, found);

	(void)vfs;
	if (code != SQLITE_OK)
		return code;
	methods[other] = *file->pMethods;
	sync_whole[other] = methods[other].xSync;
	methods[other].xSync = other ? sync_other : sync_database;
	file->pMethods = &methods[other];
	return SQLITE_OK;
}

static void
a_commit_of_unknown_outcome_is_what_lies_on_disk(void **state)
{
	struct store *store;
	size_t found;
	int error;

	(void)state;
	whole = sqlite3_vfs_find(NULL);
	failing = *whole;
	failing.zName = "failing";
	failing.pNext = NULL;
	failing.xOpen = open_failing;
	assert_int_equal(sqlite3_vfs_register(&failing, 1), SQLITE_OK);
	store = opened();
	assert_int_equal(put(store, "a@example.edu", "old", 3), 0);
	syncs_to_fail = 1;
	error = put(store, "a@example.edu", "newer", 5);
	assert_int_equal(syncs_to_fail, 0);
	found = length(store);
	assert_int_equal(found, error == MAILSEAL_OK ? 5 : 3);
	store_free(store);
	store = opened();
	assert_int_equal(length(store), found);
	assert_int_equal(put(store, "a@example.edu", "newest", 6), 0);
	store_free(store);
	assert_int_equal(sqlite3_vfs_register(whole, 1), SQLITE_OK);
	assert_int_equal(sqlite3_vfs_unregister(&failing), SQLITE_OK);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		IN_FOLDER(a_write_that_fails_is_undone_and_the_next_one_works),
		IN_FOLDER(a_commit_of_unknown_outcome_is_what_lies_on_disk),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
