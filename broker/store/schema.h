/* SPDX-License-Identifier: ISC */
/*
 * schema: the tables of the store, and how old ones become new ones.
 *
 * The version stands in the file as user_version.  A file of another program
 * or of a newer mailseal is left as it is.
 */
#ifndef BROKER_STORE_SCHEMA_H
#define BROKER_STORE_SCHEMA_H

#include "broker/store/store.h"

/*
 * Look whether the file is a store that we know, or empty.
 *
 * MAILSEAL_E_NEWER   a newer mailseal wrote it
 * MAILSEAL_E_STORE   it is something else, or cannot be read
 * MAILSEAL_E_INUSE   another broker has it open
 */
int schema_check(struct store *store) __attribute__((warn_unused_result));

/*
 * Bring it to the newest version, all or nothing, and read its id and its
 * sequence.
 *
 * MAILSEAL_E_STORE, MAILSEAL_E_FULL, MAILSEAL_E_NOMEM
 */
int schema_migrate(struct store *store) __attribute__((warn_unused_result));

#endif
