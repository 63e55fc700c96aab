/* SPDX-License-Identifier: ISC */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "broker/cgroup.h"
#include "broker/names.h"
#include "broker/rules.h"
#include "broker/service.h"
#include "proto/error.h"
#include "proto/verb.h"

#define RULES_MAX 65536
#define ALL_SERVICES ((1u << SERVICE_COUNT) - 1)

struct reading {
	struct rules *rules;
	const char *path;
	const struct rules_terms *terms;
	char missing[256]; /* the first name of a line that is not known */
	bool unresolved;   /* and nothing else is wrong with the line */
};

static void
clear(struct allow *a)
{
	free(a->pattern);
	free(a->words);
	free(a->group);
	free(a->unit);
}

void
rules_free(struct rules *rules)
{
	if (rules == NULL)
		return;
	for (size_t i = 0; i < rules->count; i++)
		clear(&rules->at[i]);
	for (size_t i = 0; i < rules->file_count; i++)
		free(rules->files[i]);
	free(rules->at);
	free(rules->files);
	free(rules);
}

/* Read on first: another fault goes before a name that may yet be known. */
static void
note_missing(struct reading *r, const char *kind, const char *name)
{
	if (r->missing[0] == '\0')
		(void)snprintf(r->missing, sizeof(r->missing),
		    "%s:%.200s: there is no such %s", kind, name, kind);
}

static int
word_user(struct allow *a, const char *name, struct reading *r,
    const char **why)
{
	if (a->by_user) {
		*why = "two users never hold at once; write two lines";
		return MAILSEAL_E_CONFIG;
	}
	a->by_user = true;
	if (!names_find_user(name, &a->uid))
		note_missing(r, "user", name);
	return MAILSEAL_OK;
}

static int
word_group(struct allow *a, const char *name, struct reading *r,
    const char **why)
{
	if (a->by_group) {
		*why = "one group: to a line";
		return MAILSEAL_E_CONFIG;
	}
	a->by_group = true;
	a->group = strdup(name);
	if (a->group == NULL)
		return MAILSEAL_E_NOMEM;
	if (!names_find_group(name, &a->gid))
		note_missing(r, "group", name);
	return MAILSEAL_OK;
}

/* Whether a glob can be the whole name of a unit; a name ends in its kind. */
static bool
may_be_unit(const char *glob)
{
	return strlen(glob) <= CGROUP_UNIT_MAX &&
	    (strpbrk(glob, "*?[") != NULL || cgroup_is_unit(glob));
}

static int
word_unit(struct allow *a, const char *glob, bool units_are_known,
    const char **why)
{
	*why = NULL;
	if (a->unit != NULL)
		*why = "one unit: to a line";
	else if (!units_are_known)
		*why = "it needs Linux 6.5: an older kernel cannot tell a "
		       "process from a later one of its number";
	else if (glob[strspn(glob, "*?")] == '\0')
		*why = "it names every unit";
	else if (!may_be_unit(glob))
		*why = "it is not the whole name of a unit, such as "
		       "erp.service";
	if (*why != NULL)
		return MAILSEAL_E_CONFIG;
	a->unit = strdup(glob);
	return a->unit != NULL ? MAILSEAL_OK : MAILSEAL_E_NOMEM;
}

static int
word_for(struct allow *a, char *names, const char **why)
{
	char *rest = NULL;

	if (a->by_service) {
		*why = "one for: to a line, its services separated by commas";
		return MAILSEAL_E_CONFIG;
	}
	a->by_service = true;
	a->services = 0;
	for (char *name = strtok_r(names, ",", &rest); name != NULL;
	     name = strtok_r(NULL, ",", &rest)) {
		int service = service_by_name(name);

		if (service < 0) {
			*why = "it takes smtp, imap and pop, with commas";
			return MAILSEAL_E_CONFIG;
		}
		a->services |= 1u << service;
	}
	if (a->services != 0)
		return MAILSEAL_OK;
	*why = "it takes smtp, imap and pop, with commas";
	return MAILSEAL_E_CONFIG;
}

static int
take_word(struct allow *a, char *word, struct reading *r, const char **why)
{
	if (strncmp(word, "user:", 5) == 0)
		return word_user(a, word + 5, r, why);
	if (strncmp(word, "group:", 6) == 0)
		return word_group(a, word + 6, r, why);
	if (strncmp(word, "unit:", 5) == 0)
		return word_unit(a, word + 5, r->terms->units_are_known, why);
	if (strncmp(word, "for:", 4) == 0)
		return word_for(a, word + 4, why);
	if (strcmp(word, "owner") == 0)
		a->owner = true;
	else if (strcmp(word, "preferred") == 0)
		a->preferred = true;
	else if (strcmp(word, "may-have-password") == 0)
		a->rule.may_have_password = true;
	else {
		*why = "the word is not known";
		return MAILSEAL_E_CONFIG;
	}
	return MAILSEAL_OK;
}

static int
read_words(struct allow *a, const char *value, struct reading *r, unsigned line,
    struct fault *fault)
{
	char words[INI_VALUE_MAX + 1], whole[INI_VALUE_MAX + 1];
	char *rest = NULL;
	const char *why = NULL;

