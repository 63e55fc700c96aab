/* SPDX-License-Identifier: ISC */
#include "tests/unit/vectors.h"

#include "broker/courier/clock.h"
#include "broker/courier/steps.h"
#include "broker/secret.h"
#include "proto/error.h"

typedef int step_function(const struct mailseal_call *call,
    const struct mailseal_host *host, struct mailseal_ask *ask);

static struct http_fault fault;

static int
prepare(void **state)
{
	(void)state;
	return secret_arena_open(1 << 20);
}

static int
clear(void **state)
{
	(void)state;
	secret_arena_close();
	return 0;
}

/* Lead a module that does this; the error. */
static int
lead(step_function *step)
{
	const struct mailseal_module module = { .step = step };
	struct mailseal_call call = { .size = sizeof(call) };
	struct http_way way = { .origins = "https://localhost:1",
		.deadline_ms = clock_ms() + 5000 };
	struct secret *outcome = NULL;
	int error;

	memset(&fault, 0, sizeof(fault));
	error = steps_run(&module, &call, &way, &outcome, &fault);
	secret_free(outcome);
	assert_int_equal(secret_arena_used(), 0);
	return error;
}

static int
refuse(const struct mailseal_call *call, const struct mailseal_host *host,
    struct mailseal_ask *ask)
{
	(void)call;
	(void)host;
	(void)ask;
	return -1;
}

static int
want_rubbish(const struct mailseal_call *call, const struct mailseal_host *host,
    struct mailseal_ask *ask)
{
	(void)call;
	(void)host;
	ask->want = 99;
	return 0;
}

static int
count_too_many(const struct mailseal_call *call,
    const struct mailseal_host *host, struct mailseal_ask *ask)
{
	(void)call;
	(void)host;
	ask->want = MAILSEAL_WANT_DONE;
	ask->count = UINT32_MAX;
	return 0;
}

static int
point_outside(const struct mailseal_call *call,
    const struct mailseal_host *host, struct mailseal_ask *ask)
{
	(void)call;
	(void)host->put(ask, MAILSEAL_IN_OUTCOME, "class", "ok", 2, 0);
	ask->want = MAILSEAL_WANT_DONE;
	ask->field[0].offset = UINT32_MAX;
	ask->field[0].len = 2;
	return 0;
}

static int
end_no_text(const struct mailseal_call *call, const struct mailseal_host *host,
    struct mailseal_ask *ask)
{
	(void)call;
	(void)host;
	ask->want = MAILSEAL_WANT_HTTP;
	memset(ask->url, 'x', sizeof(ask->url));
	return 0;
}

static int
put_too_much(const struct mailseal_call *call, const struct mailseal_host *host,
    struct mailseal_ask *ask)
{
	static char much[MAILSEAL_POOL_MAX];

	(void)call;
	(void)host->put(ask, MAILSEAL_IN_OUTCOME, "a", much, sizeof(much), 0);
	(void)host->put(ask, MAILSEAL_IN_OUTCOME, "b", much, 1, 0);
	(void)host->put(ask, MAILSEAL_IN_OUTCOME, "c", much, 0, 0);
	ask->want = MAILSEAL_WANT_DONE;
	return 0;
}

static void
a_module_that_fills_in_rubbish_spoils_its_own_exchange_only(void **state)
{
	(void)state;
	assert_int_equal(lead(refuse), MAILSEAL_E_MODULE);
	assert_int_equal(lead(want_rubbish), MAILSEAL_E_MODULE);
	assert_int_equal(lead(count_too_many), MAILSEAL_E_MODULE);
	assert_int_equal(lead(point_outside), MAILSEAL_E_MODULE);
	assert_int_equal(lead(end_no_text), MAILSEAL_E_MODULE);
	assert_int_equal(lead(put_too_much), MAILSEAL_E_MODULE);
}

static int
go_elsewhere(const struct mailseal_call *call, const struct mailseal_host *host,
    struct mailseal_ask *ask)
{
	static const char elsewhere[] = "https://localhost:1@evil.example/";

	(void)call;
	(void)host->put(ask, MAILSEAL_IN_FORM, "refresh_token", "x", 1, 1);
	memcpy(ask->url, elsewhere, sizeof(elsewhere));
	ask->want = MAILSEAL_WANT_HTTP;
	return 0;
}

static int
fetch_keys_elsewhere(const struct mailseal_call *call,
    const struct mailseal_host *host, struct mailseal_ask *ask)
{
	static const char url[] = "https://evil.example/keys";

	(void)call;
	(void)host->put(ask, MAILSEAL_IN_OUTCOME, "id_token", "a.b.c", 5, 0);
	(void)host->put(ask, MAILSEAL_IN_OUTCOME, "jwks_uri", url, strlen(url),
	    0);
	(void)host->put(ask, MAILSEAL_IN_OUTCOME, "issuer", "i", 1, 0);
	(void)host->put(ask, MAILSEAL_IN_OUTCOME, "audience", "a", 1, 0);
	ask->want = MAILSEAL_WANT_ID_TOKEN;
	return 0;
}

