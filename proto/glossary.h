/* SPDX-License-Identifier: ISC */
/*
 * glossary: the rows of meaning.h, walked and found by name.
 *
 * A name says what was said, "535 5.7.139 disabled for the Mailbox", and is of
 * one row only.  It is what goes over a socket or into the store: the sentences
 * are those of whoever shows them.
 */
#ifndef PROTO_GLOSSARY_H
#define PROTO_GLOSSARY_H

#include "proto/meaning.h"

/* The nth row of all, source after source; NULL behind the last. */
const struct meaning *glossary_at(size_t n);

/* The row of this name (see meaning_name()), or NULL. */
const struct meaning *glossary_find(const char *name);

/*
 * Write a sentence with the account in the place of each "%s", and the name of
 * its provider file in that of each "%p"; without one (NULL), ADDRESS or NAME
 * stands there.  What does not fit is cut off.
 */
void glossary_fill(const char *sentence, const char *account,
    const char *provider, char *text, size_t size);

#endif
