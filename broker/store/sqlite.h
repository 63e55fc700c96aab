/* SPDX-License-Identifier: ISC */
/*
 * sqlite: the connection below the store, and one statement at a time.
 *
 * What a statement of a transaction wrote is remembered in words, so that the
 * whole can be said again when the disk was full.  For broker/store only.
 */
#ifndef BROKER_STORE_SQLITE_H
#define BROKER_STORE_SQLITE_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "broker/store/store.h"
#include "proto/line.h"

#define SQLITE_STATEMENTS_MAX 4096 /* in one transaction */
#define SQLITE_WHY_MAX 256

struct store {
	sqlite3 *db; /* NULL when it was lost and could not be opened again */
	char *path;  /* of the database */
	int folder;  /* descriptor, or -1 */
	char id[STORE_ID_LEN + 1];
	bool low;	  /* there is no reserve file */
	bool active;	  /* in a transaction */
	bool erases;	  /* old bytes may still lie in the write-ahead log */
	int failed;	  /* the first failure in the transaction */
	int64_t sequence; /* transactions ever committed */
	char **written;	  /* the statements of the transaction */
	size_t count;
	char why[SQLITE_WHY_MAX];
};

/*
 * Open the database at path, which exists, take its lock and make it durable.
 *
 * MAILSEAL_E_INUSE, MAILSEAL_E_NEWER, MAILSEAL_E_STORE, MAILSEAL_E_FULL,
 * MAILSEAL_E_NOMEM
 */
int sqlite_connect(struct store *store) __attribute__((warn_unused_result));

/* Close it; nothing happens when it is closed. */
void sqlite_disconnect(struct store *store);

/* The error that a result code of SQLite is; its words are kept for why. */
int sqlite_error(struct store *store, int code);

/* Run statements that take and give nothing; they are not remembered. */
int sqlite_run(struct store *store, const char *statements)
    __attribute__((warn_unused_result));

/* Forget what the transaction wrote. */
void sqlite_forget(struct store *store);

/*
 * One statement.  It remembers its first failure, which query_end() tells.
 * What is put must live until then.
 */
struct query {
	struct store *store;
	sqlite3_stmt *statement;
	int at; /* parameters put so far */
	int error;
};

/* Start one that reads. */
void query_start(struct query *q, struct store *store, const char *words);

/* Start one that writes: MAILSEAL_E_INTERNAL outside of a transaction. */
void query_start_write(struct query *q, struct store *store, const char *words);

/* Put the next parameter; a text over max bytes is MAILSEAL_E_TOOLONG. */
void query_put(struct query *q, const char *text, size_t max);
void query_put_bytes(struct query *q, struct span bytes, size_t max);
void query_put_number(struct query *q, int64_t number);

/* Step to the next row; false at the end and after a failure. */
bool query_next(struct query *q);

/* A column of the row; it lives until the next step. */
const char *query_get(struct query *q, int column);
struct span query_get_bytes(struct query *q, int column);
int64_t query_get_number(struct query *q, int column);

/* Be done with it, whatever rows are left. */
int query_end(struct query *q) __attribute__((warn_unused_result));

/* Run one that gives no rows, remember it for the transaction, be done. */
int query_write(struct query *q) __attribute__((warn_unused_result));

#endif