	(void)snprintf(words, sizeof(words), "%s", value);
	a->services = ALL_SERVICES;
	for (char *word = strtok_r(words, " \t", &rest); word != NULL;
	     word = strtok_r(NULL, " \t", &rest)) {
		int error;

		(void)snprintf(whole, sizeof(whole), "%s", word);
		error = take_word(a, word, r, &why);
		if (error == MAILSEAL_E_CONFIG)
			return fault_set(fault, r->path, line, "%.200s: %s",
			    whole, why);
		if (error != MAILSEAL_OK)
			return error;
	}
	if (!a->by_user && !a->by_group && a->unit == NULL && !a->owner)
		return fault_set(fault, r->path, line,
		    "an allow line names a user:, a group:, a unit: or the "
		    "owner");
	if (a->preferred && a->pattern[0] == '*' && !a->owner)
		return fault_set(fault, r->path, line,
		    "preferred in a section *@domain goes with owner only: "
		    "else it names no one account");
	r->unresolved = r->missing[0] != '\0';
	return r->unresolved ?
	    fault_set(fault, r->path, line, "%s", r->missing) :
	    MAILSEAL_OK;
}

/* ADDRESS or *@DOMAIN. */
static bool
is_pattern(const char *section)
{
	const char *at = strchr(section, '@');
	const char *star = strchr(section, '*');

	return at != NULL && at != section && at[1] != '\0' &&
	    strchr(at + 1, '@') == NULL && strlen(section) <= ACCOUNT_MAX &&
	    (star == NULL ||
		(star == section && at == section + 1 &&
		    strchr(at, '*') == NULL));
}

static int
append(struct rules *rules, const struct allow *a)
{
	struct allow *grown;

	if (rules->count == rules->room) {
		size_t room = rules->room == 0 ? 16 : rules->room * 2;

		grown = reallocarray(rules->at, room, sizeof(*grown));
		if (grown == NULL)
			return MAILSEAL_E_NOMEM;
		rules->at = grown;
		rules->room = room;
	}
	rules->at[rules->count++] = *a;
	return MAILSEAL_OK;
}

static int
read_line(struct reading *r, const struct ini_entry *entry, struct allow *a,
    struct fault *fault)
{
	int error;

	if (strcmp(entry->key, "allow") != 0)
		return fault_set(fault, r->path, entry->line,
		    "key %s is not known; there are only allow lines",
		    entry->key);
	if (!is_pattern(entry->section))
		return fault_set(fault, r->path, entry->line,
		    "section [%.100s] is neither an address nor *@domain",
		    entry->section);
	a->rule.file = r->rules->files[r->rules->file_count - 1];
	a->rule.line = entry->line;
	a->pattern = strdup(entry->section);
	a->words = strdup(entry->value);
	if (a->pattern == NULL || a->words == NULL)
		return MAILSEAL_E_NOMEM;
	for (char *c = a->pattern; *c != '\0'; c++)
		*c = (char)tolower((unsigned char)*c);
	error = read_words(a, entry->value, r, entry->line, fault);
	if (error == MAILSEAL_OK && r->rules->count == RULES_MAX)
		return fault_set(fault, r->path, entry->line,
		    "there are more than %d allow lines", RULES_MAX);
	return error == MAILSEAL_OK ? append(r->rules, a) : error;
}

static int
use(void *arg, const struct ini_entry *entry, struct fault *fault)
{
	struct reading *r = arg;
	struct allow a = { 0 };
	int error;

	r->missing[0] = '\0';
	r->unresolved = false;
	error = read_line(r, entry, &a, fault);
	if (error == MAILSEAL_OK)
		return MAILSEAL_OK;
	clear(&a);
	fault->unresolved = r->unresolved;
	return fault_forgive(fault, error, r->terms->strictness,
	    r->terms->alarm, &r->rules->off);
}

static int
read_file(struct reading *r, const char *folder, const char *name,
    struct fault *fault)
{
	struct rules *rules = r->rules;
	char path[1024];
	char **files = reallocarray(rules->files, rules->file_count + 1,
	    sizeof(*files));
	int error;

	if (files == NULL)
		return MAILSEAL_E_NOMEM;
	rules->files = files;
	if (snprintf(path, sizeof(path), "%s/%s", folder, name) >=
	    (int)sizeof(path))
		return fault_set(fault, folder, 0, "a file name is too long");
	files[rules->file_count] = strdup(path);
	if (files[rules->file_count] == NULL)
		return MAILSEAL_E_NOMEM;
	rules->file_count++;
	r->path = path;
	error = ini_read(path, use, r, fault);
	return fault_forgive(fault, error, r->terms->strictness,
	    r->terms->alarm, &rules->off);
}

int
rules_read(const char *folder, const struct rules_terms *terms,
    struct rules **rules, struct fault *fault)
{
	AUTO(rules) all = calloc(1, sizeof(*all));
	struct reading r = { .rules = all, .terms = terms };
	char **names = NULL;
	int error;

	if (all == NULL)
		return MAILSEAL_E_NOMEM;
	error = ini_names(folder, &names, fault);
	for (size_t i = 0; error == MAILSEAL_OK && names[i] != NULL; i++)
		error = read_file(&r, folder, names[i], fault);
	ini_names_free(names);
	if (error != MAILSEAL_OK)
		return error;
	*rules = all;
	all = NULL;
	return MAILSEAL_OK;
}
