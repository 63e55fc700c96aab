/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "broker/store/reserve.h"
#include "broker/store/sqlite.h"
#include "broker/store/store.h"
#include "proto/error.h"

#define DATABASE "mailseal.db"

/* Why the last store_open() failed, when there is no store to ask. */
static char why_not_open[SQLITE_WHY_MAX];

void
store_free(struct store *store)
{
	if (store == NULL)
		return;
	sqlite_disconnect(store);
	sqlite_forget(store);
	if (store->folder >= 0)
		(void)close(store->folder); /* nothing was written by it */
	free(store->path);
	free(store);
}

static int
explain(struct store *store, int error, const char *what)
{
	snprintf(store->why, sizeof(store->why), "%s", what);
	return error;
}

static bool
is_ours(const struct stat *st)
{
	return st->st_uid == geteuid() && (st->st_mode & 077) == 0;
}

static int
open_folder(struct store *store, const char *folder)
{
	struct stat st;

	store->folder = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (store->folder < 0 || fstat(store->folder, &st) != 0)
		return explain(store, MAILSEAL_E_STORE, strerror(errno));
	if (!is_ours(&st))
		return explain(store, MAILSEAL_E_UNSAFE,
		    "the folder is not ours alone");
	if (asprintf(&store->path, "%s/" DATABASE, folder) < 0) {
		store->path = NULL;
		return MAILSEAL_E_NOMEM;
	}
	return MAILSEAL_OK;
}

/*
 * The file is made here for the sake of its mode, and never opened here when
 * it exists: closing it would drop a lock of this process.
 */
static int
make_file(struct store *store)
{
	int fd = openat(store->folder, DATABASE,
	    O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	struct stat st;

	if (fd >= 0) {
		(void)close(fd); /* it is empty */
		if (fsync(store->folder) != 0)
			return explain(store, MAILSEAL_E_STORE,
			    strerror(errno));
	} else if (errno == ENOSPC || errno == EDQUOT) {
		return explain(store, MAILSEAL_E_FULL, strerror(errno));
	} else if (errno != EEXIST) {
		return explain(store, MAILSEAL_E_STORE, strerror(errno));
	}
	if (fstatat(store->folder, DATABASE, &st, AT_SYMLINK_NOFOLLOW) != 0)
		return explain(store, MAILSEAL_E_STORE, strerror(errno));
	if (!S_ISREG(st.st_mode) || st.st_nlink != 1 || !is_ours(&st))
		return explain(store, MAILSEAL_E_UNSAFE,
		    DATABASE " is not ours alone");
	return MAILSEAL_OK;
}

static int
open_all(struct store *store, const char *folder)
{
	int error = open_folder(store, folder);

	if (error == MAILSEAL_OK)
		error = make_file(store);
	if (error != MAILSEAL_OK)
		return error;
	error = sqlite_connect(store);
	if (error == MAILSEAL_E_FULL && reserve_give_up(store->folder))
		error = sqlite_connect(store);
	if (error == MAILSEAL_OK)
		store->low = !reserve_make(store->folder);
	return error;
}

int
store_open(const char *folder, struct store **store)
{
	AUTO(store) made = calloc(1, sizeof(*made));
	int error;

	if (made == NULL)
		return MAILSEAL_E_NOMEM;
	made->folder = -1;
	error = open_all(made, folder);
	if (error != MAILSEAL_OK) {
		memcpy(why_not_open, made->why, sizeof(why_not_open));
		return error;
	}
	*store = made;
	made = NULL;
	return MAILSEAL_OK;
}

const char *
store_id(const struct store *store)
{
	return store->id;
}

bool
store_is_low(const struct store *store)
{
	return store->low;
}

const char *
store_why(const struct store *store)
{
	return store == NULL ? why_not_open : store->why;
}

int
store_begin(struct store *store)
{
	int error = MAILSEAL_OK;

	if (store->active)
		return MAILSEAL_E_INTERNAL;
	if (store->db == NULL)
		error = sqlite_connect(store);
	if (error == MAILSEAL_OK)
		error = sqlite_run(store, "BEGIN IMMEDIATE");
	if (error != MAILSEAL_OK)
		return error;
	store->active = true;
	store->failed = MAILSEAL_OK;
	return MAILSEAL_OK;
}

/* Count the transaction in the store itself and make it durable. */
static int
finish(struct store *store)
{
	return sqlite_run(store,
	    "UPDATE store SET sequence = sequence + 1; COMMIT");
}

/* Say again what the transaction wrote; SQLite forgot it on a full disk. */
static int
repeat(struct store *store)
{
	int error = MAILSEAL_OK;

	if (sqlite3_get_autocommit(store->db) == 0)
		error = sqlite_run(store, "ROLLBACK");
	if (error == MAILSEAL_OK)
		error = sqlite_run(store, "BEGIN IMMEDIATE");
	for (size_t i = 0; i < store->count && error == MAILSEAL_OK; i++)
		error = sqlite_run(store, store->written[i]);
	if (error == MAILSEAL_OK)
		error = finish(store);
	return error;
}

/*
 * Nobody knows whether it was written.  Whoever opens the file next would go
 * by what lies in it, so that is what counts.
 */
static int
read_again(struct store *store, int error)
{
	int64_t wanted = store->sequence + 1;

	sqlite_disconnect(store);
	if (sqlite_connect(store) != MAILSEAL_OK)
		return error; /* the next transaction tries to open it */
	return store->sequence == wanted ? MAILSEAL_OK : error;
}

/* Overwritten and removed bytes leave the write-ahead log, too. */
static void
clean(struct store *store)
{
	if (store->erases &&
	    sqlite3_wal_checkpoint_v2(store->db, NULL,
		SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL) == SQLITE_OK)
		store->erases = false; /* else the next commit cleans */
}

int
store_commit(struct store *store)
{
	int64_t sequence = store->sequence;
	int error;

	if (!store->active)
		return MAILSEAL_E_INTERNAL;
	error = store->failed;
	if (error != MAILSEAL_OK) {
		store_rollback(store);
		return error;
	}
	error = finish(store);
	if (error == MAILSEAL_E_FULL) {
		store->low = true;
		if (reserve_give_up(store->folder))
			error = repeat(store);
	}
	if (error != MAILSEAL_OK && error != MAILSEAL_E_FULL)
		error = read_again(store, error);
	store_rollback(store);
	if (error != MAILSEAL_OK)
		return error;
	store->sequence = sequence + 1;
	clean(store);
	if (store->low)
		store->low = !reserve_remake(store->folder);
	return MAILSEAL_OK;
}

void
store_rollback(struct store *store)
{
	if (store->db != NULL && sqlite3_get_autocommit(store->db) == 0 &&
	    sqlite_run(store, "ROLLBACK") != MAILSEAL_OK)
		sqlite_disconnect(store); /* that undoes it for certain */
	sqlite_forget(store);
	store->active = false;
}
