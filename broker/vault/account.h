/* SPDX-License-Identifier: ISC */
/*
 * account: the mailboxes that we hold a credential for.
 *
 * What is said of them here is no secret: it is kept as a line in the store
 * and shown by list and show.  Their secrets are records; their leases lie in
 * the arena.
 */
#ifndef BROKER_VAULT_ACCOUNT_H
#define BROKER_VAULT_ACCOUNT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "broker/own.h"
#include "broker/store/store.h"
#include "broker/vault/grant.h"
#include "broker/vault/kind.h"
#include "broker/vault/lease.h"
#include "proto/meaning.h"
#include "proto/verb.h"

#define ACCOUNT_LEASES 3 /* one for each service at most */
#define DETAIL_MAX 512	 /* bytes of a provider's words that are kept */
#define IDENTITY_MAX 512 /* bytes of an issuer, subject or name */
#define SCOPE_MAX 1024
#define HOST_MAX 255 /* bytes of a host's name */

struct renewal; /* what is under way for it: broker/renew.c */

struct account {
	char name[ACCOUNT_MAX + 1];    /* in lower case: what it is found by */
	char spelled[ACCOUNT_MAX + 1]; /* as enrolled: what is sent */
	char login[ACCOUNT_MAX + 1];
	char send_as[ACCOUNT_MAX + 1]; /* what goes into From; "": spelled */
	char host[HOST_MAX + 1];       /* of submission; "": the provider's */
	char provider[PROVIDER_MAX + 1];
	enum account_type type;

	enum grant_state state;
	enum grant_state beneath; /* while that is disabled */
	int reason;		  /* enum mailseal_error: why it is not good */
	char detail[DETAIL_MAX + 1];
	const struct meaning *meaning; /* of what was answered, or NULL */
	unsigned failures;	       /* in a row */
	int64_t next_try;	       /* seconds since 1970; 0: none set */
	uint64_t next_try_ms;	       /* the same in CLOCK_BOOTTIME */
	bool untested; /* kept although its mailbox test failed: not served */
	int64_t retest_at;  /* and tried again then; seconds since 1970 */
	uint64_t retest_ms; /* the same in CLOCK_BOOTTIME; 0: not known yet */
	bool intent;	    /* an exchange began and its end was not written */

	char iss[IDENTITY_MAX + 1]; /* the identity that consented */
	char sub[IDENTITY_MAX + 1];
	char identity[IDENTITY_MAX + 1]; /* its name, for people */
	char scope[SCOPE_MAX + 1];	 /* granted */
	int64_t enrolled_at;
	char enrolled_by[64];
	int64_t refreshed_at;
	int64_t used_at;

	char *bound; /* of its record; NULL until that was read */
	struct lease lease[ACCOUNT_LEASES];
	struct renewal *renewal;
};

void account_free(struct account *account);
struct account *account_new(void) OWNED_BY(account_free);
AUTO_DEFINE(account, struct account)

/* Wipe its leases from memory. */
void account_clear_leases(struct account *account);

/*
 * The name by which an address is found: lower case.  name has room for
 * ACCOUNT_MAX + 1 bytes.
 *
 * MAILSEAL_E_ADDRESS  it is not visible ASCII with one @ inside
 * MAILSEAL_E_TOOLONG
 */
int account_fold(const char *address, char *name)
    __attribute__((warn_unused_result));

/* Whether a login is 1 to ACCOUNT_MAX bytes of visible ASCII. */
bool account_is_login(const char *login);

/* Its state apart from whether it is disabled. */
enum grant_state account_own_state(const struct account *account);

/* Write what is said of it, in the transaction that the caller has begun. */
int account_save(struct store *store, const struct account *account)
    __attribute__((warn_unused_result));

/* The same in a transaction of its own; undone when it fails. */
int account_commit(struct store *store, const struct account *account)
    __attribute__((warn_unused_result));

/* All accounts, found by name. */
struct accounts;

void accounts_free(struct accounts *accounts);
AUTO_DEFINE(accounts, struct accounts)

/* Read them all from the store, with what their records are bound to. */
int accounts_load(struct store *store, struct accounts **accounts)
    __attribute__((warn_unused_result));

size_t accounts_count(const struct accounts *accounts);

/* The account at a place from 0 on, in the order of names. */
struct account *accounts_at(const struct accounts *accounts, size_t place);

/* The account of this name (in lower case), or NULL. */
struct account *accounts_find(const struct accounts *accounts,
    const char *name);

/* Take it over; one of the same name must have been removed before. */
int accounts_add(struct accounts *accounts, struct account **account)
    __attribute__((warn_unused_result));

/* Take it out and free it. */
void accounts_remove(struct accounts *accounts, struct account *account);

#endif
