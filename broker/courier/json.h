/* SPDX-License-Identifier: ISC */
/*
 * json: foreign JSON, decoded strictly and laid flat.
 *
 * The text must be one object: UTF-8, no member twice (after unescaping), at
 * most JSON_DEPTH_MAX deep.  A byte order mark is skipped; a byte that is no
 * UTF-8 becomes U+FFFD, so that it spoils the value it stands in only.
 *
 * {"a":{"b":[1]}} becomes "a", "a.b" and "a.b.0", the outer ones first.  A
 * member whose own name is empty or holds a dot is left out, with all that is
 * in it: it could pass for another.
 */
#ifndef BROKER_COURIER_JSON_H
#define BROKER_COURIER_JSON_H

#include <stddef.h>

#include "broker/own.h"
#include "proto/line.h"
#include "proto/module.h"

#define JSON_DEPTH_MAX 32 /* objects and arrays inside each other */
#define JSON_NAME_MAX 255 /* bytes of a whole name; longer: left out */

struct json;

void json_free(struct json *json);
AUTO_DEFINE(json, struct json)

/*
 * Decode something harmless, once, before there is any secret.  The library is
 * bound lazily, and what the loader does at the first call of a function saves
 * the vector registers on the stack: with a piece of a token in them, that
 * piece would stay there.
 */
void json_open(void);

/*
 * Decode an object.  Of more than max values the innermost are left out.
 * *json is the caller's.
 *
 * MAILSEAL_E_MALFORMED  not one such object, or over max members in it
 * MAILSEAL_E_TOOLONG    over MAILSEAL_BODY_MAX bytes
 * MAILSEAL_E_NOMEM      out of memory
 */
int json_parse(struct span text, size_t max, struct json **json)
    __attribute__((warn_unused_result));

/* The values.  A number is in shortest decimal form; the list lives in json. */
struct mailseal_items json_items(const struct json *json);

/* The item of this name, or NULL. */
const struct mailseal_item *json_find(const struct json *json,
    const char *name);

/* Its text, or NULL unless it is a string without NUL. */
const char *json_text(const struct json *json, const char *name);

#endif
