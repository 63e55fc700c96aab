/* SPDX-License-Identifier: ISC */
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

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

int64_t
moment_of_date(const char *text)
{
	struct tm tm = { 0 };
	char back[16];
	const char *end = strptime(text, "%Y-%m-%d", &tm);
	time_t when;

	if (end == NULL || *end != '\0')
		return -1;
	when = timegm(&tm);
	/* The 31st of April becomes another day; and 5-1 is no date. */
	if (when < 0 || when >= LIMIT ||
	    strftime(back, sizeof(back), "%Y-%m-%d", &tm) == 0 ||
	    strcmp(back, text) != 0)
		return -1;
	return (int64_t)when;
}

const char *
moment_date(const char *digits, int64_t now, char text[MOMENT_SIZE])
{
	int64_t when = digits == NULL ? -1 : moment_read(digits);
	time_t time = (time_t)when;
	char date[16], away[MOMENT_SIZE];
	struct tm tm;

	if (when < 0 || gmtime_r(&time, &tm) == NULL ||
	    strftime(date, sizeof(date), "%Y-%m-%d", &tm) == 0)
		(void)snprintf(text, MOMENT_SIZE, "-");
	else
		(void)snprintf(text, MOMENT_SIZE, "%.10s (%.24s)", date,
		    moment_say(when, now, away));
	return text;
}
