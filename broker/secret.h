/* SPDX-License-Identifier: ISC */
/*
 * secret: the only home of a password, token, key, or what is made of one.
 *
 * All of them lie in one arena: locked into memory, between guard pages, kept
 * out of core dumps, cut into size classes, wiped when freed.  There is no way
 * to print, duplicate or compare one with memcmp.
 */
#ifndef BROKER_SECRET_H
#define BROKER_SECRET_H

#include <stdbool.h>
#include <stddef.h>

#include "broker/own.h"
#include "proto/line.h"

struct secret {
	unsigned char *data; /* a NUL stands behind the last byte */
	size_t len;
};

/*
 * Make the arena, once in a process; a child of fork makes its own.
 *
 * MAILSEAL_E_NOMEM  the memory is not to be had
 */
int secret_arena_open(size_t bytes) __attribute__((warn_unused_result));

/* Forget and wipe the whole arena; every secret in it is gone. */
void secret_arena_close(void);

/* Whether the arena is locked into memory, so that it cannot reach a swap. */
bool secret_arena_is_locked(void);

/* The bytes handed out just now, of how many. */
size_t secret_arena_used(void);
size_t secret_arena_size(void);

void secret_free(struct secret *secret);

/* Room for len bytes, zeroed.  NULL when the arena is full. */
struct secret *secret_new(size_t len) OWNED_BY(secret_free);

/* A copy of len bytes from memory of another kind, which the caller wipes. */
struct secret *secret_copy(const void *bytes, size_t len) OWNED_BY(secret_free);

AUTO_DEFINE(secret, struct secret)

/* Take what *from owns and leave NULL there. */
struct secret *secret_move(struct secret **from);

/* Shorten to len bytes; the rest is wiped. */
void secret_cut(struct secret *secret, size_t len);

/* Equal, in time that depends on the lengths only. */
bool secret_equal(const struct secret *a, const struct secret *b);

/* The bytes, to hand to a function that only reads them. */
struct span secret_span(const struct secret *secret);

/*
 * Move the bytes of a field out of a line into a secret and wipe them there.
 * *secret is NULL when the field is absent.
 *
 * MAILSEAL_E_TOOLONG  over max bytes (also remembered by the line)
 * MAILSEAL_E_NOMEM    the arena is full
 */
int secret_from_line(struct line *line, const char *key, size_t max,
    struct secret **secret) __attribute__((warn_unused_result));

/* Fill bytes from twice as many hex digits, and an LF; false if it is not. */
bool secret_from_hex(const struct secret *hex, struct secret *bytes);

/* Wipe bytes that were a secret's for a moment. */
void secret_wipe(void *bytes, size_t len);

#endif
