/* SPDX-License-Identifier: ISC */
#include <stdio.h>
#include <string.h>

#include "broker/courier/clock.h"
#include "broker/courier/exchange.h"
#include "broker/courier/keyfile.h"
#include "broker/courier/load.h"
#include "broker/courier/mailbox.h"
#include "broker/courier/newcert.h"
#include "broker/courier/outcome.h"
#include "broker/courier/redirect.h"
#include "broker/courier/steps.h"
#include "broker/courier/trust.h"
#include "broker/log.h"
#include "proto/error.h"

#define OP_MAX 32	     /* bytes of an op's name */
#define ORIGINS_LEN_MAX 4096 /* bytes of the list */
#define CA_LEN_MAX 49152     /* bytes of PEM */
#define PROXY_LEN_MAX 300    /* bytes of its address */
#define PROXY_LIST_LEN_MAX 1024
#define SET_MAX 4096 /* bytes of a setting */

/* What a module can be asked for. */
static const struct {
	const char *name;
	enum mailseal_op op;
} ops[] = {
	{ "authorize", MAILSEAL_OP_AUTHORIZE },
	{ "code", MAILSEAL_OP_CODE },
	{ "device_begin", MAILSEAL_OP_DEVICE_BEGIN },
	{ "device_poll", MAILSEAL_OP_DEVICE_POLL },
	{ "refresh", MAILSEAL_OP_REFRESH },
	{ "client_credentials", MAILSEAL_OP_CLIENT_CREDENTIALS },
	{ "jwt_bearer", MAILSEAL_OP_JWT_BEARER },
	{ "revoke", MAILSEAL_OP_REVOKE },
};

/* The op of this name, 0 when it is not one for a module. */
static uint32_t
op_of(const char *name)
{
	for (size_t i = 0; i < sizeof(ops) / sizeof(ops[0]); i++)
		if (strcmp(ops[i].name, name) == 0)
			return ops[i].op;
	return 0;
}

static bool
is_own_op(const char *name)
{
	static const char *const names[] = { "redirect", "login", "mail",
		"look", "new_cert", "key" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strcmp(name, names[i]) == 0)
			return true;
	return false;
}

static bool
is_secret(const char *name)
{
	static const char *const secrets[] = { "access_token", "refresh_token",
		"code", "verifier", "client_secret", "client_key",
		"device_code", "file", "password" };

	for (size_t i = 0; i < sizeof(secrets) / sizeof(secrets[0]); i++)
		if (strcmp(name, secrets[i]) == 0)
			return true;
	return false;
}

/* Take all fields with this prefix as items for a module. */
static size_t
take_items(struct line *line, const char *prefix, size_t max,
    struct mailseal_item item[LINE_FIELDS_MAX])
{
	const char *key;
	struct span value;
	size_t count = 0;

	while (
	    count < LINE_FIELDS_MAX && line_next(line, prefix, &key, &value)) {
		if (value.len > max)
			line_fail(line, MAILSEAL_E_TOOLONG, key);
		item[count++] = (struct mailseal_item){ key,
			(const char *)value.data, value.len,
			is_secret(key) ? MAILSEAL_SECRET : 0 };
	}
	return count;
}

static void
read_proxy(struct exchange *exchange, struct line *line)
{
	const char *proxy = line_get(line, "proxy", PROXY_LEN_MAX);

	exchange->no_proxy = line_get(line, "no_proxy", PROXY_LIST_LEN_MAX);
	if (proxy == NULL)
		return;
	exchange->by_proxy = true;
	if (proxy_read(proxy, &exchange->proxy) != NULL)
		line_fail(line, MAILSEAL_E_MALFORMED, "proxy");
}

int
exchange_read(struct exchange *exchange, struct line *line)
{
	*exchange = (struct exchange){ .line = line };
	if (line->error != MAILSEAL_OK)
		return line->error;
	if (strcmp(line_word(line), "exchange") != 0)
		return MAILSEAL_E_UNSUPPORTED;
	exchange->op = line_need(line, "op", OP_MAX);
	exchange->module = line_get(line, "module", LOAD_NAME_MAX);
	exchange->origins = line_get(line, "origins", ORIGINS_LEN_MAX);
	exchange->ca = line_get_bytes(line, "ca", CA_LEN_MAX);
	exchange->ca_name = line_get(line, "ca_name", TRUST_NAME_MAX);
	read_proxy(exchange, line);
	exchange->timeout_ms = (int64_t)line_get_number(line, "deadline_ms",
	    EXCHANGE_MS_ABSENT, EXCHANGE_MS_MAX);
	if (line->error != MAILSEAL_OK)
		return line->error;
	if (exchange->origins == NULL)
		exchange->origins = "";
	if (is_own_op(exchange->op))
		return MAILSEAL_OK; /* takes its fields by itself */
	if (op_of(exchange->op) == 0)
		return MAILSEAL_E_UNSUPPORTED;
	if (exchange->module == NULL)
		line_fail(line, MAILSEAL_E_MISSING, "module");
	exchange->set_count = take_items(line, "set_", SET_MAX, exchange->set);
	exchange->in_count = take_items(line, "in_", MAILSEAL_TOKEN_MAX,
	    exchange->in);
	return line_end(line);
}

