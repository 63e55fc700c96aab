/* SPDX-License-Identifier: ISC */
/*
 * What a user would lose: a mailbox whose record is half written, gone, or
 * somebody else's after a crash, a second broker or a downgrade.
 */
#include <fcntl.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "broker/store/store.h"
#include "proto/error.h"
#include "tests/unit/deposit.h"
#include "tests/unit/folder.h"

/* What was found of a record. */
struct finding {
	int64_t id;
	uint64_t generation;
	char provider[32];
	char bound[64];
	unsigned char first;
	size_t len;
	size_t count;
};

static int
note(void *arg, const struct store_record *record)
{
	struct finding *finding = arg;

	finding->id = record->id;
	finding->generation = record->generation;
	snprintf(finding->provider, sizeof(finding->provider), "%s",
	    record->provider);
	snprintf(finding->bound, sizeof(finding->bound), "%s", record->bound);
	finding->first = record->sealed.len == 0 ? 0 : record->sealed.data[0];
	finding->len = record->sealed.len;
	finding->count++;
	return MAILSEAL_OK;
}

static int
look(struct store *store, const char *owner, struct finding *finding)
{
	memset(finding, 0, sizeof(*finding));
	return store_record_get(store, "refresh", owner, "", note, finding);
}

static void
what_was_committed_is_there_after_reopening(void **state)
{
	AUTO(store) store = opened();
	struct finding finding;
	char id[STORE_ID_LEN + 1];

	(void)state;
	snprintf(id, sizeof(id), "%s", store_id(store));
	assert_int_equal(strlen(id), STORE_ID_LEN);
	assert_int_equal(put(store, "billing@example.edu", "sealed", 6), 0);
	store_free(store);
	store = opened();
	assert_string_equal(store_id(store), id);
	assert_int_equal(look(store, "billing@example.edu", &finding), 0);
	assert_string_equal(finding.provider, "campus");
	assert_string_equal(finding.bound,
	    "origins=https://login.example.test:443");
	assert_int_equal(finding.len, 6);
	assert_int_equal(finding.generation, 1);
	assert_int_equal(look(store, "other@example.edu", &finding),
	    MAILSEAL_E_NOACCOUNT);
}

static void
what_was_rolled_back_is_not_there(void **state)
{
	AUTO(store) store = opened();
	struct finding finding;

	(void)state;
	assert_int_equal(store_begin(store), 0);
	assert_int_equal(store_account_put(store, "a@example.edu", "a"), 0);
	store_rollback(store);
	assert_int_equal(put(store, "b@example.edu", "x", 1), 0);
	assert_int_equal(store_begin(store), 0);
	assert_int_equal(store_record_remove(store, NULL, "b@example.edu",
			     NULL),
	    0);
	store_free(store);
	store = opened();
	assert_int_equal(look(store, "b@example.edu", &finding), 0);
}

static void
writing_needs_a_transaction_and_they_do_not_nest(void **state)
{
	struct store_record record = record_of("a", 1, 1,
	    (struct span){ (const unsigned char *)"x", 1 });
	AUTO(store) store = opened();
	uint64_t generation;
	int64_t id;

	(void)state;
	assert_int_equal(store_record_put(store, &record), MAILSEAL_E_INTERNAL);
	assert_int_equal(store_record_id(store, "refresh", "a", "", &id,
			     &generation),
	    MAILSEAL_E_INTERNAL);
	assert_int_equal(store_commit(store), MAILSEAL_E_INTERNAL);
	assert_int_equal(store_begin(store), 0);
	assert_int_equal(store_begin(store), MAILSEAL_E_INTERNAL);
	assert_int_equal(store_commit(store), 0);
}

static void
a_second_broker_is_refused_at_once(void **state)
{
	AUTO(store) store = opened();
	struct store *second = NULL;
	int status = 0;
	pid_t child;

	(void)state;
	assert_int_equal(store_open(folder, &second), MAILSEAL_E_INUSE);
	assert_null(second);
	child = fork();
	if (child == 0)
		_exit(-store_open(folder, &second));
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(WEXITSTATUS(status), -MAILSEAL_E_INUSE);
	/* The first one was not disturbed. */
	assert_int_equal(put(store, "a", "x", 1), 0);
}

