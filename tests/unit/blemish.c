/* SPDX-License-Identifier: ISC */
/*
 * What a user would lose: an afternoon over a certificate, or a password to
 * somebody with another one.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "broker/courier/http.h"
#include "broker/courier/steps.h"
#include "tests/unit/stage.h"

#define DAY 86400L
#define HELLO \
	GREET, "S250-x\r\n250 STARTTLS\r\n", "CSTARTTLS", "S220 x\r\n", SHY, END
#define LOGGED_IN                                                    \
	GREET, START, "S250-x\r\n250 AUTH PLAIN\r\n", "CAUTH PLAIN", \
	    "S334 \r\n", "C" P_LINE, "S235 ok\r\n", QUIT

/* A certificate with its key. */
struct held {
	X509 *cert;
	EVP_PKEY *key;
};

static struct held ca, server;
static X509_STORE *store;

static void
let_go(struct held *held)
{
	X509_free(held->cert);
	EVP_PKEY_free(held->key);
	*held = (struct held){ NULL, NULL };
}

static void
put_name(X509 *cert, const char *name)
{
	X509_NAME_add_entry_by_txt(X509_get_subject_name(cert), "CN",
	    MBSTRING_ASC, (const unsigned char *)name, -1, -1, 0);
}

static void
put_extension(X509 *cert, int nid, const char *text)
{
	X509_EXTENSION *one = X509V3_EXT_conf_nid(NULL, NULL, nid, text);

	X509_add_ext(cert, one, -1);
	X509_EXTENSION_free(one);
}

/* Issue one, by itself where by is NULL; times are from now, in seconds. */
static struct held
issue(const char *name, const struct held *by, const char *names, long from,
    long to)
{
	struct held made = { X509_new(), EVP_EC_gen("P-256") };
	const struct held *issuer = by != NULL ? by : &made;

	X509_set_version(made.cert, 2);
	ASN1_INTEGER_set(X509_get_serialNumber(made.cert), 7);
	X509_gmtime_adj(X509_getm_notBefore(made.cert), from);
	X509_gmtime_adj(X509_getm_notAfter(made.cert), to);
	put_name(made.cert, name);
	X509_set_issuer_name(made.cert, X509_get_subject_name(issuer->cert));
	if (names != NULL)
		put_extension(made.cert, NID_subject_alt_name, names);
	else
		put_extension(made.cert, NID_basic_constraints,
		    "critical,CA:TRUE");
	X509_set_pubkey(made.cert, made.key);
	X509_sign(made.cert, issuer->key, EVP_sha256());
	return made;
}

/* Let the server have this one. */
static void
serve(struct held made)
{
	let_go(&server);
	server = made;
	SSL_CTX_clear_chain_certs(server_ctx);
	assert_int_equal(SSL_CTX_use_certificate(server_ctx, made.cert), 1);
	assert_int_equal(SSL_CTX_use_PrivateKey(server_ctx, made.key), 1);
}

static int
set_up(void **state)
{
	if (stage_prepare(state) != 0)
		return -1;
	ca = issue("Campus CA", NULL, NULL, -DAY, DAY);
	store = X509_STORE_new();
	return X509_STORE_add_cert(store, ca.cert) == 1 ? 0 : -1;
}

static int
clean_up(void **state)
{
	let_go(&ca);
	let_go(&server);
	X509_STORE_free(store);
	return stage_clean_up(state);
}

/* Ask the server by HTTPS; it hears nothing, and we are told this. */
static void
is_told_by_http(X509_STORE *trusted, const char *wanted)
{
	struct mailseal_ask ask = { 0 };
	char origins[64];
	struct http_way way = { .origins = origins,
		.trust = { trusted, "/ca.pem", NULL },
		.deadline_ms = clock_ms() + 10000 };
	struct http_reply *none = NULL;
	struct http_fault fault = { 0 };
	int status = -1, listener;
	uint16_t port;
	pid_t pid;

	listener = stage_listen(&port);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0)
		_exit(stage_serve(listener, SCRIPT(SHY, END)));
	(void)close(listener);
	(void)snprintf(origins, sizeof(origins), "https://localhost:%u", port);
	(void)snprintf(ask.url, sizeof(ask.url), "%s/t", origins);
	assert_int_equal(http_ask(&ask, &way, &none, &fault), MAILSEAL_E_TRUST);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	if (strstr(fault.detail, wanted) == NULL)
		fail_msg("%s lacks: %s", fault.detail, wanted);
	assert_memory_equal(fault.detail, origins, strlen(origins));
	assert_non_null(strstr(fault.detail, "judged by /ca.pem"));
}

