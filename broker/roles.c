/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "broker/names.h"
#include "broker/roles.h"
#include "proto/error.h"

static const char *const names[] = {
	[RIGHT_NONE] = "none",
	[RIGHT_USE] = "none",
	[RIGHT_MONITOR] = "monitor",
	[RIGHT_ENROLL] = "enroll",
	[RIGHT_ADMIN] = "admin",
};

struct member {
	bool is_group;
	uid_t uid;
	gid_t gid;
};

struct entry {
	struct role_line line;
	size_t count;
	struct member *members;
};

struct roles {
	char *file; /* that the lines point to */
	size_t count;
	struct entry *entries;
	size_t off;
};

struct reading {
	struct roles *roles;
	enum strictness strictness;
	const struct alarm *alarm;
	bool unresolved; /* nothing but a name that is not known is wrong */
};

static void
entry_clear(struct entry *e)
{
	free(e->line.words);
	free(e->members);
}

void
roles_free(struct roles *roles)
{
	if (roles == NULL)
		return;
	for (size_t i = 0; i < roles->count; i++)
		entry_clear(&roles->entries[i]);
	free(roles->entries);
	free(roles->file);
	free(roles);
}

const char *
role_name(enum right role)
{
	return names[role];
}

/* RIGHT_NONE for a key that is none. */
static enum right
role_by_name(const char *name)
{
	for (int i = RIGHT_MONITOR; i <= RIGHT_ADMIN; i++)
		if (strcmp(names[i], name) == 0)
			return (enum right)i;
	return RIGHT_NONE;
}

/* What is wrong with a word, or NULL; *missing: only that it is not known. */
static const char *
read_word(const char *word, struct member *m, bool *missing)
{
	*missing = false;
	m->is_group = strncmp(word, "group:", 6) == 0;
	if (!m->is_group && strncmp(word, "user:", 5) != 0)
		return "a role is given to user:NAME or group:NAME";
	*missing = m->is_group ? !names_find_group(word + 6, &m->gid) :
				 !names_find_user(word + 5, &m->uid);
	if (!*missing)
		return NULL;
	return m->is_group ? "there is no such group" : "there is no such user";
}

/* Another fault goes before a name that may yet be known. */
static int
read_words(struct reading *r, struct entry *e, const char *value,
    struct fault *fault)
{
	char words[INI_VALUE_MAX + 1];
	char *rest = NULL;

	r->unresolved = false;
	(void)snprintf(words, sizeof(words), "%s", value);
	for (char *word = strtok_r(words, " \t", &rest); word != NULL;
	     word = strtok_r(NULL, " \t", &rest)) {
		struct member m = { 0 }, *grown;
		bool missing;
		const char *why = read_word(word, &m, &missing);

		if (why != NULL && (!missing || !r->unresolved))
			(void)fault_set(fault, e->line.origin.file,
			    e->line.origin.line, "%.200s: %s", word, why);
		r->unresolved = r->unresolved || missing;
		if (why != NULL && !missing) {
			r->unresolved = false;
			return MAILSEAL_E_CONFIG;
		}
		grown = reallocarray(e->members, e->count + 1, sizeof(*grown));
		if (grown == NULL)
			return MAILSEAL_E_NOMEM;
		e->members = grown;
		e->members[e->count++] = m;
	}
	e->line.words = strdup(value);
	if (e->line.words == NULL)
		return MAILSEAL_E_NOMEM;
	return r->unresolved ? MAILSEAL_E_CONFIG : MAILSEAL_OK;
}

static int
append(struct roles *roles, const struct entry *e)
{
	struct entry *grown = reallocarray(roles->entries, roles->count + 1,
	    sizeof(*grown));

	if (grown == NULL)
		return MAILSEAL_E_NOMEM;
	roles->entries = grown;
	roles->entries[roles->count++] = *e;
	return MAILSEAL_OK;
}

static int
read_line(struct reading *r, const struct ini_entry *entry, struct fault *fault)
{
	struct roles *roles = r->roles;
	struct entry e = { 0 };
	int error;

	if (strcmp(entry->section, "roles") != 0)
		return fault_set(fault, roles->file, entry->line,
		    "section [%.100s] is not known here; there is just [roles]",
		    entry->section);
	e.line.role = role_by_name(entry->key);
	e.line.origin = (struct origin){ roles->file, entry->line };
	if (e.line.role == RIGHT_NONE)
		return fault_set(fault, roles->file, entry->line,
		    "key %s is not known; the roles are monitor, enroll, admin",
		    entry->key);
	error = read_words(r, &e, entry->value, fault);
	if (error == MAILSEAL_OK)
		error = append(roles, &e);
	if (error != MAILSEAL_OK)
		entry_clear(&e);
	return error;
}

static int
use(void *arg, const struct ini_entry *entry, struct fault *fault)
{
	struct reading *r = arg;
	int error;

	r->unresolved = false;
	error = read_line(r, entry, fault);
	fault->unresolved = r->unresolved;
	return fault_forgive(fault, error, r->strictness, r->alarm,
	    &r->roles->off);
}

int
roles_read(const char *path, enum strictness strictness,
    const struct alarm *alarm, struct roles **roles, struct fault *fault)
{
	AUTO(roles) all = calloc(1, sizeof(*all));
	struct reading r = { all, strictness, alarm, false };
	int error = MAILSEAL_OK;

	if (all == NULL || (all->file = strdup(path)) == NULL)
		return MAILSEAL_E_NOMEM;
	if (access(path, F_OK) == 0 || errno != ENOENT)
		error = ini_read(path, use, &r, fault);
	/* Without its file root still has every role. */
	error = fault_forgive(fault, error, strictness, alarm, &all->off);
	if (error != MAILSEAL_OK)
		return error;
	*roles = all;
	all = NULL;
	return MAILSEAL_OK;
}

static bool
is_member(const struct entry *e, const struct peer *peer)
{
	for (size_t i = 0; i < e->count; i++) {
		const struct member *m = &e->members[i];

		if (m->is_group ? peer_in_group(peer, m->gid) :
				  m->uid == peer->uid)
			return true;
	}
	return false;
}

enum right
roles_of(const struct roles *roles, const struct peer *peer)
{
	enum right most = RIGHT_NONE;

	if (peer->uid == 0 || peer->uid == geteuid())
		return RIGHT_ADMIN;
	for (size_t i = 0; i < roles->count; i++) {
		const struct entry *e = &roles->entries[i];

		if (e->line.role > most && is_member(e, peer))
			most = e->line.role;
	}
	return most;
}

size_t
roles_off(const struct roles *roles)
{
	return roles->off;
}

size_t
roles_count(const struct roles *roles)
{
	return roles->count;
}

const struct role_line *
roles_line(const struct roles *roles, size_t place)
{
	return &roles->entries[place].line;
}
