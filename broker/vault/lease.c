/* SPDX-License-Identifier: ISC */
#include <string.h>

#include "broker/vault/lease.h"

enum lease_state
lease_next(enum lease_state state, enum lease_event event, bool alive)
{
	switch (event) {
	case LEASE_WANTED:
		return LEASE_REFRESHING;
	case LEASE_ISSUED:
		return LEASE_FRESH;
	case LEASE_REFUSED:
		return alive ? LEASE_FRESH : LEASE_NONE;
	case LEASE_ENDED:
		/* An exchange under way still brings the next one. */
		return state == LEASE_REFRESHING ? state : LEASE_NONE;
	}
	return state;
}

static void
drop_replies(struct lease *lease)
{
	for (size_t i = 0; i < LEASE_REPLIES_MAX; i++)
		secret_free(lease->reply[i].bytes);
	memset(lease->reply, 0, sizeof(lease->reply));
}

void
lease_clear(struct lease *lease)
{
	drop_replies(lease);
	secret_free(lease->token);
	lease->token = NULL;
	lease->end_ms = 0;
	lease->expires = 0;
}

void
lease_trim(struct lease *lease, uint64_t now)
{
	if (lease_is_alive(lease, now))
		drop_replies(lease);
	else
		lease_clear(lease);
}

void
lease_issue(struct lease *lease, struct secret **token, uint64_t now,
    int64_t wall, uint64_t life_s)
{
	lease_clear(lease);
	lease->token = secret_move(token);
	lease->issued_ms = now;
	lease->end_ms = now + life_s * 1000;
	lease->expires = wall + (int64_t)life_s;
	lease->wanted_before = lease->wanted;
	lease->wanted = false;
}

bool
lease_is_alive(const struct lease *lease, uint64_t now)
{
	return lease->token != NULL && now < lease->end_ms;
}

bool
lease_serves(const struct lease *lease, uint64_t now, uint64_t life_s)
{
	uint64_t own, need, least;

	if (!lease_is_alive(lease, now))
		return false;
	own = lease->end_ms - lease->issued_ms;
	least = own / 10 < LEASE_MARGIN_MS ? own / 10 : LEASE_MARGIN_MS;
	need = life_s * 1000 < own / 2 ? life_s * 1000 : own / 2;
	if (need < least)
		need = least;
	return lease->end_ms - now >= need;
}

uint64_t
lease_renewal_ms(const struct lease *lease, uint32_t random)
{
	uint64_t own = lease->end_ms - lease->issued_ms;

	return lease->end_ms - own / 5 - random % (own / 20 + 1);
}

const struct secret *
lease_reply(const struct lease *lease, unsigned key)
{
	for (size_t i = 0; i < LEASE_REPLIES_MAX; i++)
		if (lease->reply[i].bytes != NULL && lease->reply[i].key == key)
			return lease->reply[i].bytes;
	return NULL;
}

void
lease_keep_reply(struct lease *lease, unsigned key, struct secret **reply)
{
	size_t last = LEASE_REPLIES_MAX - 1;

	secret_free(lease->reply[last].bytes);
	memmove(&lease->reply[1], &lease->reply[0],
	    last * sizeof(lease->reply[0]));
	lease->reply[0] = (struct lease_reply){ key, secret_move(reply) };
}
