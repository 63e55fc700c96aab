/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "broker/store/schema.h"
#include "broker/store/sqlite.h"
#include "proto/error.h"

#define LENGTH_MAX (1 << 20) /* bytes of any value or statement */

/*
 * The lock first: exclusive before the write-ahead log is touched, so that
 * there is no shared-memory file and no second broker.  Pages stay in memory
 * until the commit, so that a full disk is met there and nowhere else.
 */
static const char lock_first[] = "PRAGMA locking_mode = EXCLUSIVE;"
				 "PRAGMA temp_store = MEMORY;"
				 "PRAGMA cache_spill = OFF;";
static const char then_settle[] = "PRAGMA synchronous = FULL;"
				  "PRAGMA secure_delete = ON;"
				  "PRAGMA cell_size_check = ON;"
				  "BEGIN EXCLUSIVE; COMMIT;";

static bool
is_full(struct store *store, int code)
{
	int number = sqlite3_system_errno(store->db);

	return (code & 0xff) == SQLITE_FULL ||
	    (code == SQLITE_IOERR_WRITE &&
		(number == ENOSPC || number == EDQUOT));
}

int
sqlite_error(struct store *store, int code)
{
	if (code == SQLITE_OK || code == SQLITE_ROW || code == SQLITE_DONE)
		return MAILSEAL_OK;
	snprintf(store->why, sizeof(store->why), "%s (%d)",
	    store->db == NULL ? sqlite3_errstr(code) :
				sqlite3_errmsg(store->db),
	    code);
	if (store->db != NULL && is_full(store, code))
		return MAILSEAL_E_FULL;
	switch (code & 0xff) {
	case SQLITE_BUSY:
		return MAILSEAL_E_INUSE;
	case SQLITE_NOMEM:
		return MAILSEAL_E_NOMEM;
	case SQLITE_TOOBIG:
		return MAILSEAL_E_TOOLONG;
	default:
		return MAILSEAL_E_STORE;
	}
}

int
sqlite_run(struct store *store, const char *statements)
{
	if (store->db == NULL)
		return MAILSEAL_E_STORE;
	return sqlite_error(store,
	    sqlite3_exec(store->db, statements, NULL, NULL, NULL));
}