static void
nothing_is_sent_to_an_origin_that_is_not_bound(void **state)
{
	(void)state;
	assert_int_equal(lead(go_elsewhere), MAILSEAL_E_ORIGIN);
	assert_int_equal(lead(fetch_keys_elsewhere), MAILSEAL_E_ORIGIN);
}

/* A nonce that is no text: an id_token must not pass without it. */
static int
spoil_the_nonce(const struct mailseal_call *call,
    const struct mailseal_host *host, struct mailseal_ask *ask)
{
	(void)fetch_keys_elsewhere(call, host, ask);
	(void)host->put(ask, MAILSEAL_IN_OUTCOME, "nonce", "a\0b", 3, 0);
	return 0;
}

static void
a_nonce_that_cannot_be_compared_is_not_left_out(void **state)
{
	(void)state;
	assert_int_equal(lead(spoil_the_nonce), MAILSEAL_E_MODULE);
}

/* A key that is read from the vectors, as mailseald would hand it. */
static struct mailseal_item key_input = { "client_key", NULL, 0,
	MAILSEAL_SECRET };
static char signed_last[4096];

static int
sign_then_quote(const struct mailseal_call *call,
    const struct mailseal_host *host, struct mailseal_ask *ask)
{
	if (call->jwt == NULL) {
		assert_int_equal(call->last, MAILSEAL_WANT_NOTHING);
		(void)host->put(ask, MAILSEAL_IN_OUTCOME, "alg", "RS256", 5, 0);
		(void)host->put(ask, MAILSEAL_IN_OUTCOME, "key", "client_key",
		    10, 0);
		(void)host->put(ask, MAILSEAL_IN_JWT_CLAIM, "iss", "me", 2, 0);
		ask->want = MAILSEAL_WANT_JWT;
		return 0;
	}
	assert_int_equal(call->last, MAILSEAL_WANT_JWT);
	assert_int_equal(call->jwt->flags, MAILSEAL_SECRET);
	(void)snprintf(signed_last, sizeof(signed_last), "%s",
	    call->jwt->bytes);
	(void)host->put(ask, MAILSEAL_IN_OUTCOME, "class", "config", 6, 0);
	(void)host->put(ask, MAILSEAL_IN_OUTCOME, "detail", call->jwt->bytes,
	    call->jwt->len, 0);
	ask->want = MAILSEAL_WANT_DONE;
	return 0;
}

/* Lead it with this key as the input; the outcome is the caller's. */
static int
lead_with_key(const char *pem, struct secret **outcome)
{
	const struct mailseal_module module = { .step = sign_then_quote };
	struct mailseal_call call = { .size = sizeof(call),
		.inputs = { &key_input, 1 } };
	struct http_way way = { .origins = "https://localhost:1",
		.deadline_ms = clock_ms() + 5000 };
	int error;

	memset(&fault, 0, sizeof(fault));
	key_input.bytes = pem;
	key_input.len = strlen(pem);
	error = steps_run(&module, &call, &way, outcome, &fault);
	assert_null(call.jwt);
	return error;
}

static void
a_signed_token_reaches_the_module_and_no_words_for_people(void **state)
{
	size_t len;
	char *pem = vector_read("keys/TEST-ONLY-client-rsa2048.key.pem", &len);
	AUTO(secret) outcome = NULL;
	const struct mailseal_ask *ask;

	(void)state;
	assert_int_equal(lead_with_key(pem, &outcome), MAILSEAL_OK);
	ask = steps_ask(outcome);
	/* {"alg":"RS256","typ":"JWT"} and {"iss":"me"} */
	assert_memory_equal(signed_last,
	    "eyJhbGciOiJSUzI1NiIsInR5cCI6IkpXVCJ9.eyJpc3MiOiJtZSJ9.", 54);
	assert_int_equal(ask->count, 2);
	for (uint32_t i = 0; i < ask->field[1].len; i++)
		assert_int_equal(ask->pool[ask->field[1].offset + i], '*');
	free(pem);
}

static void
a_key_that_cannot_be_read_ends_the_exchange(void **state)
{
	struct secret *outcome = NULL;

	(void)state;
	assert_int_equal(lead_with_key("-----BEGIN", &outcome),
	    MAILSEAL_E_CLIENT);
	assert_null(outcome);
	assert_non_null(strstr(fault.detail, "key of the registration"));
	assert_int_equal(secret_arena_used(), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    a_module_that_fills_in_rubbish_spoils_its_own_exchange_only),
		cmocka_unit_test(
		    nothing_is_sent_to_an_origin_that_is_not_bound),
		cmocka_unit_test(
		    a_nonce_that_cannot_be_compared_is_not_left_out),
		cmocka_unit_test(
		    a_signed_token_reaches_the_module_and_no_words_for_people),
		cmocka_unit_test(a_key_that_cannot_be_read_ends_the_exchange),
	};

	return cmocka_run_group_tests(tests, prepare, clear);
}
