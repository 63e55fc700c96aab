/* SPDX-License-Identifier: ISC */
#include <limits.h>

#include "broker/store/sqlite.h"
#include "broker/store/store.h"
#include "proto/error.h"

#define RECORD_COLUMNS \
	"id, kind, owner, label, provider, epoch, generation, bound, sealed"

/* A number that was not used before in this store. */
static int
draw_id(struct store *store, int64_t *id)
{
	int64_t serial = 0;
	struct query q;
	int error;

	query_start_write(&q, store, "UPDATE store SET serial = serial + 1");
	error = query_write(&q);
	if (error != MAILSEAL_OK)
		return error;
	query_start(&q, store, "SELECT serial - 1 FROM store");
	if (query_next(&q))
		serial = query_get_number(&q, 0);
	error = query_end(&q);
	if (error != MAILSEAL_OK)
		return error;
	if (serial < 1)
		return MAILSEAL_E_STORE;
	*id = serial;
	return MAILSEAL_OK;
}

int
store_record_id(struct store *store, const char *kind, const char *owner,
    const char *label, int64_t *id, uint64_t *generation)
{
	int64_t found = 0, last = 0;
	struct query q;
	int error;

	query_start_write(&q, store,
	    "SELECT id, generation FROM record"
	    " WHERE kind = ? AND owner = ? AND label = ?");
	query_put(&q, kind, STORE_NAME_MAX);
	query_put(&q, owner, STORE_NAME_MAX);
	query_put(&q, label, STORE_NAME_MAX);
	if (query_next(&q)) {
		found = query_get_number(&q, 0);
		last = query_get_number(&q, 1);
	}
	error = query_end(&q);
	if (error == MAILSEAL_OK && (last < 0 || last == INT64_MAX))
		error = MAILSEAL_E_STORE;
	if (error == MAILSEAL_OK && found == 0)
		error = draw_id(store, &found);
	if (error != MAILSEAL_OK)
		return error;
	*id = found;
	*generation = (uint64_t)last + 1;
	return MAILSEAL_OK;
}

int
store_record_put(struct store *store, const struct store_record *record)
{
	struct query q;

	if (record->generation > INT64_MAX)
		return MAILSEAL_E_TOOLONG;
	store->erases = true; /* whether there was an old one or not */
	query_start_write(&q, store,
	    "INSERT INTO record (" RECORD_COLUMNS ")"
	    " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"
	    " ON CONFLICT (kind, owner, label) DO UPDATE SET id = excluded.id,"
	    " provider = excluded.provider, epoch = excluded.epoch,"
	    " generation = excluded.generation, bound = excluded.bound,"
	    " sealed = excluded.sealed");
	query_put_number(&q, record->id);
	query_put(&q, record->kind, STORE_NAME_MAX);
	query_put(&q, record->owner, STORE_NAME_MAX);
	query_put(&q, record->label, STORE_NAME_MAX);
	query_put(&q, record->provider, STORE_NAME_MAX);
	query_put_number(&q, record->epoch);
	query_put_number(&q, (int64_t)record->generation);
	query_put(&q, record->bound, STORE_BOUND_MAX);
	query_put_bytes(&q, record->sealed, STORE_SEALED_MAX);
	return query_write(&q);
}

static struct store_record
take_record(struct query *q)
{
	return (struct store_record){
		.id = query_get_number(q, 0),
		.kind = query_get(q, 1),
		.owner = query_get(q, 2),
		.label = query_get(q, 3),
		.provider = query_get(q, 4),
		.epoch = (uint32_t)query_get_number(q, 5),
		.generation = (uint64_t)query_get_number(q, 6),
		.bound = query_get(q, 7),
		.sealed = query_get_bytes(q, 8),
	};
}

/* Hand the rows to use(), count them, be done with q. */
static int
each_record(struct query *q,
    int (*use)(void *arg, const struct store_record *record), void *arg,
    size_t *count)
{
	int used = MAILSEAL_OK;
	int error;

	while (used == MAILSEAL_OK && query_next(q)) {
		struct store_record record = take_record(q);

		(*count)++;
		used = use(arg, &record);
	}
	error = query_end(q);
	return used != MAILSEAL_OK ? used : error;
}

int
store_record_get(struct store *store, const char *kind, const char *owner,
    const char *label, int (*use)(void *arg, const struct store_record *record),
    void *arg)
{
	size_t count = 0;
	struct query q;
	int error;

	query_start(&q, store,
	    "SELECT " RECORD_COLUMNS " FROM record"
	    " WHERE kind = ? AND owner = ? AND label = ?");
	query_put(&q, kind, STORE_NAME_MAX);
	query_put(&q, owner, STORE_NAME_MAX);
	query_put(&q, label, STORE_NAME_MAX);
	error = each_record(&q, use, arg, &count);
	if (error == MAILSEAL_OK && count == 0)
		return MAILSEAL_E_NOACCOUNT;
	return error;
}

