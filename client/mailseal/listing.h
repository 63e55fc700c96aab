/* SPDX-License-Identifier: ISC */
/*
 * listing: the lines of an answer, kept, so that they can be looked at twice.
 *
 * It is for what may be shown: no secret is ever in it.
 */
#ifndef CLIENT_MAILSEAL_LISTING_H
#define CLIENT_MAILSEAL_LISTING_H

#include <stdbool.h>
#include <stddef.h>

#include "client/ask.h"
#include "client/mailseal/jsontext.h"

#define ROWS_MAX 100000 /* of one answer */

struct row; /* one line's fields */

struct listing {
	struct row **row;
	size_t count;
	size_t max;
};

void listing_free(struct listing *listing);

__attribute__((unused)) static inline void
listing_auto(struct listing **listing)
{
	listing_free(*listing);
}

/*
 * Send the question and keep all item lines; where there are none, the fields
 * of the last line.  An exit status, after having complained.
 */
int listing_ask(struct ask *ask, unsigned timeout_s, struct listing **listing)
    __attribute__((warn_unused_result));

/* The first row whose field is this, or NULL. */
const struct row *listing_find(const struct listing *listing, const char *key,
    const char *text);

/* A field, or NULL. */
const char *row_get(const struct row *row, const char *key);

/* A field, "" where it is absent. */
const char *row_text(const struct row *row, const char *key);

/* Whether a field is there and says text. */
bool row_is(const struct row *row, const char *key, const char *text);

/* All fields but the one called but, as members of the open JSON object. */
void row_json(const struct row *row, const char *but, struct jsontext *json);

/*
 * An array called key with one object for each row; of those rows only whose
 * kind is this, where kind is not NULL.
 */
void listing_json(const struct listing *listing, const char *kind,
    const char *key, struct jsontext *json);

#endif
