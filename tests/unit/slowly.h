/* SPDX-License-Identifier: ISC */
/*
 * slowly: the policy a second time, from the manual page alone.
 *
 * It reads the text of the files again for every question, line by line, and
 * shares no code with the broker.  It knows lines without a fault only.  It
 * can make one mistake on purpose, to show that the comparison would find one.
 */
#ifndef TESTS_UNIT_SLOWLY_H
#define TESTS_UNIT_SLOWLY_H

#include <ctype.h>
#include <grp.h>
#include <pwd.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define SLOWLY_USERS 256
#define SLOWLY_FILES 3
#define SLOWLY_TEXT 8192
#define SLOWLY_NAME 256

enum slowly_mistake {
	SLOWLY_RIGHT,
	SLOWLY_CASE,	  /* a section counts in its own spelling only */
	SLOWLY_SUBDOMAIN, /* *@b.c stands for x@a.b.c, too */
	SLOWLY_SERVICE,	  /* for: is not looked at */
	SLOWLY_GROUP,	  /* just the primary group is looked at */
	SLOWLY_UNIT,	  /* a unit: holds where there is no unit */
	SLOWLY_OWNER,	  /* a login name may be longer than the local part */
	SLOWLY_COMMENT,	  /* words behind a # count */
	SLOWLY_ANY,	  /* one word that holds is enough */
	SLOWLY_PASSWORD,  /* a line with the password does not go first */
	SLOWLY_LAST,	  /* the last line is told, not the first */
	SLOWLY_MISTAKES
};
static enum slowly_mistake slowly_mistake;

struct slowly_user {
	char name[SLOWLY_NAME];
	unsigned id;
	unsigned group; /* of a user */
};

/* Who asks, and for what. */
struct slowly_question {
	unsigned uid;
	unsigned group[16]; /* the first is the primary one */
	size_t groups;
	const char *unit; /* NULL: none */
	const char *name;
	const char *service;
};

struct slowly_answer {
	int file; /* -1: denied */
	unsigned line;
	bool password;
	char preferred[2 * SLOWLY_NAME]; /* "": none */
};

static struct slowly_user slowly_users[SLOWLY_USERS],
    slowly_groups[SLOWLY_USERS];
static size_t slowly_user_count, slowly_group_count;

/* The users and groups of this machine. */
static inline void
slowly_look_around(void)
{
	const struct passwd *pw;
	const struct group *gr;

	while ((pw = getpwent()) != NULL && slowly_user_count < SLOWLY_USERS) {
		struct slowly_user *u = &slowly_users[slowly_user_count++];

		(void)snprintf(u->name, sizeof(u->name), "%s", pw->pw_name);
		u->id = pw->pw_uid;
		u->group = pw->pw_gid;
	}
	while ((gr = getgrent()) != NULL && slowly_group_count < SLOWLY_USERS) {
		struct slowly_user *g = &slowly_groups[slowly_group_count++];

		(void)snprintf(g->name, sizeof(g->name), "%s", gr->gr_name);
		g->id = gr->gr_gid;
	}
	endpwent();
	endgrent();
}

/* By name or, when there is none of that name, by number. */
static inline unsigned
slowly_number(const struct slowly_user *all, size_t count, const char *name)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(all[i].name, name) == 0)
			return all[i].id;
	return (unsigned)atol(name);
}

static inline const char *
slowly_login(unsigned uid)
{
	for (size_t i = 0; i < slowly_user_count; i++)
		if (slowly_users[i].id == uid)
			return slowly_users[i].name;
	return NULL;
}

/* Whether a letter is in a set that stands behind "["; *end is behind it. */
static inline bool
slowly_in_set(const char *set, char letter, const char **end)
{
	bool not = *set == '!', in = false;

	for (set += not ; *set != ']'; set++) {
		if (set[1] == '-' && set[2] != ']') {
			in = in || (letter >= set[0] && letter <= set[2]);
			set += 2;
		} else
			in = in || letter == *set;
	}
	*end = set + 1;
	return in != not ;
}

static inline bool
slowly_glob(const char *glob, const char *text)
{
	const char *end = glob + 1;

	if (*glob == '\0')
		return *text == '\0';
	if (*glob == '*')
		return slowly_glob(glob + 1, text) ||
		    (*text != '\0' && slowly_glob(glob, text + 1));
	if (*text == '\0')
		return false;
	if (*glob == '[') {
		if (!slowly_in_set(glob + 1, *text, &end))
			return false;
	} else if (*glob != '?' && *glob != *text)
		return false;
	return slowly_glob(end, text + 1);
}

/* Whether a word's list, "smtp,imap", has a service. */
static inline bool
slowly_serves(const char *list, const char *service)
{
	char copy[64], all[80];

	(void)snprintf(copy, sizeof(copy), ",%s,", service);
	(void)snprintf(all, sizeof(all), ",%s,", list);
	return strstr(all, copy) != NULL;
}

static inline bool
slowly_owns(unsigned uid, const char *name)
{
	const char *login = slowly_login(uid), *at = strchr(name, '@');
	size_t len = (size_t)(at - name);

	return login != NULL && strncasecmp(login, name, len) == 0 &&
	    (strlen(login) == len || slowly_mistake == SLOWLY_OWNER);
}