int
store_record_each(struct store *store, const char *kind,
    int (*use)(void *arg, const struct store_record *record), void *arg)
{
	size_t count = 0;
	struct query q;

	query_start(&q, store,
	    "SELECT " RECORD_COLUMNS " FROM record"
	    " WHERE kind = ?1 OR ?1 = '' ORDER BY kind, owner, label");
	query_put(&q, kind == NULL ? "" : kind, STORE_NAME_MAX);
	return each_record(&q, use, arg, &count);
}

int
store_record_of(struct store *store, const char *owner,
    int (*use)(void *arg, const struct store_record *record), void *arg)
{
	size_t count = 0;
	struct query q;

	query_start(&q, store,
	    "SELECT " RECORD_COLUMNS " FROM record"
	    " WHERE owner = ? ORDER BY kind, label");
	query_put(&q, owner, STORE_NAME_MAX);
	return each_record(&q, use, arg, &count);
}

int
store_record_remove(struct store *store, const char *kind, const char *owner,
    const char *label)
{
	struct query q;

	if (kind == NULL)
		query_start_write(&q, store,
		    "DELETE FROM record WHERE owner = ?");
	else if (label == NULL)
		query_start_write(&q, store,
		    "DELETE FROM record WHERE owner = ? AND kind = ?");
	else
		query_start_write(&q, store,
		    "DELETE FROM record"
		    " WHERE owner = ? AND kind = ? AND label = ?");
	store->erases = true;
	query_put(&q, owner, STORE_NAME_MAX);
	if (kind != NULL)
		query_put(&q, kind, STORE_NAME_MAX);
	if (kind != NULL && label != NULL)
		query_put(&q, label, STORE_NAME_MAX);
	return query_write(&q);
}

int
store_account_put(struct store *store, const char *name, const char *line)
{
	struct query q;

	query_start_write(&q, store,
	    "INSERT INTO account (name, line) VALUES (?, ?)"
	    " ON CONFLICT (name) DO UPDATE SET line = excluded.line");
	query_put(&q, name, STORE_NAME_MAX);
	query_put(&q, line, STORE_LINE_MAX);
	return query_write(&q);
}

int
store_account_each(struct store *store,
    int (*use)(void *arg, const char *name, const char *line), void *arg)
{
	int used = MAILSEAL_OK;
	struct query q;
	int error;

	query_start(&q, store, "SELECT name, line FROM account ORDER BY name");
	while (used == MAILSEAL_OK && query_next(&q))
		used = use(arg, query_get(&q, 0), query_get(&q, 1));
	error = query_end(&q);
	return used != MAILSEAL_OK ? used : error;
}

int
store_account_remove(struct store *store, const char *name)
{
	struct query q;

	store->erases = true;
	query_start_write(&q, store, "DELETE FROM account WHERE name = ?");
	query_put(&q, name, STORE_NAME_MAX);
	return query_write(&q);
}

int
store_slot_id(struct store *store, int64_t *id)
{
	return draw_id(store, id);
}

int
store_slot_put(struct store *store, const struct store_slot *slot)
{
	struct query q;

	store->erases = true;
	query_start_write(&q, store,
	    "INSERT INTO slot (id, kind, label, wrapped) VALUES (?, ?, ?, ?)"
	    " ON CONFLICT (id) DO UPDATE SET kind = excluded.kind,"
	    " label = excluded.label, wrapped = excluded.wrapped");
	query_put_number(&q, slot->id);
	query_put(&q, slot->kind, STORE_NAME_MAX);
	query_put(&q, slot->label, STORE_NAME_MAX);
	query_put_bytes(&q, slot->wrapped, STORE_SEALED_MAX);
	return query_write(&q);
}

int
store_slot_each(struct store *store,
    int (*use)(void *arg, const struct store_slot *slot), void *arg)
{
	int used = MAILSEAL_OK;
	struct query q;
	int error;

	query_start(&q, store,
	    "SELECT id, kind, label, wrapped FROM slot ORDER BY id");
	while (used == MAILSEAL_OK && query_next(&q)) {
		struct store_slot slot = {
			.id = query_get_number(&q, 0),
			.kind = query_get(&q, 1),
			.label = query_get(&q, 2),
			.wrapped = query_get_bytes(&q, 3),
		};

		used = use(arg, &slot);
	}
	error = query_end(&q);
	return used != MAILSEAL_OK ? used : error;
}

int
store_slot_remove(struct store *store, int64_t id)
{
	struct query q;

	store->erases = true;
	query_start_write(&q, store, "DELETE FROM slot WHERE id = ?");
	query_put_number(&q, id);
	return query_write(&q);
}
