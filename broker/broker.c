/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "broker/broker.h"
#include "broker/clients.h"
#include "broker/enrolment.h"
#include "broker/expiry.h"
#include "broker/gate.h"
#include "broker/herald.h"
#include "broker/log.h"
#include "broker/notify.h"
#include "broker/op/op.h"
#include "broker/refusal.h"
#include "broker/renew.h"
#include "broker/retest.h"
#include "broker/sockets.h"
#include "broker/standing.h"
#include "broker/stop.h"
#include "broker/takeover.h"
#include "proto/error.h"

#define ARENA_SIZE (8 * 1024 * 1024)

static void
log_fault(void *arg, const struct fault *fault)
{
	char words[FAULT_WORDS_MAX];

	(void)arg;
	fault_say(fault, words);
	log_error("configuration fault", "%s", words);
}

const struct alarm broker_alarm = { log_fault, NULL };

static int
hangup(sd_event_source *source, const struct signalfd_siginfo *si, void *arg)
{
	struct broker *b = arg;
	struct fault fault;
	int error;

	(void)source;
	(void)si;
	if (b->stopping)
		return 0;
	notify_reloading();
	error = takeover_reload(b, STRICT, &fault);
	(void)error; /* it was logged, and the old one stays */
	notify_ready(b);
	return 0;
}

static int
terminate(sd_event_source *source, const struct signalfd_siginfo *si, void *arg)
{
	(void)source;
	(void)si;
	return stop_begin(arg);
}

/* Look after every account, and say which may have lost a rotation. */
static int
adopt_accounts(struct broker *b)
{
	for (size_t i = 0; i < accounts_count(b->accounts); i++) {
		struct account *a = accounts_at(b->accounts, i);
		int error = renew_adopt(b, a);

		if (error != MAILSEAL_OK)
			return error;
		if (a->intent)
			log_warn("exchange interrupted",
			    "account=%s: a rotated "
			    "refresh token may be lost; if it does not work, "
			    "sign in again",
			    a->name);
	}
	return MAILSEAL_OK;
}

static int
open_keyring(struct broker *b)
{
	int error;

	b->keyring = keyring_new(b->store);
	if (b->keyring == NULL)
		return MAILSEAL_E_NOMEM;
	if (!keyring_exists(b->keyring)) {
		log_warn("no master key", "run \"mailseal init\"");
		return MAILSEAL_OK;
	}
	error = opening_try_files(&b->opening, b->keyring, b->config->key_file);
	if (error != MAILSEAL_OK || keyring_is_open(b->keyring))
		return error;
	if (keyring_has(b->keyring, SLOT_CREDENTIAL))
		log_info("locked", "mailseal-unlock@.service opens it");
	else
		log_warn("locked", "run \"mailseal unlock\"");
	return MAILSEAL_OK;
}

static int
open_vault(struct broker *b, const struct broker_options *o)
{
	struct fault fault = { 0 };
	int error = store_open(o->state, &b->store);

	if (error != MAILSEAL_OK) {
		log_error("store not opened", "folder=%s: %s: %s; %s", o->state,
		    mailseal_error_text(error), store_why(NULL),
		    error == MAILSEAL_E_STORE || error == MAILSEAL_E_UNSAFE ?
			"it has to be a folder of this user, mode 0700" :
			mailseal_error_advice(error));
		return error;
	}
	error = accounts_load(b->store, &b->accounts);
	if (error == MAILSEAL_OK)
		error = gate_close(b->config, b->accounts, &broker_alarm,
		    &fault);
	if (error == MAILSEAL_OK)
		error = adopt_accounts(b);
	if (error == MAILSEAL_OK)
		error = open_keyring(b);
	if (error != MAILSEAL_OK) {
		log_error("store not read", "folder=%s: %s", o->state,
		    mailseal_error_text(error));
		return error;
	}
	if (keyring_is_open(b->keyring))
		renew_unlocked(b);
	expiry_look(b);
	retest_arrange(b);
	return MAILSEAL_OK;
}