/* What another program does to a closed store. */
static void
tamper(const char *words)
{
	sqlite3 *db = NULL;

	assert_int_equal(sqlite3_open(path_of("mailseal.db"), &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, words, NULL, NULL, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

static void
a_newer_store_is_left_alone(void **state)
{
	struct store *store = opened();

	(void)state;
	store_free(store);
	store = NULL;
	tamper("PRAGMA user_version = 4711");
	assert_int_equal(store_open(folder, &store), MAILSEAL_E_NEWER);
	assert_null(store);
	assert_non_null(strstr(store_why(NULL), "4711"));
}

static void
a_file_of_another_program_is_left_alone(void **state)
{
	struct store *store = NULL;

	(void)state;
	tamper("CREATE TABLE precious (x)");
	assert_int_equal(chmod(path_of("mailseal.db"), 0600), 0);
	assert_int_equal(store_open(folder, &store), MAILSEAL_E_STORE);
	assert_int_equal(truncate(path_of("mailseal.db"), 100), 0);
	assert_int_equal(store_open(folder, &store), MAILSEAL_E_STORE);
	assert_null(store);
}

static void
a_store_that_others_can_reach_is_refused(void **state)
{
	struct store *store = opened();

	(void)state;
	store_free(store);
	store = NULL;
	assert_int_equal(chmod(folder, 0750), 0);
	assert_int_equal(store_open(folder, &store), MAILSEAL_E_UNSAFE);
	assert_int_equal(chmod(folder, 0700), 0);
	assert_int_equal(chmod(path_of("mailseal.db"), 0640), 0);
	assert_int_equal(store_open(folder, &store), MAILSEAL_E_UNSAFE);
	assert_int_equal(unlink(path_of("mailseal.db")), 0);
	assert_int_equal(symlink("elsewhere", path_of("mailseal.db")), 0);
	assert_int_equal(store_open(folder, &store), MAILSEAL_E_UNSAFE);
	assert_null(store);
}

static void
all_files_are_closed_to_others(void **state)
{
	static const char *const names[] = { "mailseal.db", "mailseal.db-wal",
		"reserve" };
	mode_t mask = umask(0);
	AUTO(store) store = opened();
	struct stat st;

	(void)state;
	(void)umask(mask);
	assert_int_equal(put(store, "a", "x", 1), 0);
	for (size_t i = 0; i < 3; i++) {
		assert_int_equal(stat(path_of(names[i]), &st), 0);
		assert_int_equal(st.st_mode & 07777, 0600);
	}
	assert_int_equal(st.st_size, 1 << 20); /* the reserve, written */
	assert_true(st.st_blocks * 512 >= st.st_size);
	assert_int_equal(access(path_of("mailseal.db-shm"), F_OK), -1);
}

/* Commit without an end, and say each number when it is durable. */
static void
write_for_ever(int fd)
{
	struct store *store = NULL;

	if (store_open(folder, &store) != MAILSEAL_OK)
		_exit(1);
	for (uint64_t n = 1;; n++) {
		if (put(store, "a", "x", 1) != MAILSEAL_OK ||
		    write(fd, &n, sizeof(n)) != sizeof(n))
			_exit(1);
	}
}

static void
a_kill_loses_nothing_that_was_acknowledged(void **state)
{
	uint64_t acknowledged = 0;

	(void)state;
	for (uint64_t round = 1; round <= 5; round++) {
		struct finding finding;
		struct store *store;
		uint64_t n = 0;
		int pipes[2];
		pid_t child;

		assert_int_equal(pipe2(pipes, O_CLOEXEC), 0);
		child = fork();
		if (child == 0)
			write_for_ever(pipes[1]);
		close(pipes[1]);
		while (n < round * 7 && read(pipes[0], &n, sizeof(n)) > 0)
			continue;
		assert_int_equal(kill(child, SIGKILL), 0);
		assert_int_equal(waitpid(child, NULL, 0), child);
		while (read(pipes[0], &n, sizeof(n)) > 0)
			continue;
		close(pipes[0]);
		acknowledged += n;
		store = opened();
		assert_int_equal(look(store, "a", &finding), 0);
		assert_true(finding.generation >= acknowledged);
		assert_true(finding.generation <= acknowledged + 1);
		acknowledged = finding.generation;
		store_free(store);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		IN_FOLDER(what_was_committed_is_there_after_reopening),
		IN_FOLDER(what_was_rolled_back_is_not_there),
		IN_FOLDER(writing_needs_a_transaction_and_they_do_not_nest),
		IN_FOLDER(a_second_broker_is_refused_at_once),
		IN_FOLDER(a_newer_store_is_left_alone),
		IN_FOLDER(a_file_of_another_program_is_left_alone),
		IN_FOLDER(a_store_that_others_can_reach_is_refused),
		IN_FOLDER(all_files_are_closed_to_others),
		IN_FOLDER(a_kill_loses_nothing_that_was_acknowledged),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
