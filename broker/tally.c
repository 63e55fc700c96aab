/* SPDX-License-Identifier: ISC */
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "broker/tally.h"

#define SEEN_MAX 1024  /* handings-out remembered; the oldest place is reused */
#define SEEN_S 3600    /* that long a handing-out is a repeat of another */
#define DENIALS_MAX 64 /* uids whose denials are damped at a time */
#define DENIALS_A_MINUTE 10

/* A (token, uid, rule) that had its line. */
struct seen {
	char tag[TALLY_TAG_MAX];
	uid_t uid;
	char rule[TALLY_RULE_MAX];
	time_t since; /* when it had it */
	unsigned repeats;
};

struct denials {
	uid_t uid;
	time_t since;
	unsigned count;
};

struct tally {
	unsigned char key[crypto_shorthash_KEYBYTES]; /* of the tags */
	struct seen seen[SEEN_MAX];
	size_t next;
	struct denials denials[DENIALS_MAX];
};

void
tally_free(struct tally *tally)
{
	if (tally == NULL)
		return;
	sodium_memzero(tally->key, sizeof(tally->key));
	free(tally);
}

struct tally *
tally_new(void)
{
	struct tally *tally = calloc(1, sizeof(*tally));

	if (tally != NULL)
		crypto_shorthash_keygen(tally->key);
	return tally;
}

void
tally_tag(const struct tally *tally, const char *account,
    const struct secret *token, char tag[TALLY_TAG_MAX])
{
	unsigned char both[2][crypto_shorthash_BYTES];
	unsigned char hash[crypto_shorthash_BYTES];

	(void)crypto_shorthash(both[0], token->data, token->len, tally->key);
	(void)crypto_shorthash(both[1], (const unsigned char *)account,
	    strlen(account), tally->key);
	(void)crypto_shorthash(hash, (const unsigned char *)both, sizeof(both),
	    tally->key);
	(void)sodium_bin2hex(tag, TALLY_TAG_MAX, hash, sizeof(hash));
}

bool
tally_repeats(struct tally *tally, const char *tag, uid_t uid, const char *rule)
{
	time_t now = time(NULL);

	for (size_t i = 0; i < SEEN_MAX; i++) {
		struct seen *s = &tally->seen[i];

		/* A clock that was set back must silence nobody. */
		if (s->uid != uid || now < s->since ||
		    now - s->since >= SEEN_S || strcmp(s->tag, tag) != 0 ||
		    strcmp(s->rule, rule) != 0)
			continue;
		s->repeats++;
		return true;
	}
	return false;
}

unsigned
tally_repeated(const struct tally *tally, uid_t uid, const char *rule)
{
	unsigned repeats = 0;

	for (size_t i = 0; i < SEEN_MAX; i++)
		if (tally->seen[i].uid == uid &&
		    strcmp(tally->seen[i].rule, rule) == 0)
			repeats += tally->seen[i].repeats;
	return repeats;
}

void
tally_served(struct tally *tally, const char *tag, uid_t uid, const char *rule)
{
	struct seen *s = &tally->seen[tally->next];

	for (size_t i = 0; i < SEEN_MAX; i++)
		if (tally->seen[i].uid == uid &&
		    strcmp(tally->seen[i].rule, rule) == 0)
			tally->seen[i].repeats = 0;
	tally->next = (tally->next + 1) % SEEN_MAX;
	*s = (struct seen){ .uid = uid, .since = time(NULL) };
	(void)snprintf(s->tag, sizeof(s->tag), "%s", tag);
	(void)snprintf(s->rule, sizeof(s->rule), "%s", rule);
}

/* The place of a uid; of one not known the place that rested longest. */
static struct denials *
find_denials(struct tally *tally, uid_t uid)
{
	struct denials *oldest = &tally->denials[0];

	for (size_t i = 0; i < DENIALS_MAX; i++) {
		struct denials *d = &tally->denials[i];

		if (d->count > 0 && d->uid == uid)
			return d;
		if (d->since < oldest->since)
			oldest = d;
	}
	*oldest = (struct denials){ .uid = uid };
	return oldest;
}

bool
tally_denied(struct tally *tally, uid_t uid, unsigned *damped)
{
	struct denials *d = find_denials(tally, uid);
	time_t now = time(NULL);

	*damped = 0;
	if (now - d->since >= 60 || now < d->since) {
		if (d->count > DENIALS_A_MINUTE)
			*damped = d->count - DENIALS_A_MINUTE;
		*d = (struct denials){ .uid = uid, .since = now };
	}
	return ++d->count <= DENIALS_A_MINUTE;
}
