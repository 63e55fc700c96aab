/* SPDX-License-Identifier: ISC */
/*
 * difference: in which keys two bindings do not agree, and what that takes.
 *
 * Pure.  A sealed credential may follow mail servers that moved, once an admin
 * said yes; to another issuer, registration or module it never goes, because
 * it was not given to us for that.
 */
#ifndef BROKER_DIFFERENCE_H
#define BROKER_DIFFERENCE_H

#include <stdbool.h>

#include "broker/binding.h"

#define DIFFERENCES_MAX 32

/* The greater one counts where there are several. */
enum cure {
	CURE_NONE,   /* they agree */
	CURE_RESEAL, /* it may be sealed anew, for the new place */
	CURE_RENEW,  /* it belongs to what was: sign in, or type it, again */
};

/*
 * What a difference in a key takes, for what is sealed for an account, or for
 * the registration itself.  A key that is not known here takes the most.
 */
enum cure difference_cure(const char *key, bool of_account);

struct difference {
	const char *key;
	const char *old; /* NULL: it was not there */
	const char *new; /* NULL: it is not there any more */
};

/* All of two bindings; the texts lie in it. */
struct differences {
	char old_bytes[BINDING_MAX + 1];
	char new_bytes[BINDING_MAX + 1];
	struct line old_line;
	struct line new_line;
	size_t count;
	struct difference difference[DIFFERENCES_MAX];
	enum cure cure; /* of all together */
};

/*
 * MAILSEAL_E_TOOLONG    a binding is, or there are more than DIFFERENCES_MAX
 * MAILSEAL_E_MALFORMED  one is no binding
 */
int differences_find(const char *old, const char *new, bool of_account,
    struct differences *differences) __attribute__((warn_unused_result));

/* Their keys, a comma between two; at most size bytes with the NUL. */
void differences_keys(const struct differences *differences, char *keys,
    size_t size);

#endif
