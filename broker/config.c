/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "broker/binding.h"
#include "broker/config.h"
#include "proto/error.h"

#define CONNECTIONS_MAX 65536
#define FOLDER_MAX 900 /* bytes, so that the names below it fit */

/* Keys, and their values where the file says nothing. */
static const struct key {
	const char *name;
	const char *usual;
} keys[CONFIG_KEYS] = {
	[CONFIG_LOG_LEVEL] = { "log_level", "info" },
	[CONFIG_AUDIT_FILE] = { "audit_file", "" },
	[CONFIG_KEY_FILE] = { "key_file", "" },
	[CONFIG_CONNECTIONS] = { "connections", "1024" },
	[CONFIG_CONNECTIONS_PER_USER] = { "connections_per_user", "128" },
	[CONFIG_AUDIT] = { "audit", "required" },
};

const char *
config_key_name(enum config_key key)
{
	return keys[key].name;
}

const char *
config_text(const struct config *config, enum config_key key)
{
	return config->text[key] != NULL ? config->text[key] : keys[key].usual;
}

void
config_free(struct config *config)
{
	if (config == NULL)
		return;
	for (size_t i = 0; i < config->provider_count; i++)
		provider_free(config->providers[i]);
	free(config->providers);
	policy_free(config->policy);
	roles_free(config->roles);
	free(config->audit_file);
	free(config->key_file);
	free(config->file);
	for (int i = 0; i < CONFIG_KEYS; i++)
		free(config->text[i]);
	free(config);
}

static int
set_path(char **slot, const struct ini_entry *entry, const char *path,
    struct fault *fault)
{
	if (entry->value[0] != '/')
		return fault_set(fault, path, entry->line,
		    "%s is a path that starts with /", entry->key);
	free(*slot);
	*slot = strdup(entry->value);
	return *slot != NULL ? MAILSEAL_OK : MAILSEAL_E_NOMEM;
}

static int
set_number(unsigned *slot, const struct ini_entry *entry, const char *path,
    struct fault *fault)
{
	char *end;
	unsigned long number = strtoul(entry->value, &end, 10);

	if (*end != '\0' || number < 1 || number > CONNECTIONS_MAX)
		return fault_set(fault, path, entry->line,
		    "%s is a number from 1 to %d", entry->key, CONNECTIONS_MAX);
	*slot = (unsigned)number;
	return MAILSEAL_OK;
}

static int
set_level(struct config *config, const struct ini_entry *entry,
    struct fault *fault)
{
	static const char *const names[] = { "error", "warn", "info", "debug" };

	for (int i = 0; i < 4; i++) {
		if (strcmp(entry->value, names[i]) != 0)
			continue;
		config->log_level = (enum log_level)i;
		return MAILSEAL_OK;
	}
	return fault_set(fault, config->file, entry->line,
	    "log_level is error, warn, info or debug");
}

static int
set_audit(struct config *config, const struct ini_entry *entry,
    struct fault *fault)
{
	bool required = strcmp(entry->value, "required") == 0;

	if (!required && strcmp(entry->value, "best-effort") != 0)
		return fault_set(fault, config->file, entry->line,
		    "audit is required or best-effort");
	config->audit_required = required;
	return MAILSEAL_OK;
}

static int
set(struct config *config, enum config_key key, const struct ini_entry *entry,
    struct fault *fault)
{
	switch (key) {
	case CONFIG_LOG_LEVEL:
		return set_level(config, entry, fault);
	case CONFIG_AUDIT_FILE:
		return set_path(&config->audit_file, entry, config->file,
		    fault);
	case CONFIG_KEY_FILE:
		return set_path(&config->key_file, entry, config->file, fault);
	case CONFIG_CONNECTIONS:
		return set_number(&config->connections, entry, config->file,
		    fault);
	case CONFIG_CONNECTIONS_PER_USER:
		return set_number(&config->connections_per_user, entry,
		    config->file, fault);
	case CONFIG_AUDIT:
		return set_audit(config, entry, fault);
	case CONFIG_KEYS:
		break;
	}
	return fault_set(fault, config->file, entry->line,
	    "key %s is not known", entry->key);
}

