/* SPDX-License-Identifier: ISC */
/*
 * drawn: files of allow lines without a fault, and who asks, by lot.
 *
 * A small cast of the machine's users and groups plays in each set of files,
 * so that lines hold often enough to differ in what they give.
 */
#ifndef TESTS_UNIT_DRAWN_H
#define TESTS_UNIT_DRAWN_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/slowly.h"

static const char *const locals[] = { "a", "erp", "no-reply", "A.b" };
static const char *const domains[] = { "b.c", "x.b.c", "Staff.B.c", "xb.c" };
static const char *const units[] = { NULL, "erp.service", "erp2.service",
	"campus-mail@1.service", "campus-mail@a1.service", "user@1000.service",
	"session-3.scope", "a\\x2db.service", "ax2db.service" };
static const char *const globs[] = { "erp.service", "erp*.service",
	"campus-mail@*.service", "campus-mail@?.service", "*.scope",
	"[ce]*.service", "[!a-d]*1.service", "a\\x2db.service", "*@1*",
	"user@1000.service", "erp?.*" };
static const char *const services[] = { "smtp", "imap", "pop" };

#define SECTIONS 6 /* of a file */

static const char *drawn_unit; /* of who asks */
static uint64_t drawn_numbers;
static struct slowly_user users[4], groups[5];		    /* the cast */
static char sections[SLOWLY_FILES * SECTIONS][SLOWLY_TEXT]; /* that there are */
static size_t section_count;

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define ANY(array) array[pick(COUNT(array))]

/* A number below max; splitmix64. */
static size_t
pick(size_t max)
{
	uint64_t n = drawn_numbers += 0x9e3779b97f4a7c15u;

	n = (n ^ n >> 30) * 0xbf58476d1ce4e5b9u;
	n = (n ^ n >> 27) * 0x94d049bb133111ebu;
	return (size_t)((n ^ n >> 31) % max);
}

static void say(char *to, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static void
say(char *to, const char *format, ...)
{
	size_t len = strlen(to);
	va_list ap;

	va_start(ap, format);
	assert_true(vsnprintf(to + len, SLOWLY_TEXT - len, format, ap) <
	    (int)(SLOWLY_TEXT - len));
	va_end(ap);
}

/* The part before the @: a user of the cast's, often, or almost. */
static void
say_local(char *to)
{
	size_t last;

	if (pick(3) == 0) {
		say(to, "%s", ANY(locals));
		return;
	}
	say(to, "%s", ANY(users).name);
	last = strlen(to) - 1;
	if (pick(8) == 0 && last > 0 && to[last - 1] != '@')
		to[last] = '\0'; /* a letter is wanting */
}

static void
mix_case(char *text)
{
	for (char *c = text; *c != '\0'; c++)
		if (pick(4) == 0)
			*c = (char)toupper((unsigned char)*c);
}

static void
say_name(char *to, const char *kind, const struct slowly_user *one)
{
	if (pick(3) > 0)
		say(to, "%s:%s", kind, one->name);
	else
		say(to, "%s:%u", kind, pick(6) == 0 ? 54321u : one->id);
}

/* One line that has no fault: its words in any order. */
static void
say_line(char *to, bool wild)
{
	unsigned words = 0, first = (unsigned)pick(7);

	while ((words & 15) == 0) /* somebody is named */
		words = (unsigned)(pick(128) & pick(128)) | (pick(3) == 0) << 5;
	if (wild && (words & 8) == 0)
		words &= ~64u; /* preferred goes with owner */
	say(to, "%s%s=", pick(3) == 0 ? "ALLOW" : "allow",
	    pick(2) == 0 ? " " : "");
	for (unsigned i = 0; i < 7; i++) {
		unsigned word = (first + i) % 7;

		if ((words & 1u << word) == 0)
			continue;
		say(to, "%s", pick(5) == 0 ? "\t " : " ");
		if (word == 0)
			say_name(to, "user", &ANY(users));
		else if (word == 1)
			say_name(to, "group", &ANY(groups));
		else if (word == 2)
			say(to, "unit:%s", ANY(globs));
		else if (word == 3)
			say(to, "owner");
		else if (word == 4)
			say(to, "for:%s%s%s", ANY(services),
			    pick(2) == 0 ? "," : ",smtp,", ANY(services));
		else
			say(to, word == 5 ? "may-have-password" : "preferred");
	}
	say(to, "%s\n",
	    pick(4) == 0 ? " # user:root may-have-password preferred" : "");
}

/* A section, unless this file, which began with section from, has it. */
static bool
draw_section(size_t from, bool wild)
{
	char *section = sections[section_count];

	*section = '\0';
	if (wild)
		say(section, "*");
	else
		say_local(section);
	say(section, "@%s", ANY(domains));
	mix_case(section);
	for (size_t i = from; i < section_count; i++)
		if (strcasecmp(sections[i], section) == 0)
			return false;
	section_count++;
	return true;
}

static inline void
draw_file(char *to)
{
	size_t from = section_count;

	*to = '\0';
	say(to, pick(2) == 0 ? "# [a@b.c]\n\n" : "; allow = user:root\n");
	for (size_t left = pick(SECTIONS); left > 0; left--) {
		bool wild = pick(3) == 0;

		if (!draw_section(from, wild))
			continue;
		say(to, "[%s]\n", sections[section_count - 1]);
		for (size_t lines = pick(5); lines > 0; lines--) {
			if (pick(6) == 0)
				say(to, "#allow = user:root\n\n");
			say_line(to, wild);
		}
	}
}

/* Before the files of a set. */
static inline void
draw_cast(void)
{
	section_count = 0;
	for (size_t i = 0; i < COUNT(users); i++)
		users[i] = slowly_users[pick(slowly_user_count)];
	for (size_t i = 0; i < COUNT(groups); i++)
		groups[i] = slowly_groups[pick(slowly_group_count)];
}

/* One of the cast, or nobody's number, in some groups, for some address. */
static inline void
draw_question(struct slowly_question *q, char name[SLOWLY_TEXT])
{
	const struct slowly_user *u = &ANY(users);
	const char *domain = ANY(domains), *section;

	q->uid = pick(10) == 0 ? 54321 : u->id;
	q->group[0] = u->group;
	q->groups = 1 + pick(COUNT(q->group) - 1);
	for (size_t i = 1; i < q->groups; i++)
		q->group[i] = pick(3) == 0 ?
		    ANY(groups).id :
		    slowly_groups[pick(slowly_group_count)].id;
	q->unit = drawn_unit = ANY(units);
	q->service = ANY(services);
	section = section_count > 0 && pick(4) > 0 ?
	    sections[pick(section_count)] :
	    "*";
	*name = '\0';
	if (*section != '*')
		say(name, "%s", section);
	else {
		if (pick(2) == 0)
			say(name, "%s", u->name);
		else
			say_local(name);
		say(name, "%s%s", section[1] == '\0' ? "@" : "",
		    section[1] == '\0' ? domain : section + 1);
	}
	for (char *c = name; *c != '\0'; c++)
		*c = (char)tolower((unsigned char)*c);
	q->name = name;
}

#endif
