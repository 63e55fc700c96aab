/* SPDX-License-Identifier: ISC */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "broker/names.h"
#include "broker/policy.h"
#include "proto/error.h"

#define RULES_MAX 65536
#define ALL_SERVICES ((1u << SERVICE_COUNT) - 1)

struct entry {
	struct rule rule;
	char *pattern; /* an address, or *@domain; in lower case */
	bool by_user, by_group, by_service;
	uid_t uid;
	gid_t gid;
	unsigned services; /* bits of enum service */
};

struct policy {
	size_t count;
	size_t room;
	struct entry *entries;
	size_t file_count;
	char **files; /* the names that rules point to */
};

struct reading {
	struct policy *policy;
	const char *path;
	bool strict;
	policy_alarm *alarm;
};

void
policy_free(struct policy *policy)
{
	if (policy == NULL)
		return;
	for (size_t i = 0; i < policy->count; i++)
		free(policy->entries[i].pattern);
	for (size_t i = 0; i < policy->file_count; i++)
		free(policy->files[i]);
	free(policy->entries);
	free(policy->files);
	free(policy);
}

static int
word_user(struct entry *e, const char *name, const char **why)
{
	if (e->by_user) {
		*why = "two users never hold at once; write two lines";
		return MAILSEAL_E_CONFIG;
	}
	e->by_user = true;
	if (names_find_user(name, &e->uid))
		return MAILSEAL_OK;
	*why = "there is no such user";
	return MAILSEAL_E_CONFIG;
}

static int
word_group(struct entry *e, const char *name, const char **why)
{
	if (e->by_group) {
		*why = "one group: to a line";
		return MAILSEAL_E_CONFIG;
	}
	e->by_group = true;
	if (names_find_group(name, &e->gid))
		return MAILSEAL_OK;
	*why = "there is no such group";
	return MAILSEAL_E_CONFIG;
}

static int
word_for(struct entry *e, char *names, const char **why)
{
	char *rest = NULL;

	if (e->by_service) {
		*why = "one for: to a line, its services separated by commas";
		return MAILSEAL_E_CONFIG;
	}
	e->by_service = true;
	e->services = 0;
	for (char *name = strtok_r(names, ",", &rest); name != NULL;
	     name = strtok_r(NULL, ",", &rest)) {
		int service = service_by_name(name);

		if (service < 0) {
			*why = "for: takes smtp, imap and pop";
			return MAILSEAL_E_CONFIG;
		}
		e->services |= 1u << service;
	}
	if (e->services != 0)
		return MAILSEAL_OK;
	*why = "for: takes smtp, imap and pop";
	return MAILSEAL_E_CONFIG;
}

static int
take_word(struct entry *e, char *word, const char **why)
{
	if (strncmp(word, "user:", 5) == 0)
		return word_user(e, word + 5, why);
	if (strncmp(word, "group:", 6) == 0)
		return word_group(e, word + 6, why);
	if (strncmp(word, "for:", 4) == 0)
		return word_for(e, word + 4, why);
	if (strcmp(word, "may-have-password") == 0) {
		e->rule.may_have_password = true;
		return MAILSEAL_OK;
	}
	*why = "the word is not known";
	return MAILSEAL_E_CONFIG;
}

static int
read_words(struct entry *e, const char *value, struct reading *r, unsigned line,
    struct fault *fault)
{
	char words[INI_VALUE_MAX + 1], whole[INI_VALUE_MAX + 1];
	char *rest = NULL;
	const char *why = NULL;

	(void)snprintf(words, sizeof(words), "%s", value);
	e->services = ALL_SERVICES;
	for (char *word = strtok_r(words, " \t", &rest); word != NULL;
	     word = strtok_r(NULL, " \t", &rest)) {
		(void)snprintf(whole, sizeof(whole), "%s", word);
		if (take_word(e, word, &why) != MAILSEAL_OK)
			return fault_set(fault, r->path, line, "%.200s: %s",
			    whole, why);
	}
	if (!e->by_user && !e->by_group)
		return fault_set(fault, r->path, line,
		    "an allow line names a user: or a group:");
	return MAILSEAL_OK;
}

/* ADDRESS or *@DOMAIN, in lower case; NULL when it is neither. */
static char *
read_pattern(const char *section)
{
	const char *at = strchr(section, '@');
	char *pattern;

	if (at == NULL || at == section || at[1] == '\0' ||
	    strchr(at + 1, '@') != NULL || strlen(section) > ACCOUNT_MAX)
		return NULL;
	if (strchr(section, '*') != NULL &&
	    !(section[0] == '*' && at == section + 1 &&
		strchr(section + 1, '*') == NULL))
		return NULL;
	pattern = strdup(section);
	for (char *c = pattern; c != NULL && *c != '\0'; c++)
		*c = (char)tolower((unsigned char)*c);
	return pattern;
}

