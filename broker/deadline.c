/* SPDX-License-Identifier: ISC */
#include <stdlib.h>
#include <time.h>

#include "broker/deadline.h"
#include "proto/error.h"

struct deadlines {
	sd_event_source *timer;
	struct deadline **heap; /* from 1, the earliest first */
	size_t count;
	size_t room;
};

uint64_t
now_ms(void)
{
	struct timespec ts;

	(void)clock_gettime(CLOCK_BOOTTIME, &ts); /* cannot fail on Linux */
	return (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000;
}

int64_t
now_wall(void)
{
	struct timespec ts;

	(void)clock_gettime(CLOCK_REALTIME, &ts);
	return ts.tv_sec;
}

static void
put(struct deadlines *ds, size_t place, struct deadline *d)
{
	ds->heap[place] = d;
	d->place = place;
}

static void
sift_up(struct deadlines *ds, struct deadline *d, size_t place)
{
	while (place > 1 && ds->heap[place / 2]->at_ms > d->at_ms) {
		put(ds, place, ds->heap[place / 2]);
		place /= 2;
	}
	put(ds, place, d);
}

static void
sift_down(struct deadlines *ds, struct deadline *d, size_t place)
{
	for (;;) {
		size_t child = place * 2;

		if (child > ds->count)
			break;
		if (child < ds->count &&
		    ds->heap[child + 1]->at_ms < ds->heap[child]->at_ms)
			child++;
		if (ds->heap[child]->at_ms >= d->at_ms)
			break;
		put(ds, place, ds->heap[child]);
		place = child;
	}
	put(ds, place, d);
}

static void
arm(struct deadlines *ds)
{
	if (ds->count == 0) {
		(void)sd_event_source_set_enabled(ds->timer, SD_EVENT_OFF);
		return;
	}
	(void)sd_event_source_set_time(ds->timer, ds->heap[1]->at_ms * 1000);
	(void)sd_event_source_set_enabled(ds->timer, SD_EVENT_ONESHOT);
}

static int
timer_passes(sd_event_source *source, uint64_t usec, void *arg)
{
	struct deadlines *ds = arg;
	uint64_t now = now_ms();

	(void)source;
	(void)usec;
	while (ds->count > 0 && ds->heap[1]->at_ms <= now) {
		struct deadline *d = ds->heap[1];

		deadline_clear(ds, d);
		d->pass(d->arg);
	}
	arm(ds);
	return 0;
}

struct deadlines *
deadlines_new(sd_event *event)
{
	struct deadlines *ds = calloc(1, sizeof(*ds));

	if (ds == NULL)
		return NULL;
	if (sd_event_add_time(event, &ds->timer, CLOCK_BOOTTIME, UINT64_MAX,
		1000, timer_passes, ds) < 0) {
		free(ds);
		return NULL;
	}
	return ds;
}

void
deadlines_free(struct deadlines *ds)
{
	if (ds == NULL)
		return;
	(void)sd_event_source_unref(ds->timer);
	free(ds->heap);
	free(ds);
}

int
deadline_set(struct deadlines *ds, struct deadline *d, uint64_t at_ms)
{
	if (d->place == 0) {
		if (ds->count + 1 >= ds->room) {
			size_t room = ds->room == 0 ? 64 : ds->room * 2;
			struct deadline **grown = reallocarray(ds->heap, room,
			    sizeof(struct deadline *));

			if (grown == NULL)
				return MAILSEAL_E_NOMEM;
			ds->heap = grown;
			ds->room = room;
		}
		put(ds, ++ds->count, d);
	}
	d->at_ms = at_ms;
	sift_up(ds, d, d->place);
	sift_down(ds, d, d->place);
	arm(ds);
	return MAILSEAL_OK;
}

void
deadline_clear(struct deadlines *ds, struct deadline *d)
{
	struct deadline *last;
	size_t place = d->place;

	if (place == 0)
		return;
	last = ds->heap[ds->count--];
	d->place = 0;
	if (last != d) {
		put(ds, place, last);
		sift_up(ds, last, place);
		sift_down(ds, last, last->place);
	}
	arm(ds);
}