static int
use_line(struct config *config, const struct ini_entry *entry,
    struct fault *fault)
{
	int key = 0, error;

	if (strcmp(entry->section, "mailseald") != 0)
		return fault_set(fault, config->file, entry->line,
		    "section [%.100s] is not known here; there is just "
		    "[mailseald]",
		    entry->section);
	while (key < CONFIG_KEYS && strcmp(entry->key, keys[key].name) != 0)
		key++;
	if (key < CONFIG_KEYS && config->origin[key].file != NULL)
		return fault_set(fault, config->file, entry->line,
		    "%s stands here twice", entry->key);
	error = set(config, (enum config_key)key, entry, fault);
	if (error != MAILSEAL_OK)
		return error;
	config->origin[key] = (struct origin){ config->file, entry->line };
	config->text[key] = strdup(entry->value);
	return config->text[key] != NULL ? MAILSEAL_OK : MAILSEAL_E_NOMEM;
}

/* Where all of it is read from, and how. */
struct source {
	const char *folder;
	const char *preset_folder;
	const struct alarm *alarm;
};

/* At start what has a fault is off: a typing error must stop no mail. */
static int
pass_over(struct config *config, const struct source *source, int error,
    const struct fault *fault)
{
	return fault_forgive(fault, error, config->strictness, source->alarm,
	    &config->off);
}

struct reading {
	struct config *config;
	const struct source *source;
};

static int
use(void *arg, const struct ini_entry *entry, struct fault *fault)
{
	struct reading *r = arg;

	return pass_over(r->config, r->source,
	    use_line(r->config, entry, fault), fault);
}

static int
read_own(struct config *config, const struct source *source,
    struct fault *fault)
{
	struct reading r = { config, source };
	char path[1024];

	(void)snprintf(path, sizeof(path), "%s/mailseald.conf", source->folder);
	config->file = strdup(path);
	if (config->file == NULL)
		return MAILSEAL_E_NOMEM;
	if (access(path, F_OK) != 0 && errno == ENOENT)
		return MAILSEAL_OK; /* everything has a default */
	return pass_over(config, source, ini_read(path, use, &r, fault), fault);
}

/* A provider that cannot be used, so that status can say why. */
static struct provider *
broken(const char *name, const struct fault *fault)
{
	struct provider *p = calloc(1, sizeof(*p));
	char words[FAULT_WORDS_MAX];

	if (p == NULL)
		return NULL;
	(void)snprintf(p->name, sizeof(p->name), "%.*s", PROVIDER_MAX, name);
	fault_say(fault, words);
	p->fault = strdup(words);
	p->file = strdup(fault->file);
	if (p->fault == NULL || p->file == NULL) {
		provider_free(p);
		return NULL;
	}
	return p;
}

static int
read_provider(struct config *config, const struct source *source,
    const char *folder, const char *name, struct fault *fault)
{
	AUTO(provider) p = NULL;
	int error = provider_read(folder, name, source->preset_folder, &p,
	    fault);

	/* One that is too long to be written is told at the enrolment. */
	if (error == MAILSEAL_OK &&
	    binding_make(p, NULL, &p->binding) == MAILSEAL_E_NOMEM)
		error = MAILSEAL_E_NOMEM;
	error = pass_over(config, source, error, fault);
	if (error != MAILSEAL_OK)
		return error;
	if (p == NULL && (p = broken(name, fault)) == NULL)
		return MAILSEAL_E_NOMEM;
	config->providers[config->provider_count++] = p;
	p = NULL;
	return MAILSEAL_OK;
}

static int
read_providers(struct config *config, const struct source *source,
    struct fault *fault)
{
	char path[1024], name[256];
	char **names = NULL;
	size_t count = 0;
	int error;

