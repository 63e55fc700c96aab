/* SPDX-License-Identifier: ISC */
#include <stdint.h>
#include <stdlib.h>

#include "broker/vault/recovery.h"
#include "broker/vault/slot.h"
#include "proto/error.h"

#define ARENA (1 << 16)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Read it; *made is the caller's to free. */
static int
read_typed(const struct secret *typed, struct secret **made, unsigned *group)
{
	int error = recovery_read(typed, made, group);

	if (error == MAILSEAL_OK && (*made)->len != SLOT_SECRET_LEN)
		abort();
	if (error != MAILSEAL_OK && *made != NULL)
		abort();
	if (error != MAILSEAL_OK &&
	    (error != MAILSEAL_E_MISTYPED || *group > RECOVERY_GROUPS))
		abort();
	return error;
}

/*
 * A code that was drawn, with the bytes of the input over some of it: where it
 * still opens, it is the code.
 */
static void
try_drawn(const uint8_t *data, size_t size)
{
	struct secret *code = NULL, *made = NULL, *again = NULL;
	struct secret *copy;
	unsigned group = 0;

	if (size < 1 || recovery_draw(&code) != MAILSEAL_OK)
		return;
	if (read_typed(code, &made, &group) != MAILSEAL_OK)
		abort();
	copy = secret_copy(code->data, code->len);
	if (copy != NULL && data[0] < copy->len) {
		/* One symbol is another: each such mistake is found. */
		copy->data[data[0]] = data[size - 1];
		if (read_typed(copy, &again, &group) == MAILSEAL_OK &&
		    !secret_equal(made, again))
			abort();
	}
	secret_free(copy);
	secret_free(again);
	secret_free(made);
	secret_free(code);
}

/* Whatever was typed, in capitals it is the same. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static bool open;
	struct secret *typed, *made = NULL, *again = NULL;
	unsigned group = 0, same = 0;
	int error;

	if (!open && secret_arena_open(ARENA) != MAILSEAL_OK)
		abort();
	open = true;
	try_drawn(data, size);
	typed = size > RECOVERY_TYPED_MAX ? NULL : secret_copy(data, size);
	if (typed == NULL)
		return 0;
	error = read_typed(typed, &made, &group);
	for (size_t i = 0; i < typed->len; i++)
		if (typed->data[i] >= 'a' && typed->data[i] <= 'z')
			typed->data[i] -= 'a' - 'A';
	if (read_typed(typed, &again, &same) != error || same != group)
		abort();
	if (error == MAILSEAL_OK && !secret_equal(made, again))
		abort();
	secret_free(made);
	secret_free(again);
	secret_free(typed);
	if (secret_arena_used() != 0)
		abort();
	return 0;
}
