/* SPDX-License-Identifier: ISC */
/*
 * values: each value of the configuration that is in force, and where it
 * stands.
 *
 * It knows what the files say and what holds where they say nothing.  None of
 * them holds a secret, and nothing of the store is looked at.
 */
#ifndef BROKER_VALUES_H
#define BROKER_VALUES_H

#include <stdbool.h>

#include "broker/config.h"

#define VALUE_KEY_MAX 511 /* bytes of a key, such as access.a@college.edu */

struct value {
	char key[VALUE_KEY_MAX + 1];
	const char *text;
	struct origin origin; /* no file: the default */
	bool of_preset;	      /* that file is a preset's */
};

/* Hand each value to use, those of one file after the other. */
typedef void values_use(void *arg, const struct value *value);
void values_each(const struct config *config, values_use *use, void *arg);

/*
 * Whether a key is meant by a pattern: a glob of all of it (fnmatch(3)), or a
 * word that occurs in it, in any case.
 */
bool values_match(const char *pattern, const char *key);

#endif
