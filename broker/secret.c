/* SPDX-License-Identifier: ISC */
#include <sodium.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>

#include "broker/secret.h"
#include "proto/error.h"

#define CLASS_FIRST 6 /* 64 bytes, header and final NUL included */
#define CLASS_LAST 18 /* 256 KiB */

/*
 * A block starts with its header and is a power of two long.  One that is too
 * large is halved, and vacant halves are joined again, so that neither a crowd
 * of long requests nor one of short tokens takes the room from the other.
 */
struct block {
	struct secret secret; /* first: a secret's address is its block's */
	unsigned class;
	bool is_vacant;
	struct block *next, *prev; /* while it is vacant */
};

static unsigned char *arena;
static size_t arena_size;
static unsigned char *ground; /* where the first block starts */
static size_t ground_size;
static size_t arena_used;
static bool arena_locked;
static struct block *vacant[CLASS_LAST + 1];

static void
put_vacant(struct block *block, unsigned class)
{
	block->class = class;
	block->is_vacant = true;
	block->prev = NULL;
	block->next = vacant[class];
	if (block->next != NULL)
		block->next->prev = block;
	vacant[class] = block;
}

static void
take_vacant(struct block *block)
{
	if (block->prev != NULL)
		block->prev->next = block->next;
	else
		vacant[block->class] = block->next;
	if (block->next != NULL)
		block->next->prev = block->prev;
	block->next = block->prev = NULL;
	block->is_vacant = false;
}

/* The whole arena in the largest blocks that fit, each aligned to its size. */
static void
divide(void)
{
	/* sodium_malloc() aligns the end of the arena, not its start. */
	size_t skew = (16 - ((uintptr_t)arena & 15)) & 15, at = 0;

	memset(vacant, 0, sizeof(vacant));
	ground = arena + skew;
	ground_size = arena_size > skew ? arena_size - skew : 0;
	for (unsigned class = CLASS_LAST; class >= CLASS_FIRST; class --)
		while (ground_size - at >= (size_t)1 << class) {
			put_vacant((struct block *)(void *)(ground + at),
			    class);
			at += (size_t)1 << class;
		}
}

int
secret_arena_open(size_t bytes)
{
	if (sodium_init() < 0)
		return MAILSEAL_E_NOMEM;
	/* A child that was forked drops what it knows of its parent's. */
	arena = sodium_malloc(bytes);
	if (arena == NULL)
		return MAILSEAL_E_NOMEM;
	arena_size = bytes;
	arena_used = 0;
	divide();
	/* sodium_malloc() does not tell whether its lock held. */
	arena_locked = mlock(arena, bytes) == 0;
	(void)madvise(arena, bytes, MADV_DONTDUMP); /* asked for above, too */
	return MAILSEAL_OK;
}

void
secret_arena_close(void)
{
	sodium_free(arena);
	arena = NULL;
	ground = NULL;
	arena_size = ground_size = arena_used = 0;
	arena_locked = false;
	memset(vacant, 0, sizeof(vacant));
}

bool
secret_arena_is_locked(void)
{
	return arena_locked;
}

size_t
secret_arena_used(void)
{
	return arena_used;
}

size_t
secret_arena_size(void)
{
	return arena_size;
}

/* The upper half of a block that is to become one of this class. */
static struct block *
upper_half(struct block *block, unsigned class)
{
	return (struct block *)(void *)((unsigned char *)block +
	    ((size_t)1 << class));
}

/* The block beside it that it may be joined with, or NULL. */
static struct block *
buddy_of(struct block *block)
{
	size_t size = (size_t)1 << block->class;
	size_t at = (size_t)((unsigned char *)block - ground) ^ size;
	struct block *buddy = (struct block *)(void *)(ground + at);

	if (block->class == CLASS_LAST || at + size > ground_size ||
	    !buddy->is_vacant || buddy->class != block->class)
		return NULL;
	return buddy;
}

static struct block *
cut(unsigned class)
{
	struct block *block;
	unsigned found = class;

	while (found < CLASS_LAST && vacant[found] == NULL)
		found++;
	block = vacant[found];
	if (block == NULL)
		return NULL;
	take_vacant(block);
	while (found > class) {
		found--;
		put_vacant(upper_half(block, found), found);
	}
	block->class = class;
	return block;
}

struct secret *
secret_new(size_t len)
{
	unsigned class = CLASS_FIRST;
	struct block *block;

	if (len > ((size_t)1 << CLASS_LAST) - sizeof(*block) - 1)
		return NULL;
	while (((size_t)1 << class) < len + sizeof(*block) + 1)
		class ++;
	block = cut(class);
	if (block == NULL)
		return NULL;
	block->secret.data = (unsigned char *)(block + 1);
	block->secret.len = len;
	memset(block->secret.data, 0, len + 1);
	arena_used += (size_t)1 << class;
	return &block->secret;
}

struct secret *
secret_copy(const void *bytes, size_t len)
{
	struct secret *secret = secret_new(len);

	if (secret != NULL && len > 0)
		memcpy(secret->data, bytes, len);
	return secret;
}

void
secret_free(struct secret *secret)
{
	struct block *block = (struct block *)secret, *buddy;
	unsigned class;

	if (block == NULL)
		return;
	class = block->class;
	arena_used -= (size_t)1 << class;
	sodium_memzero(block, (size_t)1 << class);
	block->class = class;
	while ((buddy = buddy_of(block)) != NULL) {
		take_vacant(buddy);
		if (buddy < block)
			block = buddy;
		block->class = ++class;
	}
	put_vacant(block, class);
}

struct secret *
secret_move(struct secret **from)
{
	struct secret *secret = *from;

	*from = NULL;
	return secret;
}

void
secret_cut(struct secret *secret, size_t len)
{
	if (len >= secret->len)
		return;
	sodium_memzero(secret->data + len, secret->len - len);
	secret->len = len;
}

bool
secret_equal(const struct secret *a, const struct secret *b)
{
	return a->len == b->len && sodium_memcmp(a->data, b->data, a->len) == 0;
}

struct span
secret_span(const struct secret *secret)
{
	return (struct span){ secret->data, secret->len };
}

int
secret_from_line(struct line *line, const char *key, size_t max,
    struct secret **secret)
{
	struct span field = line_get_bytes(line, key, max);
	struct secret *copy = NULL;

	if (line->error == MAILSEAL_E_TOOLONG)
		return MAILSEAL_E_TOOLONG;
	if (field.data != NULL) {
		copy = secret_copy(field.data, field.len);
		line_wipe(line, key);
		if (copy == NULL)
			return MAILSEAL_E_NOMEM;
	}
	*secret = copy;
	return MAILSEAL_OK;
}

bool
secret_from_hex(const struct secret *hex, struct secret *bytes)
{
	size_t len = 0;

	return sodium_hex2bin(bytes->data, bytes->len, (const char *)hex->data,
		   hex->len, "\n", &len, NULL) == 0 &&
	    len == bytes->len;
}

void
secret_wipe(void *bytes, size_t len)
{
	sodium_memzero(bytes, len);
}
