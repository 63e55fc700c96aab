/* SPDX-License-Identifier: ISC */
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <ini_configobj.h>
#include <ini_valueobj.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "broker/ini.h"
#include "broker/safefile.h"
#include "proto/error.h"

#define NAMES_MAX 4096 /* files in one folder */

void
alarm_ring(const struct alarm *alarm, const struct fault *fault)
{
	alarm->hear(alarm->arg, fault);
}

void
alarm_ring_error(const struct alarm *alarm, int error, const char *file,
    struct fault *fault)
{
	if (fault->text[0] == '\0')
		(void)fault_set(fault, file, 0, "%s",
		    mailseal_error_text(error));
	alarm_ring(alarm, fault);
}

static void
hear_nothing(void *arg, const struct fault *fault)
{
	(void)arg;
	(void)fault;
}

const struct alarm alarm_silent = { hear_nothing, NULL };

int
fault_forgive(const struct fault *fault, int error, enum strictness strictness,
    const struct alarm *alarm, size_t *off)
{
	bool is_off = strictness == LENIENT ||
	    (strictness == STRICT_BUT_NAMES && fault->unresolved);

	if (error == MAILSEAL_OK || error == MAILSEAL_E_NOMEM || !is_off)
		return error;
	(*off)++; /* the others hold */
	alarm_ring(alarm, fault);
	return MAILSEAL_OK;
}

int
fault_set(struct fault *fault, const char *file, unsigned line,
    const char *format, ...)
{
	va_list ap;

	(void)snprintf(fault->file, sizeof(fault->file), "%s", file);
	fault->line = line;
	fault->unresolved = false;
	va_start(ap, format);
	(void)vsnprintf(fault->text, sizeof(fault->text), format, ap);
	va_end(ap);
	return MAILSEAL_E_CONFIG;
}

void
fault_say(const struct fault *fault, char words[FAULT_WORDS_MAX])
{
	char line[16] = "";

	if (fault->line > 0)
		(void)snprintf(line, sizeof(line), ":%u", fault->line);
	(void)snprintf(words, FAULT_WORDS_MAX, "%s%s: %s", fault->file, line,
	    fault->text);
}

/* The library says "Error on line N: ..."; N is what we want of it. */
static int
fault_of_parser(struct fault *fault, const char *path, struct ini_cfgobj *ini)
{
	char **errors = NULL;
	unsigned line = 0;
	const char *text = "it cannot be parsed";
	const char *at;

	if (ini_config_get_errors(ini, &errors) == 0 && errors != NULL &&
	    errors[0] != NULL) {
		at = strstr(errors[0], "line ");
		if (at != NULL)
			line = (unsigned)strtoul(at + 5, NULL, 10);
		at = strrchr(errors[0], ':');
		text = at != NULL ? at + 1 : errors[0];
		text += strspn(text, " ");
	}
	fault_set(fault, path, line, "%s", text);
	ini_config_free_errors(errors);
	return MAILSEAL_E_CONFIG;
}

/* A value without its comment and the blanks around it. */
static void
trim(char *value)
{
	char *end = strstr(value, " #");

	if (value[0] == '#')
		value[0] = '\0';
	if (end != NULL)
		*end = '\0';
	end = value + strlen(value);
	while (end > value && isspace((unsigned char)end[-1]))
		*--end = '\0';
}

static int
use_value(struct value_obj *vo, const char *path, const char *section,
    const char *key, ini_use *use, void *arg, struct fault *fault)
{
	char lower[128], value[INI_VALUE_MAX + 1];
	struct ini_entry entry = { section, lower, value, 0 };
	const char *text;
	uint32_t line = 0;
	int error = 0;

	(void)value_get_line(vo, &line);
	entry.line = line;
	text = ini_get_const_string_config_value(vo, &error);
	if (text == NULL)
		text = "";
	if (strlen(key) >= sizeof(lower) || strlen(text) > INI_VALUE_MAX)
		return fault_set(fault, path, line,
		    "a key or value is too long");
	for (size_t i = 0; i <= strlen(key); i++)
		lower[i] = (char)tolower((unsigned char)key[i]);
	(void)snprintf(value, sizeof(value), "%s", text);
	trim(value);
	fault->file[0] = '\0'; /* of an entry before, that was forgiven */
	error = use(arg, &entry, fault);
	if (error != MAILSEAL_OK && fault->file[0] == '\0') {
		(void)snprintf(fault->file, sizeof(fault->file), "%s", path);
		fault->line = line;
	}
	return error;
}

/* Every value of every key; a key that repeats is listed once for each. */
static int
use_section(struct ini_cfgobj *ini, const char *path, const char *section,
    ini_use *use, void *arg, struct fault *fault)
{
	int count = 0, failed = 0, error = MAILSEAL_OK;
	char **keys = ini_get_attribute_list(ini, section, &count, &failed);

	for (int i = 0; i < count && error == MAILSEAL_OK; i++) {
		struct value_obj *vo = NULL;
		int mode = INI_GET_FIRST_VALUE;
		bool seen = false;

		for (int k = 0; k < i; k++)
			seen = seen || strcasecmp(keys[k], keys[i]) == 0;
		if (seen)
			continue;
		while (error == MAILSEAL_OK &&
		    ini_get_config_valueobj(section, keys[i], ini, mode, &vo) ==
			0 &&
		    vo != NULL) {
			error = use_value(vo, path, section, keys[i], use, arg,
			    fault);
			mode = INI_GET_NEXT_VALUE;
		}
	}
	ini_free_attribute_list(keys);
	return error;
}

static int
use_all(struct ini_cfgobj *ini, const char *path, ini_use *use, void *arg,
    struct fault *fault)
{
	int count = 0, failed = 0, error = MAILSEAL_OK;
	char **sections = ini_get_section_list(ini, &count, &failed);

