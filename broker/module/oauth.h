/* SPDX-License-Identifier: ISC */
/*
 * oauth: what the shipped modules share about OAuth 2.0 token endpoints.
 *
 * Pure functions over a call and an ask; libc only.  The class of a reply
 * comes from status, error and error numbers, never from free text, and a 5xx
 * never condemns a grant.
 */
#ifndef BROKER_MODULE_OAUTH_H
#define BROKER_MODULE_OAUTH_H

#include <stdbool.h>

#include "proto/module.h"

#define OAUTH_LIFE_MAX 86400  /* seconds an access token is believed to live */
#define OAUTH_LIFE_ABSENT 300 /* when the reply does not say */
#define OAUTH_RETRY_MAX 3600  /* seconds of a Retry-After */

/* The item of this name, or NULL. */
const struct mailseal_item *oauth_find(const struct mailseal_items *items,
    const char *name);

/* The text of a string item without NUL; NULL otherwise. */
const char *oauth_text(const struct mailseal_items *items, const char *name);

/* Add a field of text; a NULL text adds nothing. */
void oauth_put(const struct mailseal_host *host, struct mailseal_ask *ask,
    uint32_t where, const char *name, const char *text);

/* Add the item of this name, where there is one, under the name as. */
void oauth_put_item(const struct mailseal_host *host, struct mailseal_ask *ask,
    uint32_t where, const char *as, const struct mailseal_items *items,
    const char *name);

/* Make an HTTP request for JSON of the ask; false when the URL is too long. */
bool oauth_start(const struct mailseal_host *host, struct mailseal_ask *ask,
    const char *url, const char *path);

/* End the exchange: class, reason (NULL with ok), detail (or NULL). */
void oauth_finish(const struct mailseal_host *host, struct mailseal_ask *ask,
    const char *class, const char *reason, const char *detail);

/*
 * Authenticate the client as setting client_auth says: none, post or basic.
 * On false the ask is an outcome, because something is missing.
 */
bool oauth_put_client(const struct mailseal_call *call,
    const struct mailseal_host *host, struct mailseal_ask *ask);

/* Ask for tokens by an authorization code, or by a refresh token. */
void oauth_ask_code(const struct mailseal_call *call,
    const struct mailseal_host *host, struct mailseal_ask *ask);
void oauth_ask_refresh(const struct mailseal_call *call,
    const struct mailseal_host *host, struct mailseal_ask *ask);

/* Who must do something about a reply that is not ok. */
enum actor {
	ACTOR_NOBODY, /* it passes by itself */
	ACTOR_PERSON, /* whose mailbox it is */
	ACTOR_TENANT, /* an admin of the organisation, at the provider */
	ACTOR_OWNER,  /* of the registration: secret, certificate, redirect */
	ACTOR_ADMIN,  /* who writes the provider file */
};

/* The stable name ("tenant_admin"), and a clause for people. */
const char *actor_name(enum actor actor);
const char *actor_words(enum actor actor);

/* One thing that providers answer; see meaning.c. */
struct meaning {
	const char *error; /* NULL for a number */
	int number;
	const char *class; /* NULL: the class is that of error */
	const char *reason;
	enum actor actor;
	const char *note; /* what it means, a clause; or NULL */
};

/*
 * What an AADSTS number means, or NULL.  Of several numbers the meaning with
 * the lowest address counts.
 */
const struct meaning *meaning_of_number(double number);

/* What a value of error means; for an unknown one, a fault of our settings. */
const struct meaning *meaning_of_error(const char *error);

/* What Google's error_subtype or Microsoft's suberror adds, or NULL. */
const struct meaning *meaning_of_subtype(const char *subtype);

/* What a token endpoint's reply amounts to; see judgement.c. */
struct judgement {
	const char *class;  /* as in an outcome */
	const char *reason; /* NULL when class is ok */
	enum actor actor;
	const char *note; /* from the meaning, or NULL */
	const char *more; /* a module's words, behind the provider's; NULL */
	int retry_after;  /* seconds; -1 when nothing was said */
	int lifetime;	  /* of the access token, in seconds, when ok */
	const struct mailseal_item *access_token;  /* when ok */
	const struct mailseal_item *refresh_token; /* NULL: keep the old one */
	const char *scope;			   /* NULL: as asked for */
};

/* Judge the reply of a call whose op is code, refresh or another grant. */
struct judgement judgement_of_token(const struct mailseal_call *call);

/*
 * Judge a reply of any kind by its status and the state of its body; false
 * when it is a JSON object whose content must tell.
 */
bool judgement_of_status(const struct mailseal_call *call,
    struct judgement *judgement);

/* End the exchange with what is not ok, in the provider's words. */
void judgement_finish(const struct mailseal_call *call,
    const struct mailseal_host *host, struct mailseal_ask *ask,
    const struct judgement *judgement);

/* Put class ok and the tokens; more fields may follow. */
void judgement_finish_tokens(const struct mailseal_host *host,
    struct mailseal_ask *ask, const struct judgement *judgement);

#endif
