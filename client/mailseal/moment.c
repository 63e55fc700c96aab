/* SPDX-License-Identifier: ISC */
#include <stdbool.h>
#include <stdio.h>

#include "client/mailseal/moment.h"

#define MINUTE 60
#define HOUR (60 * MINUTE)
#define DAY (24 * HOUR)
#define LIMIT 253402300800 /* the year 10000: no date of anybody's */

const char *
moment_say(int64_t when, int64_t now, char text[MOMENT_SIZE])
{
	bool past = when <= now;
	int64_t gap = past ? now - when : when - now;
	const char *unit = "s";
	int64_t count = gap;

	if (gap < 5 && past) {
		(void)snprintf(text, MOMENT_SIZE, "just now");
		return text;
	}
	if (gap >= 2 * DAY) {
		count = gap / DAY;
		unit = "days";
	} else if (gap >= 2 * HOUR) {
		count = gap / HOUR;
		unit = "hours";
	} else if (gap >= 2 * MINUTE) {
		count = gap / MINUTE;
		unit = "min";
	}
	(void)snprintf(text, MOMENT_SIZE, "%s%lld %s%s", past ? "" : "in ",
	    (long long)count, unit, past ? " ago" : "");
	return text;
}

int64_t
moment_read(const char *digits)
{
	int64_t when = 0;

	if (*digits == '\0')
		return -1;
	for (; *digits != '\0'; digits++) {
		if (*digits < '0' || *digits > '9')
			return -1;
		when = when * 10 + (*digits - '0');
		if (when > LIMIT)
			return -1;
	}
	return when;
}

const char *
moment_of_field(const char *digits, int64_t now, char text[MOMENT_SIZE])
{
	int64_t when = digits == NULL ? -1 : moment_read(digits);

	if (when >= 0)
		return moment_say(when, now, text);
	(void)snprintf(text, MOMENT_SIZE, "-");
	return text;
}