/* Neither a login nor a request gets a word to that server. */
static void
is_told(X509_STORE *trusted, const char *wanted)
{
	meet(&(struct how){ .password = "password", .store = trusted },
	    "config", "certificate", SCRIPT(HELLO));
	if (strstr(field("detail"), wanted) == NULL)
		fail_msg("%s lacks: %s", field("detail"), wanted);
	assert_memory_equal(field("detail"), "localhost:", 10);
	assert_non_null(strstr(field("detail"), "judged by /ca.pem"));
	assert_true(strlen(field("detail")) < FAULT_DETAIL_MAX);
	is_told_by_http(trusted, wanted);
}

static void
one_of_a_known_ca_is_trusted(void **state)
{
	(void)state;
	serve(issue("mail", &ca, "DNS:localhost", -DAY, DAY));
	meet(&(struct how){ .password = "password", .store = store }, "ok", "",
	    SCRIPT(LOGGED_IN));
}

static void
an_expired_one_is_told_with_its_day(void **state)
{
	char day[64];
	time_t then = time(NULL) - DAY;

	(void)state;
	serve(issue("mail", &ca, "DNS:localhost", -2 * DAY, -DAY));
	(void)strftime(day, sizeof(day), "certificate has expired: on %Y-%m-%d",
	    gmtime(&then));
	is_told(store, day);
	is_told(store, "certificate of /CN=mail, issued by /CN=Campus CA,");
}

static void
one_of_the_future_is_told_with_its_day(void **state)
{
	char day[64];
	time_t then = time(NULL) + DAY;

	(void)state;
	serve(issue("mail", &ca, "DNS:localhost", DAY, 2 * DAY));
	(void)strftime(day, sizeof(day), "not yet valid: it is from %Y-%m-%d",
	    gmtime(&then));
	is_told(store, day);
}

static void
one_for_another_host_is_told_with_the_hosts_it_is_for(void **state)
{
	char many[512] = "DNS:a0.example";

	(void)state;
	serve(issue("mail", &ca, "DNS:a.example,DNS:*.b.example,IP:192.0.2.1",
	    -DAY, DAY));
	is_told(store,
	    "ostname mismatch: it is for a.example, *.b.example, 192.0.2.1, "
	    "not for localhost");
	for (int i = 1; i < 20; i++)
		(void)snprintf(many + strlen(many), sizeof(many) - strlen(many),
		    ",DNS:a%d.example", i);
	serve(issue("mail", &ca, many, -DAY, DAY));
	is_told(store, "a1.example, ");
	is_told(store, ", ..., not for localhost");
	serve(issue("old.example", &ca, "email:a@b.c", -DAY, DAY));
	is_told(store, "it is for old.example, not for localhost");
}

static void
one_of_a_ca_that_is_not_known_names_it(void **state)
{
	struct held other = issue("Other CA", NULL, NULL, -DAY, DAY);

	(void)state;
	serve(issue("mail", &other, "DNS:localhost", -DAY, DAY));
	is_told(store, "local issuer certificate: the CA /CN=Other CA is not");
	/* The server may send its root along, which proves nothing. */
	SSL_CTX_add1_chain_cert(server_ctx, other.cert);
	is_told(store, "in its chain: the CA /CN=Other CA is not known here");
	let_go(&other);
}

static void
an_expired_ca_is_told_from_an_expired_server(void **state)
{
	struct held old = issue("Old CA", NULL, NULL, -2 * DAY, -DAY);
	X509_STORE *outdated = X509_STORE_new();

	(void)state;
	X509_STORE_add_cert(outdated, old.cert);
	serve(issue("mail", &old, "DNS:localhost", -DAY, DAY));
	is_told(outdated, "certificate has expired in its chain: on ");
	X509_STORE_free(outdated);
	let_go(&old);
}