/* Whether one word holds; those that are no conditions do. */
static inline bool
slowly_holds(const char *word, const char *name,
    const struct slowly_question *q)
{
	if (strncmp(word, "user:", 5) == 0)
		return slowly_number(slowly_users, slowly_user_count,
			   word + 5) == q->uid;
	if (strncmp(word, "group:", 6) == 0) {
		unsigned group = slowly_number(slowly_groups,
		    slowly_group_count, word + 6);

		for (size_t i = 0; i < q->groups; i++)
			if (q->group[i] == group &&
			    (i == 0 || slowly_mistake != SLOWLY_GROUP))
				return true;
		return false;
	}
	if (strncmp(word, "unit:", 5) == 0)
		return q->unit == NULL ? slowly_mistake == SLOWLY_UNIT :
					 slowly_glob(word + 5, q->unit);
	if (strcmp(word, "owner") == 0)
		return slowly_owns(q->uid, name);
	if (strncmp(word, "for:", 4) == 0)
		return slowly_mistake == SLOWLY_SERVICE ||
		    slowly_serves(word + 4, q->service);
	return true;
}

/* Whether all words of a line hold for an account. */
static inline bool
slowly_line(const char *value, const char *name,
    const struct slowly_question *q)
{
	char words[SLOWLY_TEXT], *rest = NULL;
	bool all = true, any = false;

	(void)snprintf(words, sizeof(words), "%s", value);
	for (char *word = strtok_r(words, " \t", &rest); word != NULL;
	     word = strtok_r(NULL, " \t", &rest)) {
		bool holds = slowly_holds(word, name, q);

		all = all && holds;
		any = any || holds;
	}
	return slowly_mistake == SLOWLY_ANY ? any : all;
}

/* Whether a section is for an address. */
static inline bool
slowly_section(const char *section, const char *name)
{
	const char *domain = strchr(name, '@');
	size_t len = strlen(section), domain_len = strlen(domain);
	int (*compare)(const char *,
	    const char *) = slowly_mistake == SLOWLY_CASE ? strcmp : strcasecmp;

	if (section[0] != '*')
		return compare(section, name) == 0;
	if (slowly_mistake == SLOWLY_SUBDOMAIN && domain_len >= len - 1 &&
	    strcasecmp(domain + domain_len - (len - 2), section + 2) == 0)
		return true;
	return compare(section + 1, domain) == 0;
}

/* Whether a word stands on a line. */
static inline bool
slowly_says(const char *value, const char *word)
{
	const char *at = strstr(value, word);
	char behind = at != NULL ? at[strlen(word)] : 'x';

	return at != NULL && (at == value || isspace((unsigned char)at[-1])) &&
	    (behind == '\0' || isspace((unsigned char)behind));
}

/* Whether this line is told rather than what was found before. */
static inline bool
slowly_is_better(const struct slowly_answer *found, bool password)
{
	if (found->file < 0)
		return true;
	if (slowly_mistake != SLOWLY_PASSWORD && found->password != password)
		return password;
	return slowly_mistake == SLOWLY_LAST;
}

static inline void
slowly_prefer(const char *section, const char *value,
    const struct slowly_question *q, struct slowly_answer *answer)
{
	char name[2 * SLOWLY_NAME];
	const char *login = slowly_login(q->uid);

	if (answer->preferred[0] != '\0' || !slowly_says(value, "preferred") ||
	    (section[0] == '*' && login == NULL))
		return;
	(void)snprintf(name, sizeof(name), "%s%s",
	    section[0] == '*' ? login : "", section + (section[0] == '*'));
	for (char *c = name; *c != '\0'; c++)
		*c = (char)tolower((unsigned char)*c);
	if (slowly_line(value, name, q))
		(void)snprintf(answer->preferred, sizeof(answer->preferred),
		    "%s", name);
}

static inline void
slowly_read(const char *text, int file, const struct slowly_question *q,
    struct slowly_answer *answer)
{
	char section[SLOWLY_NAME] = "", value[SLOWLY_TEXT], *end;
	unsigned number = 1;

	for (; *text != '\0'; number++) {
		size_t len = strcspn(text, "\n");
		const char *equals = memchr(text, '=', len);
		bool password;

		if (*text == '[')
			(void)snprintf(section, sizeof(section), "%.*s",
			    (int)(strcspn(text, "]") - 1), text + 1);
		else if (*text != '#' && *text != ';' && equals != NULL) {
			(void)snprintf(value, sizeof(value), "%.*s",
			    (int)(text + len - equals - 1), equals + 1);
			end = strstr(value, " #");
			if (end != NULL && slowly_mistake != SLOWLY_COMMENT)
				*end = '\0';
			password = slowly_says(value, "may-have-password");
			if (slowly_section(section, q->name) &&
			    slowly_line(value, q->name, q) &&
			    slowly_is_better(answer, password)) {
				answer->file = file;
				answer->line = number;
				answer->password = password;
			}
			slowly_prefer(section, value, q, answer);
		}
		text += len + (text[len] == '\n');
	}
}

/* Ask files, in the order of their names. */
static inline struct slowly_answer
slowly_ask(char text[SLOWLY_FILES][SLOWLY_TEXT],
    const struct slowly_question *q)
{
	struct slowly_answer answer = { .file = -1 };

	for (int i = 0; i < SLOWLY_FILES; i++)
		slowly_read(text[i], i, q, &answer);
	return answer;
}

#endif
