/* SPDX-License-Identifier: ISC */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "broker/binding.h"
#include "broker/flow.h"
#include "broker/registration.h"
#include "broker/standing.h"
#include "broker/vault/record.h"
#include "proto/error.h"

#define COUNTER "client_label" /* the record of the last label given */

void
proofs_free(struct proofs *proofs)
{
	if (proofs == NULL)
		return;
	for (size_t i = 0; i < proofs->count; i++)
		proof_clear(&proofs->proof[i]);
	free(proofs);
}

/* What is stored under the name of a provider, by kind and label alone. */
struct shelf {
	const char *provider;
	enum proof_kind kind;
	size_t count;
	struct proofs *proofs;
};

static int
note(void *arg, const struct store_record *record)
{
	struct shelf *shelf = arg;
	struct proof *p;

	if (strcmp(record->owner, shelf->provider) != 0 ||
	    strlen(record->label) > PROOF_LABEL_MAX ||
	    shelf->count == PROOFS_MAX)
		return MAILSEAL_OK;
	p = &shelf->proofs->proof[shelf->count++];
	p->kind = shelf->kind;
	(void)snprintf(p->label, sizeof(p->label), "%s", record->label);
	return MAILSEAL_OK;
}

static int
list(struct broker *broker, const char *provider, struct proofs **proofs)
{
	AUTO(proofs) made = calloc(1, sizeof(*made));
	struct shelf shelf = { .provider = provider, .proofs = made };
	int error = MAILSEAL_OK;

	if (made == NULL)
		return MAILSEAL_E_NOMEM;
	for (int kind = PROOF_SECRET; kind <= PROOF_KEY; kind++) {
		shelf.kind = (enum proof_kind)kind;
		if (error == MAILSEAL_OK)
			error = store_record_each(broker->store,
			    proof_kind_name(shelf.kind), note, &shelf);
	}
	if (error != MAILSEAL_OK)
		return error;
	made->count = shelf.count;
	*proofs = made;
	made = NULL;
	return MAILSEAL_OK;
}

/* Take one out of its record, if the provider file still agrees with it. */
static int
open_one(struct broker *broker, const struct provider *provider,
    struct proof *proof)
{
	AUTO(secret) plain = NULL;
	struct proof opened;
	char *bound = NULL;
	bool agrees;
	int error = record_open(broker->store, broker->keyring,
	    proof_kind_name(proof->kind), provider->name, proof->label, &plain,
	    &bound);

	if (error != MAILSEAL_OK)
		return error;
	agrees = binding_agrees(bound, provider);
	free(bound);
	if (!agrees)
		return MAILSEAL_E_REBIND;
	error = proof_read(plain, proof->kind, &opened);
	if (error != MAILSEAL_OK)
		return error;
	memcpy(opened.label, proof->label, sizeof(opened.label));
	*proof = opened;
	return MAILSEAL_OK;
}

int
registration_load(struct broker *broker, const struct provider *provider,
    struct proofs **proofs)
{
	AUTO(proofs) found = NULL;
	struct standing *standing = standing_of(&broker->standings,
	    provider->name);
	int error = list(broker, provider->name, &found);

	if (error != MAILSEAL_OK)
		return error;
	for (size_t i = 0; i < found->count; i++) {
		struct proof *p = &found->proof[i];

		p->error = open_one(broker, provider, p);
		if (p->error == MAILSEAL_E_NOMEM ||
		    p->error == MAILSEAL_E_STORE)
			return p->error;
	}
	standing_sort(standing, found->proof, found->count, now_wall());
	*proofs = found;
	found = NULL;
	return MAILSEAL_OK;
}

bool
registration_uses(const struct provider *provider, enum proof_kind kind)
{
	const char *way;

	/* Its key is all that a service account has, whatever else is said. */
	if (flow_is_service_account(provider))
		return kind == PROOF_KEY;
	/* A command is told a secret on its standard input, and no key. */
	if (provider->value[SETTING_COMMAND] != NULL)
		return kind == PROOF_SECRET;
	/* No other of Google's registrations has one. */
	if (kind == PROOF_KEY &&
	    strcmp(provider->value[SETTING_MODULE], "google") == 0)
		return false;
	/* A key is taken where post is said, too: one can replace the other. */
	way = provider->value[SETTING_CLIENT_AUTH];
	return way != NULL && strcmp(way, "none") != 0;
}

static const struct proof *
find(const struct proofs *proofs, const char *label)
{
	for (size_t i = 0; i < proofs->count; i++)
		if (strcmp(proofs->proof[i].label, label) == 0)
			return &proofs->proof[i];
	return NULL;
}

size_t
registration_count(struct broker *broker, const char *provider)
{
	AUTO(proofs) found = NULL;

	if (list(broker, provider, &found) != MAILSEAL_OK)
		return 0;
	return found->count;
}

