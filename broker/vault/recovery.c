/* SPDX-License-Identifier: ISC */
#include <sodium.h>
#include <string.h>

#include "broker/vault/recovery.h"
#include "broker/vault/slot.h"
#include "proto/error.h"

#define RANDOM_LEN 20 /* bytes */
#define SYMBOLS (RECOVERY_GROUPS * RECOVERY_GROUP_LEN)
#define GROUP_BITS_LEN (RECOVERY_GROUP_LEN - 1) /* symbols but the check */
#define NO_SYMBOL 32

/* Crockford's: no I, L, O, which look like digits, and no U. */
static const char alphabet[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/* What a code's bits are hashed for, and nothing else. */
static const char context[] = "mailseal recovery code, version 1";

/* Times x in the field of 32 elements, modulo x^5 + x^2 + 1. */
static unsigned
twice(unsigned element)
{
	return (element << 1 ^ (element & 16 ? 0x25u : 0)) & 31;
}

/*
 * The check of a group: each symbol has another weight, none of them the
 * check's own, so that neither one that is wrong nor two that are swapped go
 * through; and each group has another sum.
 */
static unsigned char
check(const unsigned char *symbols, unsigned group)
{
	unsigned sum = 0;

	for (size_t i = 0; i < GROUP_BITS_LEN; i++)
		sum = twice(sum ^ symbols[i]);
	return (unsigned char)(sum ^ (group + 1));
}

/* Five bits, the at-th of all. */
static unsigned char
five_bits(const unsigned char *bytes, size_t at)
{
	unsigned five = 0;

	for (size_t bit = at * 5; bit < at * 5 + 5; bit++)
		five = five << 1 | (bytes[bit / 8] >> (7 - bit % 8) & 1u);
	return (unsigned char)five;
}

static void
put_five_bits(unsigned char *bytes, size_t at, unsigned char five)
{
	for (size_t i = 0; i < 5; i++) {
		size_t bit = at * 5 + i;
		unsigned one = five >> (4 - i) & 1u;

		bytes[bit / 8] |= (unsigned char)(one << (7 - bit % 8));
	}
}

int
recovery_draw(struct secret **code)
{
	AUTO(secret) bits = secret_new(RANDOM_LEN);
	AUTO(secret) group = secret_new(RECOVERY_GROUP_LEN);
	AUTO(secret) text = secret_new(RECOVERY_CODE_LEN);
	size_t at = 0;

	if (bits == NULL || group == NULL || text == NULL)
		return MAILSEAL_E_NOMEM;
	randombytes_buf(bits->data, bits->len);
	for (unsigned g = 0; g < RECOVERY_GROUPS; g++) {
		for (size_t i = 0; i < GROUP_BITS_LEN; i++)
			group->data[i] = five_bits(bits->data,
			    g * GROUP_BITS_LEN + i);
		group->data[GROUP_BITS_LEN] = check(group->data, g);
		if (g > 0)
			text->data[at++] = '-';
		for (size_t i = 0; i < RECOVERY_GROUP_LEN; i++)
			text->data[at++] = (unsigned char)
			    alphabet[group->data[i]];
	}
	*code = secret_move(&text);
	return MAILSEAL_OK;
}

/* The symbol that a person meant, or NO_SYMBOL. */
static unsigned char
symbol_of(unsigned char typed)
{
	const char *at;

	if (typed >= 'a' && typed <= 'z')
		typed = (unsigned char)(typed - 'a' + 'A');
	if (typed == 'O')
		typed = '0';
	if (typed == 'I' || typed == 'L')
		typed = '1';
	at = typed == '\0' ? NULL : strchr(alphabet, typed);
	return at == NULL ? NO_SYMBOL : (unsigned char)(at - alphabet);
}

/* Whether all groups are whole and hold; else the first that is not. */
static bool
holds(const struct secret *symbols, size_t count, unsigned *group)
{
	for (unsigned g = 0; g < RECOVERY_GROUPS; g++) {
		size_t first = (size_t)g * RECOVERY_GROUP_LEN;
		const unsigned char *at = symbols->data + first;

		if (count >= first + RECOVERY_GROUP_LEN &&
		    at[GROUP_BITS_LEN] == check(at, g))
			continue;
		*group = g + 1;
		return false;
	}
	return true;
}

/* The symbols of what was typed. */
static int
take_symbols(const struct secret *typed, struct secret *symbols,
    unsigned *group)
{
	size_t count = 0;
	bool more = false;

	for (size_t i = 0; i < typed->len && !more; i++) {
		unsigned char symbol;

		if (typed->data[i] != '\0' &&
		    strchr(" -\t\r\n", typed->data[i]) != NULL)
			continue;
		symbol = symbol_of(typed->data[i]);
		if (count == SYMBOLS)
			more = true;
		else if (symbol == NO_SYMBOL)
			break; /* its group is not whole */
		else
			symbols->data[count++] = symbol;
	}
	if (!holds(symbols, count, group))
		return MAILSEAL_E_MISTYPED;
	if (more)
		*group = 0;
	return more ? MAILSEAL_E_MISTYPED : MAILSEAL_OK;
}

int
recovery_read(const struct secret *typed, struct secret **slot_secret,
    unsigned *group)
{
	AUTO(secret) symbols = secret_new(SYMBOLS);
	AUTO(secret) bits = secret_new(RANDOM_LEN);
	AUTO(secret) made = secret_new(SLOT_SECRET_LEN);
	int error;

	if (symbols == NULL || bits == NULL || made == NULL)
		return MAILSEAL_E_NOMEM;
	error = take_symbols(typed, symbols, group);
	if (error != MAILSEAL_OK)
		return error;
	for (size_t g = 0; g < RECOVERY_GROUPS; g++)
		for (size_t i = 0; i < GROUP_BITS_LEN; i++)
			put_five_bits(bits->data, g * GROUP_BITS_LEN + i,
			    symbols->data[g * RECOVERY_GROUP_LEN + i]);
	/* The bits have full entropy: no slow hash makes them better. */
	if (crypto_generichash(made->data, made->len, bits->data, bits->len,
		(const unsigned char *)context, sizeof(context) - 1) != 0)
		return MAILSEAL_E_INTERNAL;
	*slot_secret = secret_move(&made);
	return MAILSEAL_OK;
}
