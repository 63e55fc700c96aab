/* SPDX-License-Identifier: ISC */
/*
 * credential: a slot whose secret is a credential of systemd, which only this
 * host, or its TPM, can decrypt.
 *
 * systemd-creds(1) encrypts and decrypts it; the secret passes through pipes.
 * mailseal-unlock@NAME.service brings it at each start of mailseald.
 */
#ifndef CLIENT_MAILSEAL_CREDENTIAL_H
#define CLIENT_MAILSEAL_CREDENTIAL_H

#include <stdbool.h>

#include "client/ask.h"
#include "client/mailseal/draft.h"
#include "client/mailseal/spawn.h"

#define CREDENTIAL_NAME_MAX 64 /* bytes */
#define CREDENTIAL_PATH_MAX \
	(sizeof(MAILSEAL_SYSCONFDIR "/slot/.cred") + CREDENTIAL_NAME_MAX)
#define CREDENTIAL_USUAL "host" /* the name, where none is given */
#define CREDENTIAL_KEYS "auto, host, tpm2, host+tpm2"

/* Why none can be made here, a clause; NULL when it can. */
const char *credential_obstacle(void);

/* Whether a name is one: letters, digits, _ - and . inside; at most 64. */
bool credential_is_name(const char *name);

/* Where it lies. */
void credential_path(const char *name, char path[CREDENTIAL_PATH_MAX]);

/*
 * Make one and say so.  key is what systemd-creds --with-key= takes, NULL is
 * auto.  An exit status, after having complained.
 */
int credential_make(struct ask *ask, const char *name, const char *key)
    __attribute__((warn_unused_result));

/* Have its unit started with mailseald from now on; an exit status. */
int credential_enable(const char *name) __attribute__((warn_unused_result));

/*
 * Decrypt it as the host can now; false, and why in said.  bytes is the
 * caller's to wipe.
 */
bool credential_open(const char *name, char bytes[DRAFT_SECRET_LEN + 1],
    char said[SPAWN_SAID_MAX]) __attribute__((warn_unused_result));

/* After its slot is gone: disable its unit and delete it, and say so. */
int credential_discard(const char *name) __attribute__((warn_unused_result));

#endif
