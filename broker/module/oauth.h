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

#include "proto/meaning.h"
#include "proto/module.h"

#define OAUTH_LIFE_MAX 86400  /* seconds an access token is believed to live */
#define OAUTH_LIFE_ABSENT 300 /* when the reply does not say */
#define OAUTH_RETRY_MAX 3600  /* seconds of a Retry-After */
#define OAUTH_SCOPE_MAX 2048  /* bytes of a whole scope, with the NUL */

/* The item of this name, or NULL. */
const struct mailseal_item *oauth_find(const struct mailseal_items *items,
    const char *name);

/* The text of a string item without NUL; NULL otherwise. */
const char *oauth_text(const struct mailseal_items *items, const char *name);

/* Whether the len bytes at word stand in a list separated by spaces. */
bool oauth_has_word(const char *list, const char *word, size_t len);

/*
 * Whole seconds, a number or text in decimal digits, at most max; absent where
 * item is NULL, 0 for less than one or for what is neither.
 */
int oauth_seconds(const struct mailseal_item *item, int absent, int max);

/* Whether the reply's error_codes hold this number. */
bool oauth_has_number(const struct mailseal_call *call, int number);

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
 * How the client proves itself: none, post, basic or private_key_jwt, as
 * setting client_auth says.  Where one way follows another for a while, what
 * is at hand decides: a key is never shown, and a secret signs nothing.
 */
const char *oauth_client_way(const struct mailseal_call *call);

/*
 * Authenticate the client in that way, with the assertion that was signed if
 * it is private_key_jwt.  On false the ask is an outcome, because something is
 * missing.
 */
bool oauth_put_client(const struct mailseal_call *call,
    const struct mailseal_host *host, struct mailseal_ask *ask);

/*
 * Ask for tokens by an authorization code (where the op is device_poll, by a
 * device code), or by a refresh token; a NULL scope asks for all that was
 * granted.
 */
void oauth_ask_code(const struct mailseal_call *call,
    const struct mailseal_host *host, struct mailseal_ask *ask);
void oauth_ask_refresh(const struct mailseal_call *call,
    const struct mailseal_host *host, struct mailseal_ask *ask,
    const char *scope);

/* Ask for an access token of the client itself, without a person. */
void oauth_ask_application(const struct mailseal_call *call,
    const struct mailseal_host *host, struct mailseal_ask *ask);

/* A token that says who we are; see assertion.c.  A NULL is left out. */
struct assertion {
	const char *alg; /* RS256 or PS256 */
	const char *issuer;
	const char *subject;
	const char *audience;
	const char *scope;
	const char *claims; /* their names, in their order */
	int life_s;
};

/* Want it signed with the input client_key; the header may be added to. */
void assertion_ask(const struct mailseal_call *call,
    const struct mailseal_host *host, struct mailseal_ask *ask,
    const struct assertion *assertion);

/* Whether the client must sign first who it is, for whatever is asked. */
bool assertion_is_due(const struct mailseal_call *call);

/*
 * Want that signed, as setting client_alg says: the header names the key by
 * its certificate (x5t, x5t_s256), as Microsoft wants it, or by key_id.  The
 * ask is an outcome where something is missing.
 */
void assertion_prove_by_certificate(const struct mailseal_call *call,
    const struct mailseal_host *host, struct mailseal_ask *ask);
void assertion_prove_by_key(const struct mailseal_call *call,
    const struct mailseal_host *host, struct mailseal_ask *ask);

/* The call as it were if the client's assertion had not been a step. */
struct mailseal_call assertion_behind(const struct mailseal_call *call);

/* What a token endpoint's reply amounts to; see judgement.c. */
struct judgement {
	const char *class;  /* as in an outcome */
	const char *reason; /* NULL when class is ok */
	enum actor actor;
	const struct meaning *meaning; /* that decided, or NULL */
	const char *note; /* what it means, where that is more, or NULL */
	const char *page; /* where the actor does it, or NULL */
	int retry_after;  /* seconds; -1 when nothing was said */
	int lifetime;	  /* of the access token, in seconds, when ok */
	const struct mailseal_item *access_token;  /* when ok */
	const struct mailseal_item *refresh_token; /* NULL: keep the old one */
	const char *scope;			   /* NULL: as asked for */
};

/*
 * Judge the reply of a call whose op is code, refresh or another grant.  To a
 * device_poll what passes by itself is class pending, with its reason.
 */
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