/* A file that was written by somebody else is not to be trusted. */
static void
harden(sqlite3 *db)
{
	(void)sqlite3_db_config(db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	(void)sqlite3_db_config(db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
	(void)sqlite3_db_config(db, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, NULL);
	(void)sqlite3_db_config(db, SQLITE_DBCONFIG_ENABLE_VIEW, 0, NULL);
	(void)sqlite3_db_config(db, SQLITE_DBCONFIG_DQS_DML, 0, NULL);
	(void)sqlite3_limit(db, SQLITE_LIMIT_LENGTH, LENGTH_MAX);
	(void)sqlite3_limit(db, SQLITE_LIMIT_ATTACHED, 0);
}

/* Logging ahead may be refused without an error; then the old mode is told. */
static int
write_ahead(struct store *store)
{
	bool is_on = false;
	struct query q;
	int error;

	query_start(&q, store, "PRAGMA journal_mode = WAL");
	if (query_next(&q))
		is_on = strcmp(query_get(&q, 0), "wal") == 0;
	error = query_end(&q);
	if (error != MAILSEAL_OK)
		return error;
	return is_on ? MAILSEAL_OK : MAILSEAL_E_STORE;
}

static int
set_up(struct store *store)
{
	int error;

	harden(store->db);
	error = sqlite_run(store, lock_first);
	if (error == MAILSEAL_OK)
		error = schema_check(store);
	if (error == MAILSEAL_OK)
		error = write_ahead(store);
	if (error == MAILSEAL_OK)
		error = sqlite_run(store, then_settle);
	if (error == MAILSEAL_OK)
		error = schema_migrate(store);
	return error;
}

int
sqlite_connect(struct store *store)
{
	int code = sqlite3_open_v2(store->path, &store->db,
	    SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE,
	    NULL);
	int error = sqlite_error(store, code);

	if (error == MAILSEAL_OK)
		error = set_up(store);
	if (error != MAILSEAL_OK)
		sqlite_disconnect(store);
	return error;
}

void
sqlite_disconnect(struct store *store)
{
	(void)sqlite3_close_v2(store->db); /* whatever is open is rolled back */
	store->db = NULL;
}

void
sqlite_forget(struct store *store)
{
	for (size_t i = 0; i < store->count; i++)
		sqlite3_free(store->written[i]);
	free(store->written);
	store->written = NULL;
	store->count = 0;
}

static int
remember(struct store *store, sqlite3_stmt *statement)
{
	char **written;
	char *words;

	if (store->count == SQLITE_STATEMENTS_MAX)
		return MAILSEAL_E_TOOLONG;
	written = reallocarray(store->written, store->count + 1,
	    sizeof(*written));
	if (written == NULL)
		return MAILSEAL_E_NOMEM;
	store->written = written;
	words = sqlite3_expanded_sql(statement);
	if (words == NULL)
		return MAILSEAL_E_NOMEM;
	store->written[store->count++] = words;
	return MAILSEAL_OK;
}

static void
fail(struct query *q, int error)
{
	if (q->error == MAILSEAL_OK)
		q->error = error;
}

void
query_start(struct query *q, struct store *store, const char *words)
{
	*q = (struct query){ .store = store };
	if (store->db == NULL) {
		fail(q, MAILSEAL_E_STORE);
		return;
	}
	fail(q,
	    sqlite_error(store,
		sqlite3_prepare_v2(store->db, words, -1, &q->statement, NULL)));
}

void
query_start_write(struct query *q, struct store *store, const char *words)
{
	if (store->active) {
		query_start(q, store, words);
		return;
	}
	*q = (struct query){ .store = store };
	fail(q, MAILSEAL_E_INTERNAL);
}

void
query_put(struct query *q, const char *text, size_t max)
{
	size_t len = strnlen(text, max + 1);

	if (len > max)
		fail(q, MAILSEAL_E_TOOLONG);
	if (q->error == MAILSEAL_OK)
		fail(q,
		    sqlite_error(q->store,
			sqlite3_bind_text(q->statement, ++q->at, text, (int)len,
			    SQLITE_STATIC)));
}

void
query_put_bytes(struct query *q, struct span bytes, size_t max)
{
	if (bytes.len > max)
		fail(q, MAILSEAL_E_TOOLONG);
	if (q->error == MAILSEAL_OK)
		fail(q,
		    sqlite_error(q->store,
			sqlite3_bind_blob(q->statement, ++q->at, bytes.data,
			    (int)bytes.len, SQLITE_STATIC)));
}

void
query_put_number(struct query *q, int64_t number)
{
	if (q->error == MAILSEAL_OK)
		fail(q,
		    sqlite_error(q->store,
			sqlite3_bind_int64(q->statement, ++q->at, number)));
}

bool
query_next(struct query *q)
{
	int code;

	if (q->error != MAILSEAL_OK)
		return false;
	code = sqlite3_step(q->statement);
	fail(q, sqlite_error(q->store, code));
	return code == SQLITE_ROW;
}

const char *
query_get(struct query *q, int column)
{
	const unsigned char *text = sqlite3_column_text(q->statement, column);

	return text == NULL ? "" : (const char *)text;
}

struct span
query_get_bytes(struct query *q, int column)
{
	const void *bytes = sqlite3_column_blob(q->statement, column);
	int len = sqlite3_column_bytes(q->statement, column);

	return (struct span){ bytes, (size_t)len };
}

int64_t
query_get_number(struct query *q, int column)
{
	return sqlite3_column_int64(q->statement, column);
}

int
query_end(struct query *q)
{
	(void)sqlite3_finalize(q->statement); /* its failure was seen before */
	q->statement = NULL;
	return q->error;
}

int
query_write(struct query *q)
{
	struct store *store = q->store;
	int error;

	(void)query_next(q); /* a failure is told below */
	if (q->error == MAILSEAL_OK)
		fail(q, remember(store, q->statement));
	error = query_end(q);
	if (store->active && store->failed == MAILSEAL_OK)
		store->failed = error;
	return error;
}
