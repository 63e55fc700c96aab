/* SPDX-License-Identifier: ISC */
/*
 * Encodings, PKCE, and what reaches the redirect listener.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "broker/courier/form.h"
#include "broker/courier/redirect.h"
#include "broker/enrolment.h"
#include "proto/error.h"
#include "tests/unit/module.h"
#include "tests/unit/vectors/walk.h"

static struct json *vectors;

/* A text member of the nth element of a list. */
static const char *
member(const char *list, size_t n, const char *name)
{
	char path[64];

	(void)snprintf(path, sizeof(path), "%s.%zu.%s", list, n, name);
	return json_text(vectors, path);
}

static void
encode(const char *id, enum form_style style, struct span bytes,
    const char *wanted)
{
	AUTO_FORM form = form_start(8192);

	form_put_encoded(&form, style, bytes);
	walk_label(id, form.failed ? "it failed" : (char *)form.text->data,
	    wanted);
}

static void
walk_basic(void)
{
	for (size_t n = 0; member("basic_auth", n, "header") != NULL; n++) {
		const char *id = member("basic_auth", n, "client_id");
		const char *key = member("basic_auth", n, "client_secret");
		struct span name = { (const unsigned char *)id, strlen(id) };
		struct span text = { (const unsigned char *)key, strlen(key) };
		AUTO(secret) header = NULL;
		int error = form_basic(name, text, &header);

		walk_label(id,
		    error == MAILSEAL_OK ? (char *)header->data :
					   mailseal_error_name(error),
		    member("basic_auth", n, "header"));
	}
}

void
walk_form(void)
{
	const char *id;

	vectors = walk_json("form.json", MAILSEAL_ITEMS_MAX);
	if (vectors == NULL)
		return;
	for (size_t n = 0; (id = member("cases", n, "id")) != NULL; n++) {
		unsigned char bytes[2048];
		struct span span = { bytes,
			walk_unhex(member("cases", n, "input_hex"), bytes,
			    sizeof(bytes)) };

		encode(id, FORM_BODY, span, member("cases", n, "form"));
		encode(id, FORM_QUERY, span, member("cases", n, "percent"));
	}
	walk_basic();
	json_free(vectors);
	vectors = NULL;
}

/* Whether a module sends this verifier along with a code. */
static bool
is_sent(const char *verifier)
{
	static struct mailseal_ask ask;
	const struct mailseal_item settings[] = {
		{ "token_endpoint", "https://a.test/t", 16, 0 },
		{ "client_id", "c", 1, 0 }
	};
	const struct mailseal_item inputs[] = { { "code", "c", 1, 0 },
		{ "verifier", verifier, strlen(verifier), MAILSEAL_SECRET } };
	struct mailseal_call call = { .size = sizeof(call),
		.op = MAILSEAL_OP_CODE,
		.settings = { settings, 2 },
		.inputs = { inputs, 2 } };

	memset(&ask, 0, sizeof(ask));
	ask.size = sizeof(ask);
	if (module_open("oidc")->step(&call, &module_host, &ask) != 0)
		return false;
	return ask.want == MAILSEAL_WANT_HTTP &&
	    module_field(&ask, MAILSEAL_IN_FORM, "code_verifier") != NULL;
}

/* The challenge of a verifier that would be sent. */
static void
walk_verifier(char *column[COLUMNS_MAX])
{
	AUTO(secret) verifier = secret_copy(column[2], strlen(column[2]));
	struct enrolment enrolment = { .verifier = verifier };
	char challenge[44] = "-";

	if (is_sent(column[2]))
		enrolment_challenge(&enrolment, challenge);
	walk_label(column[0], challenge, column[3]);
}

void
walk_pkce(void)
{
	(void)walk_rows("pkce.tsv", walk_verifier);
}

static void
walk_callback(char *column[COLUMNS_MAX])
{
	enum { ID, VERDICT, STATE, ISSUER, TARGET };
	struct redirect_wanted wanted = { "/cb", column[STATE], column[ISSUER],
		false };
	struct redirect redirect = redirect_read(column[TARGET],
	    strlen(column[TARGET]), &wanted);
	char got[4096] = "reject";

	if (redirect.kind == REDIRECT_IGNORE)
		(void)snprintf(got, sizeof(got), "ignore-404");
	else if (redirect.kind == REDIRECT_CODE)
		(void)snprintf(got, sizeof(got), "code:%s", redirect.code);
	else if (redirect.kind == REDIRECT_ERROR)
		(void)snprintf(got, sizeof(got), "error:%s", redirect.error);
	walk_label(column[ID], got, column[VERDICT]);
}

void
walk_callbacks(void)
{
	(void)walk_rows("callbacks.tsv", walk_callback);
}
