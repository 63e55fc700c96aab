/* SPDX-License-Identifier: ISC */
#include "broker/polling.h"

void
polling_start(struct polling *p, uint64_t interval_s, uint64_t now_ms)
{
	p->interval_ms = interval_s * 1000;
	p->pause_ms = p->interval_ms;
	p->next_ms = now_ms + p->pause_ms;
}

/* Twice as long, but no longer than a person has patience for. */
static uint64_t
back_off(const struct polling *p, uint64_t retry_after_s)
{
	uint64_t most = POLLING_PAUSE_MAX_S * 1000, pause = p->pause_ms * 2;

	if (pause > most)
		pause = most;
	if (pause < p->interval_ms)
		pause = p->interval_ms;
	return pause > retry_after_s * 1000 ? pause : retry_after_s * 1000;
}

void
polling_note(struct polling *p, enum polled polled, uint64_t retry_after_s,
    uint64_t now_ms)
{
	switch (polled) {
	case POLLED_PENDING:
		p->pause_ms = p->interval_ms;
		break;
	case POLLED_SLOW_DOWN:
		p->interval_ms += POLLING_SLOWER_S * 1000;
		p->pause_ms = p->interval_ms;
		break;
	case POLLED_TROUBLE:
		p->pause_ms = back_off(p, retry_after_s);
		break;
	}
	p->next_ms = now_ms + p->pause_ms;
}

uint64_t
polling_rest_s(const struct polling *p, uint64_t now_ms)
{
	return p->next_ms > now_ms ? (p->next_ms - now_ms + 999) / 1000 : 0;
}
