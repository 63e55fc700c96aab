/* SPDX-License-Identifier: ISC */
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "broker/vault/keyring.h"
#include "broker/vault/slot.h"
#include "proto/error.h"

struct keyring {
	struct store *store;   /* not ours */
	struct secret *master; /* NULL while closed */
};

void
keyring_free(struct keyring *keyring)
{
	if (keyring == NULL)
		return;
	secret_free(keyring->master);
	free(keyring);
}

struct keyring *
keyring_new(struct store *store)
{
	struct keyring *keyring = calloc(1, sizeof(*keyring));

	if (keyring != NULL)
		keyring->store = store;
	return keyring;
}

bool
keyring_is_open(const struct keyring *keyring)
{
	return keyring->master != NULL;
}

const struct secret *
keyring_master(const struct keyring *keyring)
{
	return keyring->master;
}

void
keyring_lock(struct keyring *keyring)
{
	secret_free(keyring->master);
	keyring->master = NULL;
}

/* How many slots there are, and how many are like one. */
struct census {
	const char *kind;  /* NULL: any */
	const char *label; /* NULL: any */
	int64_t id;	   /* 0: any */
	size_t slots;
	size_t alike;
};

static int
count(void *arg, const struct store_slot *slot)
{
	struct census *census = arg;

	census->slots++;
	if ((census->kind == NULL || strcmp(census->kind, slot->kind) == 0) &&
	    (census->label == NULL ||
		strcmp(census->label, slot->label) == 0) &&
	    (census->id == 0 || census->id == slot->id))
		census->alike++;
	return MAILSEAL_OK;
}

bool
keyring_exists(const struct keyring *keyring)
{
	struct census census = { 0 };

	/* On doubt there is a key: nobody makes a second one over it. */
	return store_slot_each(keyring->store, count, &census) != MAILSEAL_OK ||
	    census.slots > 0;
}

bool
keyring_has(const struct keyring *keyring, const char *kind)
{
	struct census census = { .kind = kind };

	return store_slot_each(keyring->store, count, &census) == MAILSEAL_OK &&
	    census.alike > 0;
}

int
keyring_may_add(const struct keyring *keyring, const char *kind,
    const char *label)
{
	struct census census = { .kind = kind, .label = label };
	bool on_paper = strcmp(kind, SLOT_RECOVERY) == 0;
	int error;

	if (!on_paper && strcmp(kind, SLOT_FILE) != 0 &&
	    strcmp(kind, SLOT_CREDENTIAL) != 0)
		return MAILSEAL_E_UNKNOWN;
	error = store_slot_each(keyring->store, count, &census);
	if (error != MAILSEAL_OK)
		return error;
	if (census.slots > 0 && !keyring_is_open(keyring))
		return MAILSEAL_E_LOCKED;
	if (census.alike > 0 && !on_paper)
		return MAILSEAL_E_EXISTS;
	return census.slots < SLOTS_MAX ? MAILSEAL_OK : MAILSEAL_E_SLOTS;
}

int
keyring_check(const struct keyring *keyring)
{
	if (keyring_is_open(keyring))
		return MAILSEAL_OK;
	return keyring_exists(keyring) ? MAILSEAL_E_LOCKED : MAILSEAL_E_NOKEY;
}

static struct secret *
draw(size_t len)
{
	struct secret *secret = secret_new(len);

	if (secret != NULL)
		randombytes_buf(secret->data, secret->len);
	return secret;
}

int
keyring_init_begin(struct keyring *keyring, struct secret **slot_secret)
{
	struct secret *drawn;

	if (!keyring_is_open(keyring) && keyring_exists(keyring))
		return MAILSEAL_E_LOCKED;
	drawn = draw(SLOT_SECRET_LEN);
	if (drawn == NULL)
		return MAILSEAL_E_NOMEM;
	*slot_secret = drawn;
	return MAILSEAL_OK;
}

/* In a transaction: wrap the master key and put the slot into the store. */
static int
put_slot(struct store *store, const char *kind, const char *label,
    const struct secret *slot_secret, const struct secret *master, int64_t *id)
{
	struct slot_name name = { store_id(store), 0, kind, label };
	AUTO(sealed) wrapped = NULL;
	struct store_slot slot;
	int error;

	error = store_slot_id(store, &name.id);
	if (error != MAILSEAL_OK)
		return error;
	error = slot_wrap(slot_secret, &name, master, &wrapped);
	if (error != MAILSEAL_OK)
		return error;
	slot = (struct store_slot){ name.id, kind, label,
		{ wrapped->data, wrapped->len } };
	*id = name.id;
	return store_slot_put(store, &slot);
}

