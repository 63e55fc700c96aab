/* SPDX-License-Identifier: ISC */
/*
 * recovery: a code on paper that opens the master key when all else is lost.
 *
 * It is 160 random bits as text that a person writes down and types back:
 * eight groups of five characters, the last of each a check.  A wrong
 * character, two swapped neighbours and a group in the place of another are
 * always found, and so is the group.  Nothing here prints or keeps a code.
 */
#ifndef BROKER_VAULT_RECOVERY_H
#define BROKER_VAULT_RECOVERY_H

#include "broker/secret.h"

#define RECOVERY_GROUPS 8
#define RECOVERY_GROUP_LEN 5 /* characters, the check included */
#define RECOVERY_CODE_LEN 47 /* of the text, dashes included */
#define RECOVERY_TYPED_MAX 256

/*
 * Draw a new code, as text.  *code is the caller's to free.
 *
 * MAILSEAL_E_NOMEM  the arena is full
 */
int recovery_draw(struct secret **code) __attribute__((warn_unused_result));

/*
 * Read a code as somebody typed it, in either case, with or without dashes
 * and blanks, with O for 0 and I or L for 1, and make the secret of its slot.
 * *slot_secret is the caller's to free.
 *
 * MAILSEAL_E_MISTYPED  it is no code; *group is the first group at fault,
 *                      from 1, or 0 when there is more than a whole code
 * MAILSEAL_E_NOMEM     the arena is full
 */
int recovery_read(const struct secret *typed, struct secret **slot_secret,
    unsigned *group) __attribute__((warn_unused_result));

#endif
