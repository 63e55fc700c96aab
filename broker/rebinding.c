/* SPDX-License-Identifier: ISC */
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "broker/rebinding.h"
#include "broker/renew.h"
#include "broker/vault/record.h"
#include "proto/error.h"

/* Whether a record of this kind is the registration's credential. */
static bool
is_credential(const char *kind)
{
	return strcmp(kind, "client_secret") == 0 ||
	    strcmp(kind, "client_key") == 0;
}

static void
clear(struct astray *a)
{
	free(a->kind);
	free(a->label);
	free(a->old);
	free(a->new);
}

void
rebinding_free(struct rebinding *rebinding)
{
	if (rebinding == NULL)
		return;
	for (size_t i = 0; i < rebinding->count; i++)
		clear(&rebinding->astray[i]);
	free(rebinding->astray);
	free(rebinding);
}

/* One more, whose record has this name; NULL when there is no memory. */
static struct astray *
add(struct rebinding *r, struct account *account, const char *kind,
    const char *label)
{
	struct astray *a;

	if (r->count == r->room) {
		size_t room = r->room == 0 ? 16 : r->room * 2;
		struct astray *grown = reallocarray(r->astray, room,
		    sizeof(*grown));

		if (grown == NULL)
			return NULL;
		r->astray = grown;
		r->room = room;
	}
	a = &r->astray[r->count];
	*a = (struct astray){ .account = account };
	a->kind = strdup(kind);
	a->label = strdup(label);
	if (a->kind == NULL || a->label == NULL) {
		clear(a);
		return NULL;
	}
	r->count++;
	return a;
}

/* What keeps one record from being sealed anew is no reason to stop. */
static int
note_error(struct astray *a, int error)
{
	if (error == MAILSEAL_E_NOMEM || error == MAILSEAL_E_STORE ||
	    error == MAILSEAL_E_LOCKED)
		return error;
	a->error = error == MAILSEAL_E_NOACCOUNT ? MAILSEAL_E_UNSEAL : error;
	return MAILSEAL_OK;
}

static int
compare(struct astray *a)
{
	struct differences *d = malloc(sizeof(*d));
	int error;

	if (d == NULL)
		return MAILSEAL_E_NOMEM;
	error = differences_find(a->old, a->new, a->account != NULL, d);
	if (error == MAILSEAL_OK) {
		a->cure = d->cure != CURE_NONE ? d->cure : CURE_RESEAL;
		differences_keys(d, a->keys, sizeof(a->keys));
	}
	free(d);
	return error;
}

/* The other records of an account being looked at. */
struct others {
	struct broker *broker;
	const struct astray *astray;
};

/* One that is sealed for something else again is none of this account's. */
static int
look_at_other(void *arg, const struct store_record *record)
{
	struct others *others = arg;
	AUTO(secret) plain = NULL;
	char *bound = NULL;
	bool same;
	int error;

	if (strcmp(record->kind, "lease") == 0)
		return MAILSEAL_OK; /* it is forgotten */
	error = record_open(others->broker->store, others->broker->keyring,
	    record->kind, record->owner, record->label, &plain, &bound);
	if (error != MAILSEAL_OK)
		return error;
	same = strcmp(bound, others->astray->old) == 0;
	free(bound);
	return same ? MAILSEAL_OK : MAILSEAL_E_UNSEAL;
}

/*
 * What it is to be bound to: the endpoints stay those of the sign-in.  An own
 * submission host is sealed along; one that only the account's line has was
 * put there by nobody that we know.
 */
static int
bind_account(const struct provider *p, struct astray *a)
{
	struct bound bound;
	const char *host = a->account->host;
	const char *sealed;
	int error = binding_read(a->old, &bound);

	if (error != MAILSEAL_OK)
		return error;
	sealed = bound.place[SERVICE_SMTP].host;
	if (host[0] != '\0' && (sealed == NULL || strcmp(sealed, host) != 0))
		return MAILSEAL_E_UNSEAL;
	return binding_make_at(p, host,
	    bound.endpoints.issuer != NULL ? &bound.endpoints : NULL, &a->new);
}

static int
look_at_account(struct broker *b, struct rebinding *r, struct account *account)
{
	struct astray *a = add(r, account, kind_record(account->type), "");
	struct others others = { b, a };
	AUTO(secret) plain = NULL;
	int error;

	if (a == NULL)
		return MAILSEAL_E_NOMEM;
	error = record_open(b->store, b->keyring, a->kind, account->name, "",
	    &plain, &a->old);
	if (error == MAILSEAL_OK)
		error = store_record_of(b->store, account->name, look_at_other,
		    &others);
	if (error == MAILSEAL_OK)
		error = bind_account(r->provider, a);
	if (error == MAILSEAL_OK)
		error = compare(a);
	return note_error(a, error);
}

/* Secrets and keys of the registration being looked at. */
struct shelf {
	struct broker *broker;
	struct rebinding *rebinding;
};

static int
look_at_own(void *arg, const struct store_record *record)
{
	struct shelf *shelf = arg;
	const struct provider *p = shelf->rebinding->provider;
	struct astray *a;
	AUTO(secret) plain = NULL;
	int error;

	if (!is_credential(record->kind))
		return MAILSEAL_OK;
	a = add(shelf->rebinding, NULL, record->kind, record->label);
	if (a == NULL)
		return MAILSEAL_E_NOMEM;
	error = record_open(shelf->broker->store, shelf->broker->keyring,
	    record->kind, p->name, record->label, &plain, &a->old);
	if (error == MAILSEAL_OK && binding_agrees(a->old, p)) {
		clear(a);
		shelf->rebinding->count--;
		return MAILSEAL_OK;
	}
	if (error == MAILSEAL_OK)
		error = binding_make(p, NULL, &a->new);
	if (error == MAILSEAL_OK)
		error = compare(a);
	return note_error(a, error);
}