/* The last label that was given, where its record still opens; else 0. */
static unsigned long
last_label(struct broker *broker, const char *provider)
{
	AUTO(secret) plain = NULL;

	if (record_open(broker->store, broker->keyring, COUNTER, provider, "",
		&plain, NULL) != MAILSEAL_OK)
		return 0;
	return strtoul((const char *)plain->data, NULL, 10);
}

/* Remember it, in the transaction that the caller has begun. */
static int
save_label(struct broker *broker, const char *provider, const char *label)
{
	AUTO(secret) plain = secret_copy(label, strlen(label));

	if (plain == NULL)
		return MAILSEAL_E_NOMEM;
	return record_save(broker->store, broker->keyring, COUNTER, provider,
	    "", provider, "", plain);
}

/* A number that no one bore as long as any of them lived. */
static void
draw_label(struct broker *broker, const char *provider,
    const struct proofs *proofs, char label[PROOF_LABEL_MAX + 1])
{
	unsigned long highest = proofs->count > 0 ?
	    last_label(broker, provider) :
	    0;

	for (size_t i = 0; i < proofs->count; i++) {
		unsigned long number = strtoul(proofs->proof[i].label, NULL,
		    10);

		if (number > highest)
			highest = number;
	}
	(void)snprintf(label, PROOF_LABEL_MAX + 1, "%lu", highest + 1);
}

/* Where it goes: into the place of the same one, or behind all. */
static int
place(struct broker *broker, const char *provider, const struct proofs *proofs,
    struct proof *proof)
{
	for (size_t i = 0; i < proofs->count; i++) {
		const struct proof *p = &proofs->proof[i];

		if (p->kind != proof->kind || p->value == NULL ||
		    !secret_equal(p->value, proof->value))
			continue;
		memcpy(proof->label, p->label, sizeof(proof->label));
		return MAILSEAL_OK;
	}
	if (proofs->count == PROOFS_MAX)
		return MAILSEAL_E_SECRETS;
	draw_label(broker, provider, proofs, proof->label);
	return MAILSEAL_OK;
}

static int
save(struct broker *broker, const struct provider *provider,
    const struct proof *proof, bool is_new)
{
	AUTO(secret) plain = NULL;
	char *bound = NULL;
	int error = proof_write(proof, &plain);

	if (error == MAILSEAL_OK)
		error = binding_make(provider, NULL, &bound);
	if (error == MAILSEAL_OK)
		error = store_begin(broker->store);
	if (error == MAILSEAL_OK)
		error = record_save(broker->store, broker->keyring,
		    proof_kind_name(proof->kind), provider->name, proof->label,
		    provider->name, bound, plain);
	if (error == MAILSEAL_OK && is_new)
		error = save_label(broker, provider->name, proof->label);
	if (error == MAILSEAL_OK)
		error = store_commit(broker->store);
	if (error != MAILSEAL_OK)
		store_rollback(broker->store);
	free(bound);
	return error;
}

int
registration_add(struct broker *broker, const struct provider *provider,
    struct proof *proof)
{
	AUTO(proofs) there = NULL;
	struct standing *standing = standing_of(&broker->standings,
	    provider->name);
	int error = registration_load(broker, provider, &there);

	if (error == MAILSEAL_OK && standing == NULL)
		error = MAILSEAL_E_NOMEM;
	if (error == MAILSEAL_OK)
		error = place(broker, provider->name, there, proof);
	if (error != MAILSEAL_OK)
		return error;
	proof->added = now_wall();
	error = save(broker, provider, proof,
	    find(there, proof->label) == NULL);
	if (error != MAILSEAL_OK)
		return error;
	standing_forget(standing, proof->label);
	standing_renew(standing);
	return MAILSEAL_OK;
}

int
registration_forget(struct broker *broker, const char *provider,
    const char *label, enum proof_kind *kind)
{
	AUTO(proofs) there = NULL;
	const struct proof *found = NULL;
	struct standing *standing;
	int error = list(broker, provider, &there);

	if (error == MAILSEAL_OK)
		found = find(there, label);
	if (error == MAILSEAL_OK && found == NULL)
		error = MAILSEAL_E_NOSECRET;
	if (error == MAILSEAL_OK)
		error = store_begin(broker->store);
	if (error != MAILSEAL_OK)
		return error;
	error = store_record_remove(broker->store, proof_kind_name(found->kind),
	    provider, label);
	if (error == MAILSEAL_OK && there->count == 1)
		error = store_record_remove(broker->store, COUNTER, provider,
		    NULL);
	if (error == MAILSEAL_OK)
		error = store_commit(broker->store);
	if (error != MAILSEAL_OK) {
		store_rollback(broker->store);
		return error;
	}
	standing = standing_of(&broker->standings, provider);
	if (standing != NULL)
		standing_forget(standing, label);
	*kind = found->kind;
	return MAILSEAL_OK;
}