static int
commit_slot(struct store *store, const char *kind, const char *label,
    const struct secret *slot_secret, const struct secret *master, int64_t *id)
{
	int error = store_begin(store);

	if (error != MAILSEAL_OK)
		return error;
	error = put_slot(store, kind, label, slot_secret, master, id);
	if (error == MAILSEAL_OK)
		return store_commit(store);
	store_rollback(store);
	return error;
}

int
keyring_init_finish(struct keyring *keyring, const char *kind,
    const char *label, const struct secret *slot_secret, int64_t *slot_id)
{
	AUTO(secret) fresh = NULL;
	const struct secret *master = keyring->master;
	int64_t id;
	int error = keyring_may_add(keyring, kind, label);

	if (error != MAILSEAL_OK)
		return error;
	if (!keyring_is_open(keyring)) {
		fresh = draw(SEAL_KEY_LEN);
		if (fresh == NULL)
			return MAILSEAL_E_NOMEM;
		master = fresh;
	}
	error = commit_slot(keyring->store, kind, label, slot_secret, master,
	    &id);
	if (error != MAILSEAL_OK)
		return error;
	if (fresh != NULL)
		keyring->master = secret_move(&fresh);
	*slot_id = id;
	return MAILSEAL_OK;
}

/* One attempt to find the slot that a secret opens. */
struct attempt {
	const char *store_id;
	const struct secret *slot_secret;
	struct secret *master; /* ours once it is found */
	int64_t id;
	size_t slots;
};

static int
attempt_slot(void *arg, const struct store_slot *slot)
{
	struct attempt *attempt = arg;
	struct slot_name name = { attempt->store_id, slot->id, slot->kind,
		slot->label };
	int error;

	attempt->slots++;
	if (attempt->master != NULL)
		return MAILSEAL_OK;
	error = slot_unwrap(attempt->slot_secret, &name, slot->wrapped,
	    &attempt->master);
	if (error == MAILSEAL_E_NOMEM)
		return error;
	if (error == MAILSEAL_OK)
		attempt->id = slot->id;
	return MAILSEAL_OK; /* a slot that does not open hides no other */
}

int
keyring_unlock(struct keyring *keyring, const struct secret *slot_secret,
    int64_t *slot_id)
{
	struct attempt attempt = { .store_id = store_id(keyring->store),
		.slot_secret = slot_secret };
	AUTO(secret) master = NULL;
	int error;

	error = store_slot_each(keyring->store, attempt_slot, &attempt);
	master = secret_move(&attempt.master);
	if (error != MAILSEAL_OK)
		return error;
	if (attempt.slots == 0)
		return MAILSEAL_E_NOKEY;
	if (master == NULL)
		return MAILSEAL_E_WRONGKEY;
	if (keyring_is_open(keyring) && !secret_equal(master, keyring->master))
		return MAILSEAL_E_WRONGKEY; /* a slot of another store */
	if (!keyring_is_open(keyring))
		keyring->master = secret_move(&master);
	*slot_id = attempt.id;
	return MAILSEAL_OK;
}

int
keyring_remove(struct keyring *keyring, int64_t id)
{
	struct census census = { .id = id };
	int error;

	if (!keyring_is_open(keyring))
		return MAILSEAL_E_LOCKED;
	error = store_slot_each(keyring->store, count, &census);
	if (error == MAILSEAL_OK && (id <= 0 || census.alike == 0))
		error = MAILSEAL_E_NOSLOT;
	if (error == MAILSEAL_OK && census.slots == 1)
		error = MAILSEAL_E_LASTSLOT;
	if (error == MAILSEAL_OK)
		error = store_begin(keyring->store);
	if (error != MAILSEAL_OK)
		return error;
	error = store_slot_remove(keyring->store, id);
	if (error == MAILSEAL_OK)
		return store_commit(keyring->store);
	store_rollback(keyring->store);
	return error;
}

/* Whom to tell the names of the slots. */
struct listener {
	int (*use)(void *arg, int64_t id, const char *kind, const char *label);
	void *arg;
};

static int
tell(void *arg, const struct store_slot *slot)
{
	const struct listener *listener = arg;

	return listener->use(listener->arg, slot->id, slot->kind, slot->label);
}

int
keyring_each_slot(struct keyring *keyring,
    int (*use)(void *arg, int64_t id, const char *kind, const char *label),
    void *arg)
{
	struct listener listener = { use, arg };

	return store_slot_each(keyring->store, tell, &listener);
}