	for (int i = 0; i < count && error == MAILSEAL_OK; i++)
		error = use_section(ini, path, sections[i], use, arg, fault);
	ini_free_section_list(sections);
	return error;
}

/*
 * The line of a key that stands before the first section, where libini would
 * drop it without a word; 0 when there is none.
 */
static unsigned
stray_line(const char *bytes)
{
	unsigned line = 1;

	for (; *bytes != '\0'; bytes += strcspn(bytes, "\n")) {
		if (*bytes == '\n') {
			bytes++;
			line++;
		}
		bytes += strspn(bytes, " \t\r");
		if (*bytes == '[' || *bytes == '\0')
			break;
		if (*bytes != '#' && *bytes != ';' && *bytes != '\n')
			return line;
	}
	return 0;
}

/* A comment behind a [section], as behind a value; libini knows of none. */
static void
blank_comments(char *bytes)
{
	for (char *line = bytes; *line != '\0'; line += *line == '\n') {
		size_t len = strcspn(line, "\n");
		char *end = *line == '[' ? memchr(line, ']', len) : NULL;
		size_t blank = end != NULL ? strspn(end + 1, " \t") : 0;

		if (blank > 0 && end[1 + blank] == '#')
			memset(end + 1, ' ', len - (size_t)(end + 1 - line));
		line += len;
	}
}

static int
parse(char *bytes, size_t len, const char *path, ini_use *use, void *arg,
    struct fault *fault)
{
	struct ini_cfgfile *file = NULL;
	struct ini_cfgobj *ini = NULL;
	int error;

	if (memchr(bytes, '\0', len) != NULL)
		return fault_set(fault, path, 0, "there is a NUL byte in it");
	if (len == 0)
		return MAILSEAL_OK;
	if (stray_line(bytes) != 0)
		return fault_set(fault, path, stray_line(bytes),
		    "a line stands before the first [section]");
	blank_comments(bytes);
	if (ini_config_create(&ini) != 0)
		return MAILSEAL_E_NOMEM;
	if (ini_config_file_from_mem(bytes, (uint32_t)len, &file) != 0) {
		ini_config_destroy(ini);
		return fault_set(fault, path, 0, "it cannot be parsed");
	}
	if (ini_config_parse(file, INI_STOP_ON_ANY,
		INI_MV1S_ALLOW | INI_MS_ERROR, INI_PARSE_NOWRAP, ini) != 0)
		error = fault_of_parser(fault, path, ini);
	else
		error = use_all(ini, path, use, arg, fault);
	ini_config_file_destroy(file);
	ini_config_destroy(ini);
	return error;
}

int
ini_read(const char *path, ini_use *use, void *arg, struct fault *fault)
{
	char why[SAFEFILE_WHY_MAX] = "";
	char *bytes = NULL;
	size_t len = 0;
	int error;

	fault->file[0] = '\0';
	error = safefile_read(path, 0, INI_FILE_MAX, &bytes, &len, why);
	if (error != MAILSEAL_OK) {
		fault_set(fault, path, 0, "%s", why);
		return error;
	}
	error = parse(bytes, len, path, use, arg, fault);
	free(bytes);
	return error;
}

static bool
is_conf(const char *name)
{
	size_t len = strlen(name);

	return len > 5 && name[0] != '.' &&
	    strcmp(name + len - 5, ".conf") == 0;
}

static int
by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static int
list(DIR *dir, char **names)
{
	struct dirent *entry;
	size_t count = 0;

	while ((entry = readdir(dir)) != NULL) {
		if (!is_conf(entry->d_name))
			continue;
		if (count == NAMES_MAX)
			return MAILSEAL_E_TOOLONG;
		names[count] = strdup(entry->d_name);
		if (names[count++] == NULL)
			return MAILSEAL_E_NOMEM;
	}
	qsort(names, count, sizeof(*names), by_name);
	return MAILSEAL_OK;
}

int
ini_names(const char *folder, char ***names, struct fault *fault)
{
	char why[SAFEFILE_WHY_MAX] = "";
	char **found = calloc(NAMES_MAX + 1, sizeof(*found));
	int fd = -1, error = MAILSEAL_OK;
	DIR *dir = NULL;

	if (found == NULL)
		return MAILSEAL_E_NOMEM;
	if (access(folder, F_OK) == 0 || errno != ENOENT)
		error = safefile_open(folder, SAFEFILE_DIR, &fd, why);
	if (fd >= 0 && (dir = fdopendir(fd)) == NULL) {
		(void)close(fd);
		error = MAILSEAL_E_IO;
	}
	if (dir != NULL) {
		error = list(dir, found);
		(void)closedir(dir);
	}
	if (error != MAILSEAL_OK) {
		fault_set(fault, folder, 0, "%s",
		    why[0] != '\0' ? why : mailseal_error_text(error));
		ini_names_free(found);
		return error;
	}
	*names = found;
	return MAILSEAL_OK;
}

void
ini_names_free(char **names)
{
	if (names == NULL)
		return;
	for (char **name = names; *name != NULL; name++)
		free(*name);
	free(names);
}

int
ini_bool(const char *value)
{
	static const char *const yes[] = { "y", "yes", "true", "1", "on" };
	static const char *const no[] = { "", "n", "no", "false", "0", "off" };

	for (size_t i = 0; i < sizeof(yes) / sizeof(yes[0]); i++)
		if (strcasecmp(value, yes[i]) == 0)
			return 1;
	for (size_t i = 0; i < sizeof(no) / sizeof(no[0]); i++)
		if (strcasecmp(value, no[i]) == 0)
			return 0;
	return -1;
}
