/* SPDX-License-Identifier: ISC */
#include <string.h>

#include "broker/expiry.h"
#include "broker/gate.h"
#include "broker/herald.h"
#include "broker/renew.h"
#include "broker/takeover.h"
#include "proto/error.h"

/* What an admin changed may cure what was refused: try soon. */
static void
forget_tries(struct broker *b)
{
	for (size_t i = 0; i < accounts_count(b->accounts); i++) {
		struct account *a = accounts_at(b->accounts, i);

		if (account_own_state(a) != GRANT_BLOCKED)
			continue;
		a->next_try = 0;
		a->next_try_ms = 0;
	}
}

/* Once a provider, as long as nothing is sent for accounts of it. */
static void
tell_changed(const struct broker *b, const struct provider *p)
{
	size_t count = 0;

	for (size_t i = 0; i < accounts_count(b->accounts); i++) {
		const struct account *a = accounts_at(b->accounts, i);

		if (strcmp(a->provider, p->name) == 0 && a->bound != NULL &&
		    !renew_is_bound(b, a))
			count++;
	}
	if (count > 0)
		log_warn("provider changed",
		    "provider=%s accounts=%zu: nothing is sent for them until "
		    "the old values are back, or \"mailseal rebind %s\"",
		    p->name, count, p->name);
}

void
takeover_tell(const struct broker *b)
{
	for (size_t i = 0; i < b->config->provider_count; i++)
		if (b->config->providers[i]->fault == NULL)
			tell_changed(b, b->config->providers[i]);
}

static void
install(struct broker *b, struct config *config)
{
	config_free(b->config);
	b->config = config;
	if (!b->verbose)
		log_open("mailseald", config->log_level);
	forget_tries(b);
	expiry_look(b);
	log_info("configuration loaded", "providers=%zu rules=%zu off=%zu",
	    config->provider_count, policy_count(config->policy), config->off);
	takeover_tell(b);
	takeover_watch(b);
}

/* As the files say, and the accounts that there are make of it. */
static int
read_all(const struct broker *b, enum strictness strictness,
    const struct alarm *alarm, struct config **config, struct fault *fault)
{
	AUTO(config) c = NULL;
	int error = config_read(b->config_folder, b->preset_folder, strictness,
	    alarm, &c, fault);

	if (error == MAILSEAL_OK)
		error = gate_close(c, b->accounts, alarm, fault);
	if (error != MAILSEAL_OK)
		return error;
	*config = c;
	c = NULL;
	return MAILSEAL_OK;
}

int
takeover_reload(struct broker *b, enum strictness strictness,
    struct fault *fault)
{
	AUTO(config) config = NULL;
	char words[FAULT_WORDS_MAX];
	int error;

	*fault = (struct fault){ 0 };
	error = read_all(b, strictness, &broker_alarm, &config, fault);
	if (error == MAILSEAL_OK)
		error = herald_audit(b, config, fault);
	if (error == MAILSEAL_OK) {
		install(b, config);
		config = NULL;
		return MAILSEAL_OK;
	}
	if (fault->text[0] == '\0')
		fault_set(fault, b->config_folder, 0, "%s",
		    mailseal_error_text(error));
	fault_say(fault, words);
	log_error("reload refused", "%s; the old configuration stays", words);
	return error;
}

static void
try_again(void *arg)
{
	struct broker *b = arg;
	struct config *config = NULL;
	struct fault fault = { 0 };
	/* What is still wrong was told when it was read first. */
	int error = read_all(b, b->config->strictness, &alarm_silent, &config,
	    &fault);

	if (error == MAILSEAL_OK && config->off < b->config->off &&
	    herald_audit(b, config, &fault) == MAILSEAL_OK) {
		install(b, config);
		/* A line that is on again may have made rules differ. */
		(void)gate_check(b->config, b->accounts, &broker_alarm);
		return;
	}
	config_free(config); /* NULL where it could not be read */
	takeover_watch(b);
}

void
takeover_watch(struct broker *b)
{
	b->retry.pass = try_again;
	b->retry.arg = b;
	if (b->config->off == 0)
		deadline_clear(b->deadlines, &b->retry);
	else if (deadline_set(b->deadlines, &b->retry,
		     now_ms() + TAKEOVER_RETRY_MS) != MAILSEAL_OK)
		log_warn("retry of the configuration is off", "out of memory");
}