static void
add_text(crypto_generichash_state *hash, const char *text)
{
	/* With its NUL, so that two texts are never taken for one. */
	if (text == NULL)
		text = "";
	(void)crypto_generichash_update(hash, (const unsigned char *)text,
	    strlen(text) + 1);
}

static void
put_digest(struct rebinding *r)
{
	crypto_generichash_state hash;
	unsigned char digest[REBINDING_DIGEST_LEN / 2];

	(void)crypto_generichash_init(&hash, NULL, 0, sizeof(digest));
	add_text(&hash, r->provider->name);
	for (size_t i = 0; i < r->count; i++) {
		const struct astray *a = &r->astray[i];

		add_text(&hash, a->account != NULL ? a->account->name : "");
		add_text(&hash, a->kind);
		add_text(&hash, a->label);
		add_text(&hash, mailseal_error_name(a->error));
		add_text(&hash, a->old);
		add_text(&hash, a->new);
	}
	(void)crypto_generichash_final(&hash, digest, sizeof(digest));
	(void)sodium_bin2hex(r->digest, sizeof(r->digest), digest,
	    sizeof(digest));
}

int
rebinding_make(struct broker *b, const struct provider *p,
    struct rebinding **rebinding)
{
	AUTO(rebinding) r = calloc(1, sizeof(*r));
	struct shelf shelf = { b, r };
	int error = keyring_is_open(b->keyring) ? MAILSEAL_OK :
						  MAILSEAL_E_LOCKED;

	if (r == NULL)
		return MAILSEAL_E_NOMEM;
	r->provider = p;
	for (size_t i = 0;
	     error == MAILSEAL_OK && i < accounts_count(b->accounts); i++) {
		struct account *a = accounts_at(b->accounts, i);

		if (strcmp(a->provider, p->name) == 0 && !renew_is_bound(b, a))
			error = look_at_account(b, r, a);
	}
	if (error == MAILSEAL_OK)
		error = store_record_of(b->store, p->name, look_at_own, &shelf);
	if (error != MAILSEAL_OK)
		return error;
	put_digest(r);
	*rebinding = r;
	r = NULL;
	return MAILSEAL_OK;
}

bool
rebinding_reseals(const struct astray *a)
{
	return a->error == MAILSEAL_OK && a->cure == CURE_RESEAL;
}

size_t
rebinding_count(const struct rebinding *r, bool of_accounts)
{
	size_t count = 0;

	for (size_t i = 0; i < r->count; i++)
		if ((r->astray[i].account != NULL) == of_accounts &&
		    rebinding_reseals(&r->astray[i]))
			count++;
	return count;
}

static int
seal_anew(struct broker *b, const struct provider *p, const struct astray *a)
{
	const char *name = a->account != NULL ? a->account->name : p->name;
	int error;

	if (a->account == NULL)
		return record_reseal(b->store, b->keyring, a->kind, name,
		    a->label, name, a->old, a->new);
	/* A lease was got for the old place; the next is for the new one. */
	error = store_record_remove(b->store, "lease", name, NULL);
	return error != MAILSEAL_OK ?
	    error :
	    record_rebind(b->store, b->keyring, name, a->new);
}

/* Whether an exchange found what is cured now, and noted it. */
static bool
is_held_up(const struct account *a, const struct provider *p)
{
	return strcmp(a->provider, p->name) == 0 && !a->untested &&
	    a->reason == MAILSEAL_E_REBIND;
}

static void
free_up(struct account *a)
{
	grant_move(&a->state, &a->beneath, GRANT_WORKED);
	a->reason = MAILSEAL_OK;
	a->detail[0] = '\0';
	a->meaning = NULL;
	a->failures = 0;
	a->next_try = 0;
	a->next_try_ms = 0;
}

static int
save_freed(struct broker *b, const struct account *account)
{
	struct account after = *account;

	free_up(&after);
	return account_save(b->store, &after);
}

/* All of it in the transaction that the caller has begun. */
static int
write_all(struct broker *b, const struct rebinding *r)
{
	int error = MAILSEAL_OK;

	for (size_t i = 0; error == MAILSEAL_OK && i < r->count; i++)
		if (rebinding_reseals(&r->astray[i]))
			error = seal_anew(b, r->provider, &r->astray[i]);
	for (size_t i = 0;
	     error == MAILSEAL_OK && i < accounts_count(b->accounts); i++)
		if (is_held_up(accounts_at(b->accounts, i), r->provider))
			error = save_freed(b, accounts_at(b->accounts, i));
	return error;
}

/* It is on disk: now here.  Who waits for an account is served then. */
static void
take_over(struct broker *b, struct rebinding *r)
{
	for (size_t i = 0; i < accounts_count(b->accounts); i++)
		if (is_held_up(accounts_at(b->accounts, i), r->provider))
			free_up(accounts_at(b->accounts, i));
	for (size_t i = 0; i < r->count; i++) {
		struct astray *a = &r->astray[i];

		if (a->account == NULL || !rebinding_reseals(a))
			continue;
		free(a->account->bound);
		a->account->bound = a->new;
		a->new = NULL;
		a->account->next_try = 0;
		a->account->next_try_ms = 0;
		renew_suspend(a->account);
		renew_resume(a->account);
	}
}

int
rebinding_apply(struct broker *b, struct rebinding *r)
{
	int error = store_begin(b->store);

	if (error == MAILSEAL_OK)
		error = write_all(b, r);
	if (error == MAILSEAL_OK)
		error = store_commit(b->store);
	if (error != MAILSEAL_OK) {
		store_rollback(b->store);
		return error;
	}
	take_over(b, r);
	return MAILSEAL_OK;
}
