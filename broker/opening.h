/* SPDX-License-Identifier: ISC */
/*
 * opening: what became of each way to open the master key since the start.
 *
 * The files of slots are tried here when the store was opened; credentials
 * and codes are brought over the admin socket.  Why a slot did not open is
 * kept until it does.  No secret is ever in it.
 */
#ifndef BROKER_OPENING_H
#define BROKER_OPENING_H

#include <stddef.h>
#include <stdint.h>

#include "broker/vault/keyring.h"

#define OPENING_WHY_MAX 512 /* bytes of why a slot did not open */

enum opening_end {
	OPENING_UNTRIED, /* by nobody, since the start */
	OPENING_WORKED,	 /* the slot opened the key, or was made */
	OPENING_FAILED,
};

/* All zeros at the start. */
struct opening {
	size_t count;
	struct opening_slot {
		int64_t id;
		enum opening_end end;
		char why[OPENING_WHY_MAX]; /* of OPENING_FAILED; else "" */
	} at[SLOTS_MAX];
};

/* A slot opened the key. */
void opening_worked(struct opening *opening, int64_t slot);

/* A slot did not; the reason is cut where it is too long. */
void opening_failed(struct opening *opening, int64_t slot, const char *why);

/* A slot is no more. */
void opening_forget(struct opening *opening, int64_t slot);

/* What became of a slot, and why, where it failed. */
enum opening_end opening_of(const struct opening *opening, int64_t slot,
    const char **why);

/* Try the file of a slot, which may by now be another slot's. */
void opening_try_file(struct opening *opening, struct keyring *keyring,
    int64_t slot, const char *path);

/*
 * Try the file of each file slot, all of them, so that one that is broken is
 * known before it is needed; with key_file just that one.  That none opens is
 * no failure: it is logged and remembered.
 *
 * MAILSEAL_E_STORE, MAILSEAL_E_NOMEM
 */
int opening_try_files(struct opening *opening, struct keyring *keyring,
    const char *key_file) __attribute__((warn_unused_result));

#endif
