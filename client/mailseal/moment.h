/* SPDX-License-Identifier: ISC */
/*
 * moment: a point in time as a person says it, "in 42 min", "3 days ago".
 */
#ifndef CLIENT_MAILSEAL_MOMENT_H
#define CLIENT_MAILSEAL_MOMENT_H

#include <stdint.h>

#define MOMENT_SIZE 40

/* Say when, seen from now; both are epoch seconds. */
const char *moment_say(int64_t when, int64_t now, char text[MOMENT_SIZE]);

/* The same for the decimal digits of a field; "-" where it is NULL. */
const char *moment_of_field(const char *digits, int64_t now,
    char text[MOMENT_SIZE]);

/* The start of a day written YYYY-MM-DD, in UTC; -1 when it is none. */
int64_t moment_of_date(const char *text);

/* The day as YYYY-MM-DD, in UTC, and how far away: "2027-05-01 (in 8 days)". */
const char *moment_date(const char *digits, int64_t now,
    char text[MOMENT_SIZE]);

/* Epoch seconds from decimal digits; -1 when they are none. */
int64_t moment_read(const char *digits);

#endif
