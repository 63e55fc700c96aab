/* SPDX-License-Identifier: ISC */
#include <fnmatch.h>
#include <pwd.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "broker/values.h"

struct walk {
	values_use *use;
	void *arg;
};

static void __attribute__((format(printf, 4, 5))) tell(const struct walk *walk,
    struct value *value, const char *text, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	(void)vsnprintf(value->key, sizeof(value->key), format, ap);
	va_end(ap);
	value->text = text != NULL ? text : "";
	walk->use(walk->arg, value);
}

static void
tell_own(const struct walk *walk, const struct config *config)
{
	for (int i = 0; i < CONFIG_KEYS; i++) {
		struct value value = { .origin = config->origin[i] };

		tell(walk, &value, config_text(config, (enum config_key)i),
		    "mailseald.%s", config_key_name((enum config_key)i));
	}
}

/* Who needs no line: root, and the user who runs us. */
static void
tell_born_admins(const struct walk *walk)
{
	const struct passwd *pw = getpwuid(geteuid());
	struct value value = { .text = NULL };
	char text[128] = "user:root";

	if (geteuid() != 0 && pw != NULL)
		(void)snprintf(text, sizeof(text), "user:root user:%s",
		    pw->pw_name);
	else if (geteuid() != 0)
		(void)snprintf(text, sizeof(text), "user:root user:%u",
		    geteuid());
	tell(walk, &value, text, "role.admin");
}

static void
tell_roles(const struct walk *walk, const struct roles *roles)
{
	tell_born_admins(walk);
	for (size_t i = 0; i < roles_count(roles); i++) {
		const struct role_line *line = roles_line(roles, i);
		struct value value = { .origin = line->origin };

		tell(walk, &value, line->words, "role.%s",
		    role_name(line->role));
	}
}

/* What holds of a setting that stands nowhere; NULL: there is none. */
static const char *
usual(const struct provider *p, enum setting setting, char number[8])
{
	const struct place *smtp = &p->place[SERVICE_SMTP];
	const struct place *imap = &p->place[SERVICE_IMAP];

	if (setting == SETTING_SMTP_PORT) {
		(void)snprintf(number, 8, "%u", smtp->port);
		return number;
	}
	if (setting == SETTING_SMTP_TLS)
		return "Y";
	if (setting == SETTING_SMTP_SSL)
		return "N";
	if (setting == SETTING_CLIENT_AUTH &&
	    p->value[SETTING_CLIENT_ID] != NULL)
		return "none";
	if (setting == SETTING_IMAP_PORT && imap->host != NULL) {
		(void)snprintf(number, 8, "%u", imap->port);
		return number;
	}
	return setting == SETTING_IMAP_TLS && imap->host != NULL ? "Y" : NULL;
}

static void
tell_setting(const struct walk *walk, const struct provider *p,
    enum setting setting)
{
	struct value value = { .origin = p->origin[setting] };
	char number[8];
	const char *text = p->value[setting];

	if (value.origin.file == NULL && text == NULL)
		text = usual(p, setting, number);
	if (value.origin.file == NULL && text == NULL)
		return;
	value.of_preset = value.origin.file != NULL &&
	    value.origin.file == p->preset_file;
	tell(walk, &value, text, "provider.%s.%s", p->name,
	    provider_key(setting));
}

static void
tell_provider(const struct walk *walk, const struct provider *p)
{
	struct value value = { .origin = { p->file, 0 } };

	if (p->fault != NULL) { /* nothing of it is in force */
		tell(walk, &value, p->fault, "provider.%s.fault", p->name);
		return;
	}
	value.origin.line = p->preset_line;
	if (p->preset != NULL)
		tell(walk, &value, p->preset, "provider.%s.preset", p->name);
	for (int i = 0; i < SETTING_COUNT; i++)
		tell_setting(walk, p, (enum setting)i);
}

static void
tell_policy(const struct walk *walk, const struct policy *policy)
{
	for (size_t i = 0; i < policy_count(policy); i++) {
		const struct allow *line = policy_line(policy, i);
		struct value value = { .origin = { line->rule.file,
					   line->rule.line } };

		tell(walk, &value, line->words, "access.%s", line->pattern);
	}
}

void
values_each(const struct config *config, values_use *use, void *arg)
{
	const struct walk walk = { use, arg };

	tell_own(&walk, config);
	tell_roles(&walk, config->roles);
	for (size_t i = 0; i < config->provider_count; i++)
		tell_provider(&walk, config->providers[i]);
	tell_policy(&walk, config->policy);
}

bool
values_match(const char *pattern, const char *key)
{
	return strcasestr(key, pattern) != NULL ||
	    fnmatch(pattern, key, FNM_CASEFOLD) == 0;
}
