/* SPDX-License-Identifier: ISC */
#include <stdio.h>
#include <string.h>
#include <sys/random.h>

#include "broker/store/schema.h"
#include "broker/store/sqlite.h"
#include "proto/error.h"

#define APPLICATION 0x6d73656c /* "msel": what file(1) may know us by */

/*
 * Step i leads from version i to i + 1.  A step is never changed once it was
 * released; a new version is a new step.
 */
static const char *const steps[] = {
	"CREATE TABLE store ("
	"	id TEXT NOT NULL,"
	"	serial INTEGER NOT NULL,"  /* the next id of a record or slot */
	"	sequence INTEGER NOT NULL" /* transactions ever committed */
	") STRICT;"
	"CREATE TABLE account ("
	"	name TEXT NOT NULL PRIMARY KEY,"
	"	line TEXT NOT NULL"
	") STRICT;"
	"CREATE TABLE record ("
	"	id INTEGER NOT NULL PRIMARY KEY,"
	"	kind TEXT NOT NULL,"
	"	owner TEXT NOT NULL,"
	"	label TEXT NOT NULL,"
	"	provider TEXT NOT NULL,"
	"	epoch INTEGER NOT NULL,"
	"	generation INTEGER NOT NULL,"
	"	bound TEXT NOT NULL,"
	"	sealed BLOB NOT NULL,"
	"	UNIQUE (kind, owner, label)"
	") STRICT;"
	"CREATE INDEX record_owner ON record (owner);"
	"CREATE TABLE slot ("
	"	id INTEGER NOT NULL PRIMARY KEY,"
	"	kind TEXT NOT NULL,"
	"	label TEXT NOT NULL,"
	"	wrapped BLOB NOT NULL"
	") STRICT;",
};

#define VERSION ((int64_t)(sizeof(steps) / sizeof(steps[0])))

static int
read_number(struct store *store, const char *words, int64_t *number)
{
	int64_t found = 0;
	struct query q;
	int error;

	query_start(&q, store, words);
	if (query_next(&q))
		found = query_get_number(&q, 0);
	error = query_end(&q);
	if (error == MAILSEAL_OK)
		*number = found;
	return error;
}

int
schema_check(struct store *store)
{
	int64_t version, application, tables;
	int error;

	error = read_number(store, "PRAGMA user_version", &version);
	if (error == MAILSEAL_OK)
		error = read_number(store, "PRAGMA application_id",
		    &application);
	if (error == MAILSEAL_OK)
		error = read_number(store, "SELECT count(*) FROM sqlite_schema",
		    &tables);
	if (error != MAILSEAL_OK)
		return error;
	if (application != APPLICATION &&
	    (application != 0 || version != 0 || tables != 0)) {
		snprintf(store->why, sizeof(store->why),
		    "the file is not a store of mailseal");
		return MAILSEAL_E_STORE;
	}
	if (version > VERSION) {
		snprintf(store->why, sizeof(store->why),
		    "schema version %lld, known up to %lld", (long long)version,
		    (long long)VERSION);
		return MAILSEAL_E_NEWER;
	}
	return MAILSEAL_OK;
}

/* A store that has no id yet draws one. */
static int
name_it(struct store *store)
{
	unsigned char random[STORE_ID_LEN / 2];
	char words[128];
	char id[STORE_ID_LEN + 1];
	int64_t rows;
	int error;

	error = read_number(store, "SELECT count(*) FROM store", &rows);
	if (error != MAILSEAL_OK || rows != 0)
		return error;
	if (getentropy(random, sizeof(random)) != 0)
		return MAILSEAL_E_IO;
	for (size_t i = 0; i < sizeof(random); i++)
		snprintf(id + 2 * i, 3, "%02x", random[i]);
	snprintf(words, sizeof(words), "INSERT INTO store VALUES ('%s', 1, 0)",
	    id);
	return sqlite_run(store, words);
}

static int
climb(struct store *store, int64_t version)
{
	char words[96];
	int error = MAILSEAL_OK;

	for (; version < VERSION && error == MAILSEAL_OK; version++)
		error = sqlite_run(store, steps[version]);
	if (error == MAILSEAL_OK)
		error = name_it(store);
	if (error != MAILSEAL_OK)
		return error;
	snprintf(words, sizeof(words),
	    "PRAGMA application_id = %d; PRAGMA user_version = %lld",
	    APPLICATION, (long long)VERSION);
	return sqlite_run(store, words);
}

static int
read_self(struct store *store)
{
	char id[STORE_ID_LEN + 1] = "";
	int64_t sequence = 0;
	struct query q;
	int error;

	query_start(&q, store, "SELECT id, sequence FROM store");
	if (query_next(&q)) {
		snprintf(id, sizeof(id), "%s", query_get(&q, 0));
		sequence = query_get_number(&q, 1);
	}
	error = query_end(&q);
	if (error != MAILSEAL_OK)
		return error;
	if (strspn(id, "0123456789abcdef") != STORE_ID_LEN) {
		snprintf(store->why, sizeof(store->why), "it has no id");
		return MAILSEAL_E_STORE;
	}
	memcpy(store->id, id, sizeof(id));
	store->sequence = sequence;
	return MAILSEAL_OK;
}

int
schema_migrate(struct store *store)
{
	int64_t version;
	int error = read_number(store, "PRAGMA user_version", &version);

	if (error != MAILSEAL_OK)
		return error;
	if (version < VERSION) {
		error = sqlite_run(store, "BEGIN IMMEDIATE");
		if (error == MAILSEAL_OK)
			error = climb(store, version);
		if (error == MAILSEAL_OK)
			error = sqlite_run(store, "COMMIT");
		if (error != MAILSEAL_OK)
			return error; /* closing rolls it back */
	}
	return read_self(store);
}
