/* SPDX-License-Identifier: ISC */
/*
 * standing: how what a registration has to prove itself with fares: which one
 * worked last, and which the provider refuses.
 *
 * It is known from exchanges and lost with the process: what is refused then is
 * found refused again.  It decides the order in which they are tried.
 */
#ifndef BROKER_STANDING_H
#define BROKER_STANDING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "broker/proof.h"

struct standing {
	char provider[PROVIDER_MAX + 1];
	char first[PROOF_LABEL_MAX + 1]; /* that worked last; "" unknown */
	int64_t worked_at;
	char refused[PROOFS_MAX][PROOF_LABEL_MAX + 1]; /* "" is a free place */
	int64_t told_end; /* which end date was told last, */
	int told_stage;	  /* and how near it was then: enum expiry_stage */
	struct standing *next;
};

/* All that there are, of one broker. */
void standings_free(struct standing *all);

/*
 * The one of a provider, made where there is none yet; NULL when out of
 * memory.
 */
struct standing *standing_of(struct standing **all, const char *provider);

/* The provider took it. */
void standing_works(struct standing *standing, const char *label, int64_t now);

/* It was tried apart, and taken: the order stays what it is. */
void standing_clears(struct standing *standing, const char *label);

/* The provider refused it.  False: that was known. */
bool standing_refuses(struct standing *standing, const char *label);

/* Whether it was refused last time; standing may be NULL. */
bool standing_is_refused(const struct standing *standing, const char *label);

/* It is gone; what is put under its label later is another one. */
void standing_forget(struct standing *standing, const char *label);

/* One was added: it is to be tried first, whoever worked last. */
void standing_renew(struct standing *standing);

/*
 * Put them into the order in which they are tried: the one that worked last,
 * then the newest first; those whose day has come are last, unless the provider
 * took it since.  standing may be NULL.
 */
void standing_sort(const struct standing *standing, struct proof *proof,
    size_t count, int64_t now);

#endif