static int
run_module(struct exchange *exchange, const struct http_way *way,
    const char *folder, struct mailseal_call *call, struct secret **outcome,
    struct http_fault *fault)
{
	const struct mailseal_module *module = NULL;
	char why[SAFEFILE_WHY_MAX];

	if (load_module(folder, exchange->module, &module, why) != MAILSEAL_OK)
		return http_fail(fault, MAILSEAL_E_MODULE, "%s", why);
	if ((module->operations & call->op) == 0)
		return http_fail(fault, MAILSEAL_E_MODULE,
		    "it has no operation %s", exchange->op);
	return steps_run(module, call, way, outcome, fault);
}

/* Put what came of it, or find fault with it. */
static int
put_outcome(const struct secret *outcome, const struct mailseal_call *call,
    struct line_writer *reply, struct http_fault *fault)
{
	if (outcome_put(steps_ask(outcome), call, reply) != MAILSEAL_OK)
		return http_fail(fault, MAILSEAL_E_MODULE,
		    "its outcome has no class, a field twice, or an address "
		    "that is none");
	if (reply->error != MAILSEAL_OK)
		return http_fail(fault, MAILSEAL_E_MODULE,
		    "its outcome is too long");
	return MAILSEAL_OK;
}

/* A fault of the module's own bears its name. */
static void
name_module(struct http_fault *fault, const char *module)
{
	char words[FAULT_DETAIL_MAX];

	if (fault->error != MAILSEAL_E_MODULE)
		return;
	memcpy(words, fault->detail, sizeof(words));
	(void)http_fail(fault, MAILSEAL_E_MODULE, "module %s: %s",
	    printable(module), words);
}

/* Lead a module through its operation. */
static void
answer_module(struct exchange *exchange, const struct http_way *way,
    const char *folder, struct line_writer *reply)
{
	struct mailseal_call call = { .size = sizeof(call) };
	AUTO(secret) outcome = NULL;
	struct line_writer start = *reply;
	struct http_fault fault;
	int error;

	call.op = op_of(exchange->op);
	call.settings = (struct mailseal_items){ exchange->set,
		exchange->set_count };
	call.inputs = (struct mailseal_items){ exchange->in,
		exchange->in_count };
	error = run_module(exchange, way, folder, &call, &outcome, &fault);
	if (error == MAILSEAL_OK)
		error = put_outcome(outcome, &call, reply, &fault);
	if (error == MAILSEAL_OK)
		return;
	*reply = start;
	name_module(&fault, exchange->module);
	outcome_put_fault(&fault, reply);
}

/* Hand the request to whose it is. */
static int
dispatch(struct exchange *exchange, const struct http_way *way,
    const char *folder, struct line_writer *reply)
{
	if (strcmp(exchange->op, "redirect") == 0)
		return redirect_answer(exchange->line, reply);
	if (strcmp(exchange->op, "new_cert") == 0)
		return newcert_answer(exchange->line, reply);
	if (strcmp(exchange->op, "key") == 0)
		return keyfile_answer(exchange->line, reply);
	if (strcmp(exchange->op, "login") == 0)
		return mailbox_run(exchange->line, false, way, reply);
	if (strcmp(exchange->op, "mail") == 0)
		return mailbox_run(exchange->line, true, way, reply);
	if (strcmp(exchange->op, "look") == 0)
		return mailbox_look(exchange->line, way, reply);
	answer_module(exchange, way, folder, reply);
	return MAILSEAL_OK;
}

int
exchange_run(struct exchange *exchange, const struct trust *usual,
    const char *folder, char *bytes, size_t size, size_t *len)
{
	struct http_way way = { exchange->origins, *usual,
		clock_ms() + exchange->timeout_ms,
		exchange->by_proxy ? &exchange->proxy : NULL,
		exchange->no_proxy };
	X509_STORE *own = NULL;
	struct line_writer reply;
	struct http_fault fault;
	int error = MAILSEAL_OK;

	line_begin(&reply, bytes, size, "ok");
	if (exchange->ca.data != NULL &&
	    trust_from_pem(exchange->ca, &own) != MAILSEAL_OK) {
		(void)http_fail(&fault, MAILSEAL_E_TRUST,
		    "there is no usable certificate in %s",
		    exchange->ca_name != NULL ? printable(exchange->ca_name) :
						"the provider's own CA file");
		outcome_put_fault(&fault, &reply);
		return line_finish(&reply, len);
	}
	if (own != NULL)
		way.trust = (struct trust){ own, exchange->ca_name, NULL };
	error = dispatch(exchange, &way, folder, &reply);
	X509_STORE_free(own);
	if (error != MAILSEAL_OK)
		return error;
	return line_finish(&reply, len);
}

int
exchange_refuse(const struct line *line, int error, char *bytes, size_t size,
    size_t *len)
{
	struct line_writer reply;
	char message[256];

	(void)snprintf(message, sizeof(message), "%s%s%s%s",
	    mailseal_error_text(error), line->culprit != NULL ? " (" : "",
	    line->culprit != NULL ? line->culprit : "",
	    line->culprit != NULL ? ")" : "");
	line_begin(&reply, bytes, size, "error");
	line_put(&reply, "code", mailseal_error_code(error));
	line_put(&reply, "reason", mailseal_error_name(error));
	line_put(&reply, "message", message);
	return line_finish(&reply, len);
}