static int
append(struct policy *policy, const struct entry *e)
{
	struct entry *grown;

	if (policy->count == RULES_MAX)
		return MAILSEAL_E_TOOLONG;
	if (policy->count == policy->room) {
		size_t room = policy->room == 0 ? 16 : policy->room * 2;

		grown = reallocarray(policy->entries, room, sizeof(*grown));
		if (grown == NULL)
			return MAILSEAL_E_NOMEM;
		policy->entries = grown;
		policy->room = room;
	}
	policy->entries[policy->count++] = *e;
	return MAILSEAL_OK;
}

static int
read_line(struct reading *r, const struct ini_entry *entry, struct fault *fault)
{
	struct entry e = { 0 };
	int error;

	if (strcmp(entry->key, "allow") != 0)
		return fault_set(fault, r->path, entry->line,
		    "key %s is not known; there are only allow lines",
		    entry->key);
	error = read_words(&e, entry->value, r, entry->line, fault);
	if (error != MAILSEAL_OK)
		return error;
	e.rule.file = r->policy->files[r->policy->file_count - 1];
	e.rule.line = entry->line;
	e.pattern = read_pattern(entry->section);
	if (e.pattern == NULL)
		return fault_set(fault, r->path, entry->line,
		    "section [%.100s] is neither an address nor *@domain",
		    entry->section);
	error = append(r->policy, &e);
	if (error != MAILSEAL_OK)
		free(e.pattern);
	return error;
}

static int
use(void *arg, const struct ini_entry *entry, struct fault *fault)
{
	struct reading *r = arg;
	int error = read_line(r, entry, fault);

	if (error != MAILSEAL_E_CONFIG || r->strict)
		return error;
	r->alarm(fault); /* this line is off, the others hold */
	fault->file[0] = '\0';
	return MAILSEAL_OK;
}

static int
read_file(struct reading *r, const char *folder, const char *name,
    struct fault *fault)
{
	struct policy *policy = r->policy;
	char path[1024];
	char **files = reallocarray(policy->files, policy->file_count + 1,
	    sizeof(*files));
	int error;

	if (files == NULL)
		return MAILSEAL_E_NOMEM;
	policy->files = files;
	if (snprintf(path, sizeof(path), "%s/%s", folder, name) >=
	    (int)sizeof(path))
		return fault_set(fault, folder, 0, "a file name is too long");
	files[policy->file_count] = strdup(path);
	if (files[policy->file_count] == NULL)
		return MAILSEAL_E_NOMEM;
	policy->file_count++;
	r->path = path;
	error = ini_read(path, use, r, fault);
	if (error == MAILSEAL_OK || error == MAILSEAL_E_NOMEM || r->strict)
		return error;
	r->alarm(fault); /* this file is off, the others hold */
	return MAILSEAL_OK;
}

int
policy_read(const char *folder, bool strict, policy_alarm *alarm,
    struct policy **policy, struct fault *fault)
{
	AUTO(policy) p = calloc(1, sizeof(*p));
	struct reading r = { p, NULL, strict, alarm };
	char **names = NULL;
	int error;

	if (p == NULL)
		return MAILSEAL_E_NOMEM;
	error = ini_names(folder, &names, fault);
	for (size_t i = 0; error == MAILSEAL_OK && names[i] != NULL; i++)
		error = read_file(&r, folder, names[i], fault);
	ini_names_free(names);
	if (error != MAILSEAL_OK)
		return error;
	*policy = p;
	p = NULL;
	return MAILSEAL_OK;
}

static bool
pattern_matches(const char *pattern, const char *name)
{
	const char *at = strchr(name, '@');

	if (pattern[0] != '*')
		return strcmp(pattern, name) == 0;
	return at != NULL && at != name && strcmp(pattern + 1, at) == 0;
}

static bool
entry_allows(const struct entry *e, const struct peer *peer, const char *name,
    enum service service)
{
	return (e->services & 1u << service) != 0 &&
	    (!e->by_user || e->uid == peer->uid) &&
	    (!e->by_group || peer_in_group(peer, e->gid)) &&
	    pattern_matches(e->pattern, name);
}

const struct rule *
policy_match(const struct policy *policy, const struct peer *peer,
    const char *name, enum service service)
{
	const struct rule *found = NULL;

	for (size_t i = 0; i < policy->count; i++) {
		const struct entry *e = &policy->entries[i];

		if (!entry_allows(e, peer, name, service))
			continue;
		if (found == NULL ||
		    (e->rule.may_have_password && !found->may_have_password))
			found = &e->rule;
	}
	return found;
}

size_t
policy_count(const struct policy *policy)
{
	return policy->count;
}
