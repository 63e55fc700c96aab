/* SPDX-License-Identifier: ISC */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "broker/answer.h"
#include "broker/clients.h"
#include "broker/errand.h"
#include "broker/log.h"
#include "broker/op/op.h"
#include "proto/error.h"

#define REPLY_ROOM 40960
#define DAYS_USUAL 730	/* of a certificate */
#define NAME_LEN_MAX 64 /* bytes of a common name, RFC 5280 appendix A.1 */

/* A key that the courier makes, or reads out of a file. */
struct forging {
	struct broker *broker;
	struct conn_ref ref;
	char provider[PROVIDER_MAX + 1];
	char name[NAME_LEN_MAX + 1]; /* of the certificate; "" where read */
	struct errand *errand;
	struct forging *next;
};

static struct forging *under_way;

static void
leave(const struct forging *f)
{
	for (struct forging **at = &under_way; *at != NULL; at = &(*at)->next) {
		if (*at != f)
			continue;
		*at = f->next;
		return;
	}
}

void
forgings_clear(void)
{
	struct forging *f;

	while ((f = under_way) != NULL) {
		under_way = f->next;
		errand_cancel(f->errand);
		free(f);
	}
}

static void
answer_sealed(struct conn *conn, const struct provider *p,
    const struct proof *proof)
{
	char bytes[REPLY_ROOM];
	struct line_writer w;

	line_begin(&w, bytes, sizeof(bytes), "ok");
	proof_put(&w, p, proof);
	if (proof->certificate != NULL)
		line_put_bytes(&w, "certificate", proof->certificate->data,
		    proof->certificate->len);
	answer_line(conn, &w);
}

/* Whoever asked is there still: seal it, and tell him. */
static int
seal_it(const struct forging *f, struct conn *conn,
    const struct outcome *outcome)
{
	const struct provider *p = config_provider(f->broker->config,
	    f->provider);
	char *subject;
	struct proof proof;
	int error;

	if (p == NULL || p->fault != NULL)
		return MAILSEAL_E_NOPROVIDER;
	error = proof_take(outcome->fields, &proof);
	if (error != MAILSEAL_OK)
		return error;
	subject = proof.text[PROOF_SUBJECT];
	if (subject[0] == '\0' && f->name[0] != '\0')
		(void)snprintf(subject, PROOF_TEXT_MAX + 1, "CN=%s", f->name);
	error = registration_add(f->broker, p, &proof);
	if (error == MAILSEAL_OK) {
		provider_try_again(f->broker, p->name);
		audit_note(f->broker->audit, "client_key", NULL,
		    conn_peer(conn), "provider=%s label=%s by=%s",
		    printable_word(p->name), proof.label,
		    f->name[0] != '\0' ? "mailseal" : "file");
		answer_sealed(conn, p, &proof);
	}
	proof_clear(&proof);
	return error;
}

static void
ends(void *arg, const struct outcome *outcome)
{
	struct forging *f = arg;
	struct conn *conn = clients_find(f->broker->clients, f->ref);
	const char *why = NULL;
	int error;

	leave(f);
	if (conn != NULL) {
		error = outcome->reason;
		why = outcome->detail;
		if (strcmp(outcome->class, "ok") == 0) {
			error = seal_it(f, conn, outcome);
			why = NULL;
		}
		if (error != MAILSEAL_OK)
			answer_error(conn, error, NULL, why);
	}
	free(f); /* a key that nobody waits for is not kept */
}

/* *errand is taken over when it went on its way. */
static int
start(struct request *r, const struct provider *p, const char *name,
    struct errand **errand)
{
	struct forging *f = calloc(1, sizeof(*f));
	int error;

	if (f == NULL)
		return MAILSEAL_E_NOMEM;
	f->broker = r->broker;
	f->ref = conn_ref(r->conn);
	(void)snprintf(f->provider, sizeof(f->provider), "%s", p->name);
	(void)snprintf(f->name, sizeof(f->name), "%s", name);
	error = errand_start(errand, ends, f, &f->errand);
	if (error != MAILSEAL_OK) {
		free(f);
		return error;
	}
	f->next = under_way;
	under_way = f;
	return MAILSEAL_OK;
}

/* "mailseal PROVIDER HOST", as far as there is room. */
static void
name_it(const struct provider *p, char name[NAME_LEN_MAX + 1])
{
	char host[HOST_NAME_MAX + 1] = "";

	if (gethostname(host, sizeof(host)) != 0)
		host[0] = '\0';
	host[HOST_NAME_MAX] = '\0';
	(void)snprintf(name, NAME_LEN_MAX + 1, "mailseal %.32s %.22s", p->name,
	    host);
}

static int
make(struct request *r, const struct provider *p, uint64_t days)
{
	AUTO(errand) errand = errand_new(r->broker, "new_cert", "-", "-");
	char name[NAME_LEN_MAX + 1], number[24];

	if (errand == NULL)
		return MAILSEAL_E_NOMEM;
	if (registration_count(r->broker, p->name) >= PROOFS_MAX)
		return MAILSEAL_E_SECRETS;
	name_it(p, name);
	(void)snprintf(number, sizeof(number), "%llu",
	    (unsigned long long)days);
	errand_in(errand, "name", name);
	errand_in(errand, "days", number);
	return start(r, p, name, &errand);
}

void
op_provider_new_cert(struct request *r)
{
	const char *provider = line_need(r->in, "provider", PROVIDER_MAX);
	uint64_t days = line_get_number(r->in, "days", DAYS_USUAL,
	    CERTIFICATE_DAYS_MAX);
	const struct provider *p = NULL;
	const char *why;
	int error;

	if (days == 0)
		line_fail(r->in, MAILSEAL_E_MALFORMED, "days");
	error = line_end(r->in);
	why = r->in->culprit;
	if (error == MAILSEAL_OK)
		error = provider_to_seal(r, provider, PROOF_KEY, &p, &why);
	if (error == MAILSEAL_OK)
		error = make(r, p, days);
	if (error != MAILSEAL_OK)
		answer_plight(r->conn,
		    &(struct plight){ .error = error,
			.detail = why,
			.provider = provider });
}

static int
read_file(struct request *r, const struct provider *p,
    const struct secret *file)
{
	AUTO(errand) errand = errand_new(r->broker, "key", "-", "-");

	if (errand == NULL)
		return MAILSEAL_E_NOMEM;
	errand_in_secret(errand, "file", file);
	return start(r, p, "", &errand);
}

void
op_provider_key(struct request *r)
{
	const char *provider = line_need(r->in, "provider", PROVIDER_MAX);
	AUTO(secret) file = NULL;
	const struct provider *p = NULL;
	const char *why;
	int error = secret_from_line(r->in, "file", KEY_FILE_MAX, &file);

	if (error == MAILSEAL_OK && file == NULL)
		line_fail(r->in, MAILSEAL_E_MISSING, "file");
	if (error == MAILSEAL_OK)
		error = line_end(r->in);
	why = r->in->culprit;
	if (error == MAILSEAL_OK)
		error = provider_to_seal(r, provider, PROOF_KEY, &p, &why);
	if (error == MAILSEAL_OK)
		error = read_file(r, p, file);
	if (error != MAILSEAL_OK)
		answer_plight(r->conn,
		    &(struct plight){ .error = error,
			.detail = why,
			.provider = provider });
}