/* What a discovery document says; the last two may be NULL. */
struct discovery {
	const char *issuer;
	const char *page; /* authorization_endpoint; NULL: no person signs in */
	const char *token;  /* token_endpoint */
	const char *keys;   /* jwks_uri; NULL where there is no document */
	const char *device; /* device_authorization_endpoint */
	const char *revocation;
};

/* Whether no person signs in: setting flow is application. */
bool discovery_is_of_application(const struct mailseal_call *call);

/*
 * Whether the provider speaks OAuth 2.0 alone: there is no document, so that
 * the settings say where its endpoints are, and nothing tells who signed in.
 */
bool discovery_is_absent(const struct mailseal_call *call);

/* Take the settings in the place of a document, and end the exchange. */
void discovery_do_without(const struct mailseal_call *call,
    const struct mailseal_host *host, struct mailseal_ask *ask);

/* Ask for the document below base, once what the page needs is there. */
void discovery_ask(const struct mailseal_call *call,
    const struct mailseal_host *host, struct mailseal_ask *ask,
    const char *base);

/* Read it; false when the ask is an outcome, because it is of no use. */
bool discovery_read(const struct mailseal_call *call,
    const struct mailseal_host *host, struct mailseal_ask *ask,
    struct discovery *found);

/* End the exchange: the document cannot be believed.  value may be NULL. */
void discovery_refuse(const struct mailseal_host *host,
    struct mailseal_ask *ask, const char *what, const char *value);

/*
 * End it with all that may be talked to later, and where a person signs in the
 * page, and the request that the browser takes there.  More may be put into
 * the query.
 */
void discovery_finish(const struct mailseal_call *call,
    const struct mailseal_host *host, struct mailseal_ask *ask,
    const struct discovery *found);
void discovery_put_query(const struct mailseal_host *host,
    struct mailseal_ask *ask, const char *name, const char *text);

/*
 * What a person is asked to allow: the scope that is set; where the provider
 * tells who signed in, that too.
 */
void discovery_write_scope(const struct mailseal_call *call, bool tells,
    char scope[OAUTH_SCOPE_MAX]);

/*
 * The op device_begin as a whole: ask for a device code, and end with it and
 * with what the person types where.
 */
void device_begin(const struct mailseal_call *call,
    const struct mailseal_host *host, struct mailseal_ask *ask);

/* Whose sign-in it is; see identity.c. */
struct identity {
	const char *fault; /* why the id_token does not hold, or NULL */
	char sub[513];	   /* the stable id */
	const char *name;  /* for people and for comparing, or NULL */
	const char *match; /* is it the mailbox (input mailbox): same, probable,
			      other, unknown; NULL: compare the name */
	bool guest;	   /* of another issuer: never anybody's delegate */
};

struct identity identity_of_oidc(const struct mailseal_call *call);
struct identity identity_of_nobody(void); /* it is not told */
struct identity identity_of_microsoft(const struct mailseal_call *call,
    const char *tenant);
struct identity identity_of_google(const struct mailseal_call *call);

/* Whether a code, of whichever kind, brought a refresh token; else the ask
   ends. */
bool trade_read_code(const struct mailseal_call *call,
    const struct mailseal_host *host, struct mailseal_ask *ask,
    struct judgement *judgement);

/* Want the reply's id_token verified, of this issuer; without one it ends. */
void trade_ask_id_token(const struct mailseal_call *call,
    const struct mailseal_host *host, struct mailseal_ask *ask,
    const char *issuer);

/* End with the tokens and who signed in; more fields may follow. */
void trade_finish(const struct mailseal_call *call,
    const struct mailseal_host *host, struct mailseal_ask *ask,
    const struct identity *identity);

/* End with what a refresh brought. */
void trade_read_refresh(const struct mailseal_call *call,
    const struct mailseal_host *host, struct mailseal_ask *ask);

/* End with what was given without a person: never a refresh token. */
void trade_finish_application(const struct mailseal_call *call,
    const struct mailseal_host *host, struct mailseal_ask *ask,
    struct judgement *judgement);

/*
 * Revoke the refresh token; see revocation.c.  The second tells what there is
 * in its place.
 */
void revocation_step(const struct mailseal_call *call,
    const struct mailseal_host *host, struct mailseal_ask *ask);
void revocation_refuse_at_microsoft(const struct mailseal_host *host,
    struct mailseal_ask *ask);

#endif
