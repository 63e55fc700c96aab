/* SPDX-License-Identifier: ISC */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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
	bool strict;
	policy_alarm *alarm;
};

void
rules_free(struct rules *rules)
{
	if (rules == NULL)
		return;
	for (size_t i = 0; i < rules->count; i++)
		free(rules->at[i].pattern);
	for (size_t i = 0; i < rules->file_count; i++)
		free(rules->files[i]);
	free(rules->at);
	free(rules->files);
	free(rules);
}

static int
word_user(struct allow *a, const char *name, const char **why)
{
	if (a->by_user) {
		*why = "two users never hold at once; write two lines";
		return MAILSEAL_E_CONFIG;
	}
	a->by_user = true;
	if (names_find_user(name, &a->uid))
		return MAILSEAL_OK;
	*why = "there is no such user";
	return MAILSEAL_E_CONFIG;
}

static int
word_group(struct allow *a, const char *name, const char **why)
{
	if (a->by_group) {
		*why = "one group: to a line";
		return MAILSEAL_E_CONFIG;
	}
	a->by_group = true;
	if (names_find_group(name, &a->gid))
		return MAILSEAL_OK;
	*why = "there is no such group";
	return MAILSEAL_E_CONFIG;
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
			*why = "for: takes smtp, imap and pop";
			return MAILSEAL_E_CONFIG;
		}
		a->services |= 1u << service;
	}
	if (a->services != 0)
		return MAILSEAL_OK;
	*why = "for: takes smtp, imap and pop";
	return MAILSEAL_E_CONFIG;
}

static int
take_word(struct allow *a, char *word, const char **why)
{
	if (strncmp(word, "user:", 5) == 0)
		return word_user(a, word + 5, why);
	if (strncmp(word, "group:", 6) == 0)
		return word_group(a, word + 6, why);
	if (strncmp(word, "for:", 4) == 0)
		return word_for(a, word + 4, why);
	if (strcmp(word, "may-have-password") == 0) {
		a->rule.may_have_password = true;
		return MAILSEAL_OK;
	}
	*why = "the word is not known";
	return MAILSEAL_E_CONFIG;
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
		(void)snprintf(whole, sizeof(whole), "%s", word);
		if (take_word(a, word, &why) != MAILSEAL_OK)
			return fault_set(fault, r->path, line, "%.200s: %s",
			    whole, why);
	}
	if (!a->by_user && !a->by_group)
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
append(struct rules *rules, const struct allow *a)
{
	struct allow *grown;

	if (rules->count == RULES_MAX)
		return MAILSEAL_E_TOOLONG;
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
read_line(struct reading *r, const struct ini_entry *entry, struct fault *fault)
{
	struct allow a = { 0 };
	int error;

	if (strcmp(entry->key, "allow") != 0)
		return fault_set(fault, r->path, entry->line,
		    "key %s is not known; there are only allow lines",
		    entry->key);
	error = read_words(&a, entry->value, r, entry->line, fault);
	if (error != MAILSEAL_OK)
		return error;
	a.rule.file = r->rules->files[r->rules->file_count - 1];
	a.rule.line = entry->line;
	a.pattern = read_pattern(entry->section);
	if (a.pattern == NULL)
		return fault_set(fault, r->path, entry->line,
		    "section [%.100s] is neither an address nor *@domain",
		    entry->section);
	error = append(r->rules, &a);
	if (error != MAILSEAL_OK)
		free(a.pattern);
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
	if (error == MAILSEAL_OK || error == MAILSEAL_E_NOMEM || r->strict)
		return error;
	r->alarm(fault); /* this file is off, the others hold */
	return MAILSEAL_OK;
}

int
rules_read(const char *folder, bool strict, policy_alarm *alarm,
    struct rules **rules, struct fault *fault)
{
	AUTO(rules) all = calloc(1, sizeof(*all));
	struct reading r = { all, NULL, strict, alarm };
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
