/* SPDX-License-Identifier: ISC */
#include <stdlib.h>
#include <string.h>

#include "broker/tokens.h"
#include "broker/vault/record.h"
#include "proto/error.h"
#include "proto/module.h"

#define ACCESS_LIFE_MAX 86400  /* seconds believed of a token */
#define ACCESS_LIFE_ABSENT 300 /* where the provider tells none, or 0 */

void
tokens_clear(struct tokens *tokens)
{
	secret_free(tokens->access);
	secret_free(tokens->refresh);
	*tokens = (struct tokens){ 0 };
}

int
tokens_from_line(struct line *fields, struct tokens *tokens)
{
	struct tokens t = { 0 };
	int error = secret_from_line(fields, "access_token", MAILSEAL_TOKEN_MAX,
	    &t.access);

	if (error == MAILSEAL_OK)
		error = secret_from_line(fields, "refresh_token",
		    MAILSEAL_TOKEN_MAX, &t.refresh);
	t.life_s = line_get_number(fields, "expires_in", 0, UINT64_MAX);
	/* A life that cannot be is no reason to lose a rotation. */
	if (t.life_s == 0)
		t.life_s = ACCESS_LIFE_ABSENT;
	if (t.life_s > ACCESS_LIFE_MAX)
		t.life_s = ACCESS_LIFE_MAX;
	if (error == MAILSEAL_OK)
		error = line_end_reply(fields);
	if (error == MAILSEAL_OK && (t.access == NULL || t.access->len == 0))
		error = MAILSEAL_E_MISSING;
	if (error != MAILSEAL_OK) {
		tokens_clear(&t);
		return error;
	}
	if (t.refresh != NULL && t.refresh->len == 0) {
		/* As good as none: the stored one must not be lost for it. */
		secret_free(t.refresh);
		t.refresh = NULL;
	}
	*tokens = t;
	return MAILSEAL_OK;
}

/* A lease is sealed as a line of its own, for the next start. */
int
tokens_save_lease(struct broker *broker, const struct account *account,
    const char *bound, enum service service, const struct tokens *tokens)
{
	AUTO(secret) plain = secret_new(tokens->access->len * 3 + 256);
	struct line_writer w;
	size_t len;
	int error;

	if (plain == NULL)
		return MAILSEAL_E_NOMEM;
	line_begin(&w, (char *)plain->data, plain->len, "lease");
	line_put_number(&w, "expires", (uint64_t)now_wall() + tokens->life_s);
	line_put_number(&w, "life", tokens->life_s);
	line_put_bytes(&w, "token", tokens->access->data, tokens->access->len);
	error = line_finish(&w, &len);
	if (error != MAILSEAL_OK)
		return error;
	secret_cut(plain, len - 1);
	return record_save(broker->store, broker->keyring, "lease",
	    account->name, service_name(service), account->provider, bound,
	    plain);
}

/*
 * The token that was just used worked, so that the one before it may go.  A
 * new one takes its place and it becomes the one before.
 */
static int
save_rotation(struct broker *broker, const struct account *a,
    const struct secret *rotated)
{
	AUTO(secret) used = NULL;
	int error;

	if (rotated == NULL)
		return store_record_remove(broker->store, "previous", a->name,
		    NULL);
	error = record_open(broker->store, broker->keyring, "refresh", a->name,
	    "", &used, NULL);
	if (error == MAILSEAL_OK)
		error = record_save(broker->store, broker->keyring, "previous",
		    a->name, "", a->provider, a->bound, used);
	if (error == MAILSEAL_OK)
		error = record_save(broker->store, broker->keyring, "refresh",
		    a->name, "", a->provider, a->bound, rotated);
	return error;
}

int
tokens_save(struct broker *broker, struct account *account,
    enum service service, const struct tokens *tokens)
{
	struct account after = *account;
	int error = store_begin(broker->store);

	/* That the token works says nothing of a mailbox that did not. */
	if (!after.untested) {
		grant_move(&after.state, &after.beneath, GRANT_WORKED);
		after.reason = MAILSEAL_OK;
		after.detail[0] = '\0';
		after.meaning = NULL;
	}
	after.failures = 0;
	after.next_try = 0;
	after.intent = false;
	after.refreshed_at = now_wall();
	/* Where nobody signed in, the next token is got without one. */
	if (error == MAILSEAL_OK && account->type == ACCOUNT_OAUTH)
		error = save_rotation(broker, account, tokens->refresh);
	if (error == MAILSEAL_OK)
		error = tokens_save_lease(broker, &after, after.bound, service,
		    tokens);
	if (error == MAILSEAL_OK)
		error = account_save(broker->store, &after);
	if (error == MAILSEAL_OK)
		error = store_commit(broker->store);
	if (error != MAILSEAL_OK) {
		store_rollback(broker->store);
		return error;
	}
	after.next_try_ms = 0;
	*account = after;
	return MAILSEAL_OK;
}

/* It is served where the account's strings are: it must be sealed for there. */
static bool
open_lease(const struct broker *broker, const struct account *a,
    enum service service, struct secret **plain)
{
	AUTO(secret) opened = NULL;
	char *bound = NULL;
	bool agrees;

	if (record_open(broker->store, broker->keyring, "lease", a->name,
		service_name(service), &opened, &bound) != MAILSEAL_OK)
		return false; /* none, or it does not open: fetch one */
	agrees = a->bound != NULL && strcmp(a->bound, bound) == 0;
	free(bound);
	if (!agrees)
		return false;
	*plain = secret_move(&opened);
	return true;
}

bool
tokens_restore(struct broker *broker, struct account *a, enum service service)
{
	AUTO(secret) plain = NULL;
	AUTO(secret) token = NULL;
	struct lease *lease = &a->lease[service];
	struct line line;
	int64_t expires, life;

	if (!open_lease(broker, a, service, &plain))
		return false;
	line_start(&line, (char *)plain->data, plain->len);
	expires = (int64_t)line_get_number(&line, "expires", 0, INT64_MAX);
	life = (int64_t)line_get_number(&line, "life", 0, ACCESS_LIFE_MAX);
	if (secret_from_line(&line, "token", MAILSEAL_TOKEN_MAX, &token) !=
		MAILSEAL_OK ||
	    line_end_reply(&line) != MAILSEAL_OK || token == NULL ||
	    expires <= now_wall() || expires - now_wall() > life)
		return false;
	lease_issue(lease, &token, now_ms(), now_wall(), (uint64_t)life);
	/* It began life - left ago; the machine may have booted since. */
	lease->end_ms = now_ms() + (uint64_t)(expires - now_wall()) * 1000;
	lease->issued_ms = lease->end_ms > (uint64_t)life * 1000 ?
	    lease->end_ms - (uint64_t)life * 1000 :
	    0;
	lease->expires = expires;
	lease->wanted_before = true;
	lease->state = lease_next(lease->state, LEASE_ISSUED, true);
	return true;
}