static int
open_loop(struct broker *b)
{
	sigset_t set;

	(void)sigemptyset(&set);
	(void)sigaddset(&set, SIGTERM);
	(void)sigaddset(&set, SIGINT);
	(void)sigaddset(&set, SIGHUP);
	(void)sigprocmask(SIG_BLOCK, &set, NULL);
	if (sd_event_new(&b->event) < 0 ||
	    sd_event_add_signal(b->event, NULL, SIGTERM, terminate, b) < 0 ||
	    sd_event_add_signal(b->event, NULL, SIGINT, terminate, b) < 0 ||
	    sd_event_add_signal(b->event, NULL, SIGHUP, hangup, b) < 0)
		return MAILSEAL_E_IO;
	b->deadlines = deadlines_new(b->event);
	return b->deadlines != NULL ? MAILSEAL_OK : MAILSEAL_E_NOMEM;
}

void
broker_free(struct broker *b)
{
	if (b == NULL)
		return;
	/* First the clients, so that nobody is told of what ends now. */
	clients_free(b->clients);
	b->clients = NULL;
	enrolments_clear();
	trials_clear();
	withdrawals_clear();
	forgings_clear();
	inspections_clear();
	retests_clear();
	slots_clear();
	refusals_clear();
	if (b->accounts != NULL)
		for (size_t i = 0; i < accounts_count(b->accounts); i++)
			renew_drop(accounts_at(b->accounts, i));
	waiters_wake(&b->waiters_for_key);
	accounts_free(b->accounts);
	standings_free(b->standings);
	keyring_free(b->keyring);
	store_free(b->store);
	audit_free(b->audit);
	herald_to(NULL);
	journal_free(b->journal);
	config_free(b->config);
	deadlines_free(b->deadlines);
	(void)sd_event_unref(b->event);
	secret_arena_close();
	free(b);
}

/*
 * A file of the configuration that cannot be opened is off, as a line with a
 * fault is; the journal, or standard error, has all.  One that was asked for on
 * the command line must be there.
 */
static int
open_audit(struct broker *b)
{
	struct fault fault = { 0 };
	int error = herald_audit(b, b->config, &fault);

	if (error == MAILSEAL_E_IO && b->audit_file == NULL) {
		alarm_ring(&broker_alarm, &fault);
		b->config->off++;
		free(b->config->audit_file);
		b->config->audit_file = NULL;
		error = herald_audit(b, b->config, &fault);
	}
	if (error != MAILSEAL_OK)
		log_error("audit not opened", "file=%s: %s", fault.file,
		    fault.text);
	return error;
}

static int
start(struct broker *b, const struct broker_options *o)
{
	int error = secret_arena_open(ARENA_SIZE);

	if (error != MAILSEAL_OK)
		return error;
	if (!secret_arena_is_locked())
		log_warn("memory not locked",
		    "secrets may reach the swap; "
		    "raise the limit of locked memory to %d bytes",
		    ARENA_SIZE);
	error = open_audit(b);
	if (error != MAILSEAL_OK)
		return error;
	error = open_loop(b);
	if (error == MAILSEAL_OK)
		error = open_vault(b, o);
	if (error == MAILSEAL_OK)
		error = sockets_open(b, o);
	if (error == MAILSEAL_OK)
		error = notify_open(b);
	if (error == MAILSEAL_OK)
		error = herald_watch(b);
	return error;
}

int
broker_open(const struct broker_options *o, struct broker **broker)
{
	AUTO(broker) b = calloc(1, sizeof(*b));
	struct fault fault = { 0 };
	int error;

	if (b == NULL || (b->journal = journal_new(o->journal)) == NULL)
		return MAILSEAL_E_NOMEM;
	herald_to(b->journal);
	error = config_read(o->config, o->preset, LENIENT, &broker_alarm,
	    &b->config, &fault);
	if (error != MAILSEAL_OK) {
		alarm_ring(&broker_alarm, &fault);
		return error;
	}
	log_open("mailseald",
	    o->verbose ? LOG_LEVEL_DEBUG : b->config->log_level);
	b->verbose = o->verbose;
	b->config_folder = o->config;
	b->preset_folder = o->preset;
	b->courier_path = o->courier_socket;
	b->audit_file = o->audit;
	b->started = now_wall();
	error = start(b, o);
	if (error != MAILSEAL_OK)
		return error;
	if (b->config->off > 0)
		log_warn("configuration partly off",
		    "off=%zu; tried again each minute", b->config->off);
	takeover_tell(b);
	takeover_watch(b);
	log_info("ready", "accounts=%zu key=%s", accounts_count(b->accounts),
	    keyring_is_open(b->keyring) ? "open" : "closed");
	notify_ready(b);
	*broker = b;
	b = NULL;
	return MAILSEAL_OK;
}
