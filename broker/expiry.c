/* SPDX-License-Identifier: ISC */
#include <time.h>

#include "broker/expiry.h"
#include "broker/log.h"
#include "proto/error.h"

#define DAY_S 86400
#define LOOK_MAX_S DAY_S /* a clock that was set is noticed within */

/* What is left when a stage begins. */
static const int64_t begins[] = {
	[EXPIRY_MONTH] = (int64_t)30 * DAY_S,
	[EXPIRY_WEEK] = (int64_t)7 * DAY_S,
	[EXPIRY_DAY] = DAY_S,
	[EXPIRY_OVER] = 0,
};

enum expiry_stage
expiry_stage(int64_t ends, int64_t now)
{
	int stage = EXPIRY_OVER;

	if (ends == 0)
		return EXPIRY_FAR;
	while (stage > EXPIRY_FAR && ends - now > begins[stage])
		stage--;
	return (enum expiry_stage)stage;
}

int64_t
expiry_left(int64_t ends, int64_t now)
{
	enum expiry_stage stage = expiry_stage(ends, now);

	if (ends == 0 || stage == EXPIRY_OVER)
		return 0;
	return ends - now - begins[stage + 1];
}

int64_t
expiry_of(const struct provider *provider, const struct proofs *proofs,
    const struct standing *standing)
{
	int64_t last = 0;

	for (size_t i = 0; i < proofs->count; i++) {
		const struct proof *p = &proofs->proof[i];

		if (p->error != MAILSEAL_OK ||
		    !registration_uses(provider, p->kind) ||
		    standing_is_refused(standing, p->label))
			continue;
		if (p->ends == 0)
			return 0;
		if (p->ends > last)
			last = p->ends;
	}
	return last;
}

static void
tell(const char *provider, int64_t ends, enum expiry_stage stage)
{
	time_t when = (time_t)ends;
	struct tm tm;
	char date[16] = "?";
	int64_t days = (ends - now_wall() + DAY_S - 1) / DAY_S;

	if (gmtime_r(&when, &tm) != NULL)
		(void)strftime(date, sizeof(date), "%Y-%m-%d", &tm);
	if (stage == EXPIRY_OVER)
		log_error("client credential ended",
		    "provider=%s ended=%s: the last client secret or key of "
		    "it; make one at the provider and seal it",
		    provider, date);
	else
		log_warn("client credential ends",
		    "provider=%s ends=%s days=%lld: the last client secret or "
		    "key of it; make another at the provider and seal it",
		    provider, date, (long long)days);
}

/* Seconds until this one is to be looked at again. */
static int64_t
look_at(struct broker *broker, const struct provider *p)
{
	AUTO(proofs) proofs = NULL;
	struct standing *s = standing_of(&broker->standings, p->name);
	int64_t ends, now = now_wall();
	enum expiry_stage stage;

	if (s == NULL || registration_load(broker, p, &proofs) != MAILSEAL_OK)
		return LOOK_MAX_S;
	ends = expiry_of(p, proofs, s);
	stage = expiry_stage(ends, now);
	if (ends == 0)
		return 0; /* what was told of another stays known */
	if (ends != s->told_end)
		s->told_stage = EXPIRY_FAR;
	s->told_end = ends;
	/* A clock that is set back tells nothing twice. */
	if ((int)stage > s->told_stage) {
		s->told_stage = (int)stage;
		tell(p->name, ends, stage);
	}
	return expiry_left(ends, now);
}

static void
look_again(void *arg)
{
	expiry_look(arg);
}

void
expiry_look(struct broker *b)
{
	int64_t next = 0;

	if (b->keyring == NULL || !keyring_is_open(b->keyring))
		return;
	for (size_t i = 0; i < b->config->provider_count; i++) {
		const struct provider *p = b->config->providers[i];
		int64_t left = p->fault == NULL ? look_at(b, p) : 0;

		if (left > 0 && (next == 0 || left < next))
			next = left;
	}
	b->expiry.pass = look_again;
	b->expiry.arg = b;
	if (next == 0) {
		deadline_clear(b->deadlines, &b->expiry);
		return;
	}
	if (next > LOOK_MAX_S)
		next = LOOK_MAX_S;
	if (deadline_set(b->deadlines, &b->expiry,
		now_ms() + (uint64_t)next * 1000) != MAILSEAL_OK)
		log_warn("end dates are not watched", "out of memory");
}