static void
one_that_signed_itself_is_told_so(void **state)
{
	(void)state;
	serve(issue("mail", NULL, "DNS:localhost", -DAY, DAY));
	is_told(store, "self-signed certificate: no CA vouches for it");
}

/* What others write into a certificate does not reach a terminal as it is. */
static void
names_of_a_certificate_are_made_fit_to_print(void **state)
{
	char name[61];

	(void)state;
	memset(name, 'x', sizeof(name) - 1);
	name[60] = '\0';
	memcpy(name, "\033[2J\n", 5);
	serve(issue(name, NULL, "DNS:localhost", -DAY, DAY));
	is_told(store, "the certificate of /CN=\\x5cx1B[2J\\x5cx0A");
	for (const char *c = field("detail"); *c != '\0'; c++)
		assert_in_range(*c, 0x20, 0x7e);
}

/* ---- pinned by smtp_auth_ssl_trust */

static const char *
digest_of(X509 *cert)
{
	static char hex[TRUST_DIGEST_MAX];
	unsigned char bytes[EVP_MAX_MD_SIZE];
	unsigned len = 0;

	assert_int_equal(X509_digest(cert, EVP_sha256(), bytes, &len), 1);
	for (unsigned i = 0; i < len; i++)
		(void)snprintf(hex + 2 * i, 3, "%02x", bytes[i]);
	return hex;
}

static void
a_pinned_one_is_trusted_whatever_else_is_wrong_with_it(void **state)
{
	char pins[2 * TRUST_DIGEST_MAX];

	(void)state;
	serve(issue("mail", NULL, "DNS:other.example", -2 * DAY, -DAY));
	(void)snprintf(pins, sizeof(pins), "%064d %s", 0,
	    digest_of(server.cert));
	meet(&(struct how){ .password = "password",
		 .store = store,
		 .pins = pins },
	    "ok", "", SCRIPT(LOGGED_IN));
	/* The control: without the pin it is not. */
	meet(&(struct how){ .password = "password", .store = store }, "config",
	    "certificate", SCRIPT(HELLO));
}

static void
another_certificate_than_the_pinned_one_gets_nothing(void **state)
{
	char pins[TRUST_DIGEST_MAX], actual[96];

	(void)state;
	serve(issue("mail", &ca, "DNS:localhost", -DAY, DAY));
	(void)snprintf(pins, sizeof(pins), "%s", digest_of(server.cert));
	/* The same names from the same CA, and still another one. */
	serve(issue("mail", &ca, "DNS:localhost", -DAY, DAY));
	meet(&(struct how){ .password = "password",
		 .store = store,
		 .pins = pins },
	    "config", "certificate", SCRIPT(HELLO));
	(void)snprintf(actual, sizeof(actual), "it is sha256:%s, which",
	    digest_of(server.cert));
	assert_non_null(strstr(field("detail"), actual));
	assert_true(strlen(field("detail")) < FAULT_DETAIL_MAX);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_of_a_known_ca_is_trusted),
		cmocka_unit_test(an_expired_one_is_told_with_its_day),
		cmocka_unit_test(one_of_the_future_is_told_with_its_day),
		cmocka_unit_test(
		    one_for_another_host_is_told_with_the_hosts_it_is_for),
		cmocka_unit_test(one_of_a_ca_that_is_not_known_names_it),
		cmocka_unit_test(an_expired_ca_is_told_from_an_expired_server),
		cmocka_unit_test(one_that_signed_itself_is_told_so),
		cmocka_unit_test(names_of_a_certificate_are_made_fit_to_print),
		cmocka_unit_test(
		    a_pinned_one_is_trusted_whatever_else_is_wrong_with_it),
		cmocka_unit_test(
		    another_certificate_than_the_pinned_one_gets_nothing),
	};

	return cmocka_run_group_tests_name("blemish", tests, set_up, clean_up);
}
