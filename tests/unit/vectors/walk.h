/* SPDX-License-Identifier: ISC */
/*
 * walk: a folder laid out like tests/vectors, one labelled input at a time.
 *
 * Any part may be absent.  A file's name finds the bytes and reaches no label.
 */
#ifndef TESTS_UNIT_VECTORS_WALK_H
#define TESTS_UNIT_VECTORS_WALK_H

#include <stddef.h>

#include "broker/courier/json.h"
#include "proto/module.h"

#define COLUMNS_MAX 16

/* The folder, and the part that is looked at now. */
void walk_open(const char *folder);
void walk_part(const char *name);

/* A file of it with a NUL behind it, the caller's; NULL when there is none. */
char *walk_read(const char *name, size_t *len);

/* Call row for each line of a .tsv file; 0 when there is no such file. */
size_t walk_rows(const char *name, void (*row)(char *column[COLUMNS_MAX]));

/* Decode a .json file; NULL when there is none. */
struct json *walk_json(const char *name, size_t max);

/* Bytes from hex, where "-" is none; their number. */
size_t walk_unhex(const char *hex, unsigned char *bytes, size_t max);

/* Count an input: what it came to, and its label. */
void walk_label(const char *id, const char *got, const char *wanted);

/* The last lines; the number of misses, 1 where nothing was found. */
unsigned walk_end(void);

/* The labelled replies of token endpoints in a folder. */
void walk_replies(const char *folder);

/* The parts, each in a file of its own. */
void walk_token(void);
void walk_device(void);
void walk_form(void);
void walk_pkce(void);
void walk_callbacks(void);
void walk_idtokens(void);
void walk_jwt(void);
void walk_sasl(void);
void walk_smtp(void);
void walk_imap(void);

#endif
