/* SPDX-License-Identifier: ISC */
/* Records of an account, put into a store and measured there. */
#ifndef TESTS_UNIT_DEPOSIT_H
#define TESTS_UNIT_DEPOSIT_H

#include "broker/store/store.h"
#include "proto/error.h"

static inline struct store_record
record_of(const char *owner, int64_t id, uint64_t generation,
    struct span sealed)
{
	return (struct store_record){ id, "refresh", owner, "", "campus", 1,
		generation, "origins=https://login.example.test:443", sealed };
}

/* Put a record in a transaction of its own. */
static inline int
put(struct store *store, const char *owner, const void *bytes, size_t len)
{
	struct store_record record;
	uint64_t generation = 0;
	int64_t id = 0;
	int error = store_begin(store);

	if (error == MAILSEAL_OK)
		error = store_record_id(store, "refresh", owner, "", &id,
		    &generation);
	record = record_of(owner, id, generation, (struct span){ bytes, len });
	if (error == MAILSEAL_OK)
		error = store_record_put(store, &record);
	if (error == MAILSEAL_OK)
		return store_commit(store);
	store_rollback(store);
	return error;
}

static inline int
measure(void *arg, const struct store_record *record)
{
	*(size_t *)arg = record->sealed.len;
	return MAILSEAL_OK;
}

/* How long the record is; 0 when there is none. */
static inline size_t
length(struct store *store)
{
	size_t len = 0;

	if (store_record_get(store, "refresh", "a@example.edu", "", measure,
		&len) != MAILSEAL_OK)
		return 0;
	return len;
}

#endif
