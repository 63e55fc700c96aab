/* SPDX-License-Identifier: ISC */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "broker/vault/record.h"
#include "broker/vault/seal.h"
#include "proto/error.h"

#define EPOCH 1 /* of the record key; a new one is a rekeying of the store */

int
record_save(struct store *store, const struct keyring *keyring,
    const char *kind, const char *owner, const char *label,
    const char *provider, const char *bound, const struct secret *plain)
{
	struct seal_name name = { store_id(store), 0, kind, owner, label,
		provider, EPOCH, 0, bound };
	AUTO(sealed) sealed = NULL;
	struct store_record record;
	int error;

	if (!keyring_is_open(keyring))
		return MAILSEAL_E_LOCKED;
	if (strnlen(bound, STORE_BOUND_MAX + 1) > STORE_BOUND_MAX)
		return MAILSEAL_E_TOOLONG;
	error = store_record_id(store, kind, owner, label, &name.id,
	    &name.generation);
	if (error != MAILSEAL_OK)
		return error;
	error = seal(keyring_master(keyring), &name, plain, &sealed);
	if (error != MAILSEAL_OK)
		return error;
	record = (struct store_record){ name.id, kind, owner, label, provider,
		name.epoch, name.generation, bound,
		{ sealed->data, sealed->len } };
	return store_record_put(store, &record);
}

/* A record being opened: who was asked for, and what came of it. */
struct opening {
	const char *store_id;
	const struct keyring *keyring;
	const char *kind;
	const char *owner;
	const char *label;
	struct secret *plain;
	char *bound;
};

static int
open_one(void *arg, const struct store_record *record)
{
	struct opening *opening = arg;
	/* The name that was asked for, not the one that was found. */
	struct seal_name name = { opening->store_id, record->id, opening->kind,
		opening->owner, opening->label, record->provider, record->epoch,
		record->generation, record->bound };
	char *bound = strdup(record->bound);
	int error;

	if (bound == NULL)
		return MAILSEAL_E_NOMEM;
	error = unseal(keyring_master(opening->keyring), &name, record->sealed,
	    &opening->plain);
	if (error == MAILSEAL_E_TOOLONG || error == MAILSEAL_E_INTERNAL)
		error = MAILSEAL_E_UNSEAL; /* nobody sealed such a name */
	if (error != MAILSEAL_OK) {
		free(bound);
		return error;
	}
	opening->bound = bound;
	return MAILSEAL_OK;
}

int
record_open(struct store *store, const struct keyring *keyring,
    const char *kind, const char *owner, const char *label,
    struct secret **plain, char **bound)
{
	struct opening opening = { .store_id = store_id(store),
		.keyring = keyring,
		.kind = kind,
		.owner = owner,
		.label = label };
	int error;

	if (!keyring_is_open(keyring))
		return MAILSEAL_E_LOCKED;
	error = store_record_get(store, kind, owner, label, open_one, &opening);
	if (error != MAILSEAL_OK) {
		secret_free(opening.plain);
		free(opening.bound);
		return error;
	}
	*plain = opening.plain;
	if (bound != NULL)
		*bound = opening.bound;
	else
		free(opening.bound);
	return MAILSEAL_OK;
}

int
record_open_bound(struct store *store, const struct keyring *keyring,
    const char *kind, const char *owner, const char *bound,
    struct secret **plain)
{
	AUTO(secret) opened = NULL;
	char *own = NULL;
	bool agrees;
	int error = record_open(store, keyring, kind, owner, "", &opened, &own);

	if (error != MAILSEAL_OK)
		return error;
	agrees = bound != NULL && strcmp(own, bound) == 0;
	free(own);
	if (!agrees)
		return MAILSEAL_E_UNSEAL;
	*plain = secret_move(&opened);
	return MAILSEAL_OK;
}

int
record_reseal(struct store *store, const struct keyring *keyring,
    const char *kind, const char *owner, const char *label,
    const char *provider, const char *old, const char *bound)
{
	AUTO(secret) plain = NULL;
	char *own = NULL;
	bool agrees;
	int error = record_open(store, keyring, kind, owner, label, &plain,
	    &own);

	if (error != MAILSEAL_OK)
		return error;
	agrees = strcmp(own, old) == 0;
	free(own);
	return agrees ? record_save(store, keyring, kind, owner, label,
			    provider, bound, plain) :
			MAILSEAL_E_UNSEAL;
}

/* The names of an owner's records: nothing is written while they are read. */
struct named {
	struct named *next;
	char kind[STORE_NAME_MAX + 1];
	char label[STORE_NAME_MAX + 1];
	char provider[STORE_NAME_MAX + 1];
};

static int
note_name(void *arg, const struct store_record *record)
{
	struct named **names = arg;
	struct named *named = calloc(1, sizeof(*named));

	if (named == NULL)
		return MAILSEAL_E_NOMEM;
	(void)snprintf(named->kind, sizeof(named->kind), "%s", record->kind);
	(void)snprintf(named->label, sizeof(named->label), "%s", record->label);
	(void)snprintf(named->provider, sizeof(named->provider), "%s",
	    record->provider);
	named->next = *names;
	*names = named;
	return MAILSEAL_OK;
}

static int
rebind_one(struct store *store, const struct keyring *keyring,
    const char *owner, const struct named *named, const char *bound)
{
	AUTO(secret) plain = NULL;
	int error = record_open(store, keyring, named->kind, owner,
	    named->label, &plain, NULL);

	return error != MAILSEAL_OK ?
	    error :
	    record_save(store, keyring, named->kind, owner, named->label,
		named->provider, bound, plain);
}

int
record_rebind(struct store *store, const struct keyring *keyring,
    const char *owner, const char *bound)
{
	struct named *names = NULL, *named;
	int error = store_record_of(store, owner, note_name, &names);

	while ((named = names) != NULL) {
		if (error == MAILSEAL_OK)
			error = rebind_one(store, keyring, owner, named, bound);
		names = named->next;
		free(named);
	}
	return error;
}

int
record_forget(struct store *store, const char *owner)
{
	static const char *const kinds[] = { "refresh", "previous", "password",
		"application", "lease" };
	int error = MAILSEAL_OK;

	for (size_t i = 0;
	     error == MAILSEAL_OK && i < sizeof(kinds) / sizeof(kinds[0]); i++)
		error = store_record_remove(store, kinds[i], owner, NULL);
	return error;
}
