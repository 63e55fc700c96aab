/* SPDX-License-Identifier: ISC */
/*
 * store: sealed records, accounts and slots, in transactions.
 *
 * One folder, one broker: a second one is refused while the first runs.  What
 * was committed survives a crash; what was overwritten or removed is gone from
 * the file.  The store sees sealed bytes only: it opens none and holds no key.
 */
#ifndef BROKER_STORE_STORE_H
#define BROKER_STORE_STORE_H

#include <stdbool.h>
#include <stdint.h>

#include "broker/own.h"
#include "proto/line.h"

#define STORE_ID_LEN 32		/* hex digits of a store's id */
#define STORE_NAME_MAX 256	/* bytes of a kind, owner, label or provider */
#define STORE_BOUND_MAX 16384	/* bytes of a record's bound */
#define STORE_SEALED_MAX 131072 /* bytes of a record's nonce and ciphertext */
#define STORE_LINE_MAX 65536	/* bytes of an account's line */

struct store;

/* One sealed secret, found by (kind, owner, label).  No text may be NULL. */
struct store_record {
	int64_t id;	   /* never used twice, not even after a removal */
	const char *kind;  /* refresh previous password lease client_secret
			      client_key client_label */
	const char *owner; /* an account, or for the last three a provider */
	const char *label; /* which one, where there are several; "" else */
	const char *provider;
	uint32_t epoch;	     /* of the record key */
	uint64_t generation; /* grows with each overwriting */
	const char *bound;   /* the closed set that it may be sent to */
	struct span sealed;  /* nonce and ciphertext */
};

/* One way to open the master key. */
struct store_slot {
	int64_t id;	     /* never used twice */
	const char *kind;    /* file credential recovery */
	const char *label;   /* what an admin calls it */
	struct span wrapped; /* nonce and ciphertext */
};

/*
 * Open folder/mailseal.db, making it and the reserve file where they are not.
 * The folder must be there, belong to this user and be closed to others.  The
 * lock is taken at once and without waiting, and held until store_free().
 * *store is the caller's to free.
 *
 * MAILSEAL_E_UNSAFE  the folder or the file is not ours, or open to others
 * MAILSEAL_E_INUSE   another broker has it open
 * MAILSEAL_E_NEWER   a newer mailseal wrote it
 * MAILSEAL_E_STORE   it cannot be read or written, or is no store
 * MAILSEAL_E_FULL    the disk is full and there is no reserve left
 * MAILSEAL_E_NOMEM   out of memory
 */
int store_open(const char *folder, struct store **store)
    __attribute__((warn_unused_result));

/* Close it; a transaction under way is rolled back. */
void store_free(struct store *store);

AUTO_DEFINE(store, struct store)

/* 32 hex digits, drawn when the store was made. */
const char *store_id(const struct store *store);

/*
 * Whether the disk was found full and there is no reserve now: the next full
 * disk loses a commit.  Time for an alarm.  The reserve comes back by itself
 * at a commit that finds room again.
 */
bool store_is_low(const struct store *store);

/*
 * What was said about the last failure, for one log line; with NULL about the
 * store_open() that failed last.
 */
const char *store_why(const struct store *store);

/*
 * Begin a transaction.  Whatever writes below needs one; they do not nest.
 *
 * MAILSEAL_E_INTERNAL  there is one already
 * MAILSEAL_E_STORE     the store does not answer
 */
int store_begin(struct store *store) __attribute__((warn_unused_result));

/*
 * End it: durable when this returns MAILSEAL_OK, undone when it fails.  A
 * commit whose outcome is not known is read again and counts as what is found.
 *
 * MAILSEAL_E_INTERNAL  there is none
 * MAILSEAL_E_FULL      the disk is full and the reserve is spent
 * MAILSEAL_E_STORE     the store does not answer
 */
int store_commit(struct store *store) __attribute__((warn_unused_result));

/* Undo it; nothing happens when there is none. */
void store_rollback(struct store *store);

/*
 * Where the next record of this name goes: the id it has, or for a new name
 * one never used before, and the generation after the last.  Both are part of
 * what is sealed.  Needs a transaction.
 *
 * MAILSEAL_E_INTERNAL, MAILSEAL_E_STORE, MAILSEAL_E_FULL, MAILSEAL_E_TOOLONG
 */
int store_record_id(struct store *store, const char *kind, const char *owner,
    const char *label, int64_t *id, uint64_t *generation)
    __attribute__((warn_unused_result));

/*
 * Write a record over the one of the same kind, owner and label, if any.
 * Needs a transaction.
 *
 * MAILSEAL_E_TOOLONG   a text or the sealed bytes are over their limit
 * MAILSEAL_E_INTERNAL, MAILSEAL_E_STORE, MAILSEAL_E_FULL
 */
int store_record_put(struct store *store, const struct store_record *record)
    __attribute__((warn_unused_result));

/*
 * Hand one record to use(); its memory lives until use() returns.  What use()
 * returns is returned.  use() may read from the store, but not write.
 *
 * MAILSEAL_E_NOACCOUNT  there is no such record
 * MAILSEAL_E_STORE      the store does not answer
 */
int store_record_get(struct store *store, const char *kind, const char *owner,
    const char *label, int (*use)(void *arg, const struct store_record *record),
    void *arg) __attribute__((warn_unused_result));

/*
 * The same for every record of a kind, or of all kinds when kind is NULL, by
 * owner and label; the first failure of use() ends it and is returned.
 */
int store_record_each(struct store *store, const char *kind,
    int (*use)(void *arg, const struct store_record *record), void *arg)
    __attribute__((warn_unused_result));

/* The same for every record of an owner, whatever its kind. */
int store_record_of(struct store *store, const char *owner,
    int (*use)(void *arg, const struct store_record *record), void *arg)
    __attribute__((warn_unused_result));

/*
 * Remove a record, or all labels when label is NULL, or all kinds as well
 * when kind is NULL.  That there is none is no failure.  Needs a transaction.
 * Errors are those of store_record_put().
 */
int store_record_remove(struct store *store, const char *kind,
    const char *owner, const char *label) __attribute__((warn_unused_result));

/*
 * Accounts: a name and a line of attributes, which the store does not read.
 * Errors and rules are those of the records; removing an account leaves its
 * records to the caller, to be removed in the same transaction.  An update of
 * the line alone is cheap: old lines are no secret and stay in the log a while.
 */
int store_account_put(struct store *store, const char *name, const char *line)
    __attribute__((warn_unused_result));
int store_account_each(struct store *store,
    int (*use)(void *arg, const char *name, const char *line), void *arg)
    __attribute__((warn_unused_result));
int store_account_remove(struct store *store, const char *name)
    __attribute__((warn_unused_result));

/* Slots.  The id is part of what is wrapped, so it is drawn first. */
int store_slot_id(struct store *store, int64_t *id)
    __attribute__((warn_unused_result));
int store_slot_put(struct store *store, const struct store_slot *slot)
    __attribute__((warn_unused_result));
int store_slot_each(struct store *store,
    int (*use)(void *arg, const struct store_slot *slot), void *arg)
    __attribute__((warn_unused_result));
int store_slot_remove(struct store *store, int64_t id)
    __attribute__((warn_unused_result));

#endif