	(void)snprintf(path, sizeof(path), "%s/provider.d", source->folder);
	error = ini_names(path, &names, fault);
	if (error != MAILSEAL_OK)
		return error;
	while (names[count] != NULL)
		count++;
	config->providers = calloc(count + 1, sizeof(*config->providers));
	if (config->providers == NULL)
		error = MAILSEAL_E_NOMEM;
	for (size_t i = 0; i < count && error == MAILSEAL_OK; i++) {
		(void)snprintf(name, sizeof(name), "%s", names[i]);
		name[strlen(name) - strlen(".conf")] = '\0';
		error = read_provider(config, source, path, name, fault);
	}
	ini_names_free(names);
	return error;
}

static int
read_roles(struct config *config, const struct source *source,
    struct fault *fault)
{
	char path[1024];
	int error;

	(void)snprintf(path, sizeof(path), "%s/admin.conf", source->folder);
	error = roles_read(path, config->strictness, source->alarm,
	    &config->roles, fault);
	if (error == MAILSEAL_OK)
		config->off += roles_off(config->roles);
	return error;
}

static int
read_policy(struct config *config, const struct source *source,
    struct fault *fault)
{
	const struct rules_terms terms = { config->strictness,
		peer_units_are_known(), source->alarm };
	char path[1024];
	int error;

	(void)snprintf(path, sizeof(path), "%s/access.d", source->folder);
	error = policy_read(path, &terms, &config->policy, fault);
	if (error == MAILSEAL_OK)
		config->off += policy_off(config->policy);
	return error;
}

typedef int part(struct config *config, const struct source *source,
    struct fault *fault);

static part *const parts[] = { read_own, read_roles, read_providers,
	read_policy };
#define PARTS (sizeof(parts) / sizeof(parts[0]))

static int
start(const struct source *source, enum strictness strictness,
    struct config **config, struct fault *fault)
{
	int error = MAILSEAL_OK;

	if (strlen(source->folder) > FOLDER_MAX)
		return fault_set(fault, source->folder, 0,
		    "the path is too long");
	/* Where none was made yet we start; a path that is mistyped is told. */
	if (strictness != LENIENT && access(source->folder, F_OK) != 0)
		return fault_set(fault, source->folder, 0, "%s",
		    strerror(errno));
	*config = calloc(1, sizeof(**config));
	if (*config == NULL)
		return MAILSEAL_E_NOMEM;
	(*config)->strictness = strictness;
	for (int i = 0; i < CONFIG_KEYS && error == MAILSEAL_OK; i++) {
		struct ini_entry usual = { .key = keys[i].name,
			.value = keys[i].usual };

		if (usual.value[0] != '\0')
			error = set(*config, (enum config_key)i, &usual, fault);
	}
	return error;
}

int
config_read(const char *folder, const char *preset_folder,
    enum strictness strictness, const struct alarm *alarm,
    struct config **config, struct fault *fault)
{
	const struct source source = { folder, preset_folder, alarm };
	AUTO(config) c = NULL;
	int error = start(&source, strictness, &c, fault);

	for (size_t i = 0; i < PARTS && error == MAILSEAL_OK; i++)
		error = parts[i](c, &source, fault);
	if (error != MAILSEAL_OK)
		return error;
	*config = c;
	c = NULL;
	return MAILSEAL_OK;
}

void
config_look(const char *folder, const char *preset_folder,
    const struct alarm *alarm)
{
	const struct source source = { folder, preset_folder, alarm };
	AUTO(config) c = NULL;
	struct fault fault = { 0 };
	int error = start(&source, LENIENT, &c, &fault);

	if (error != MAILSEAL_OK)
		alarm_ring_error(alarm, error, folder, &fault);
	for (size_t i = 0; c != NULL && i < PARTS; i++) {
		fault = (struct fault){ 0 };
		error = parts[i](c, &source, &fault);
		if (error != MAILSEAL_OK)
			alarm_ring_error(alarm, error, folder, &fault);
	}
}

const struct provider *
config_provider(const struct config *config, const char *name)
{
	for (size_t i = 0; i < config->provider_count; i++)
		if (strcmp(config->providers[i]->name, name) == 0)
			return config->providers[i];
	return NULL;
}
