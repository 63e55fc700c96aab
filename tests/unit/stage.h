/* SPDX-License-Identifier: ISC */
/*
 * stage: a mail server that follows a script, and a login that meets it.
 *
 * A script is a list of steps: "S" and text to send, "C" and a line that the
 * client must say ("C*": any line), or one of the letters below.
 */
#ifndef TESTS_UNIT_STAGE_H
#define TESTS_UNIT_STAGE_H

#include <arpa/inet.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "broker/courier/clock.h"
#include "broker/courier/mailbox.h"
#include "broker/secret.h"
#include "proto/error.h"

#define TLS "T"	 /* the handshake */
#define SHY "F"	 /* a handshake that the client breaks off */
#define END "E"	 /* the client has closed without another byte */
#define WAIT "W" /* say nothing until the client closes */
#define SHUT "X" /* close */

/* What a good server and a good client say. */
#define GREET "S220 mail.example ready\r\n", "C" EHLO
#define EHLO "EHLO [127.0.0.1]"
#define START                                                 \
	"S250-mail.example\r\n250 STARTTLS\r\n", "CSTARTTLS", \
	    "S220 go on\r\n", TLS, "C" EHLO
#define QUIT "CQUIT", "S221 bye\r\n", END

/* dXNlcj... of a@b.c and token, or password */
#define X_LINE "dXNlcj1hQGIuYwFhdXRoPUJlYXJlciB0b2tlbgEB"
#define P_LINE "AGFAYi5jAHBhc3N3b3Jk"
#define DENIED "S535 5.7.8 no\r\n"

#define SCRIPT(...)               \
	(const char *const[])     \
	{                         \
		__VA_ARGS__, NULL \
	}

struct server {
	int fd;
	SSL *ssl;
};

/* One trusts the server's certificate, in pem as well; the other nothing. */
static X509_STORE *trusting, *empty;
static SSL_CTX *server_ctx;
static char pem[4096];

/* A certificate for localhost that signs itself. */
static X509 *
certify(EVP_PKEY *key)
{
	X509 *cert = X509_new();
	X509_NAME *name = X509_get_subject_name(cert);
	X509_EXTENSION *names = X509V3_EXT_conf_nid(NULL, NULL,
	    NID_subject_alt_name, "DNS:localhost");

	X509_set_version(cert, 2);
	ASN1_INTEGER_set(X509_get_serialNumber(cert), 1);
	X509_gmtime_adj(X509_getm_notBefore(cert), -60);
	X509_gmtime_adj(X509_getm_notAfter(cert), 3600);
	X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
	    (const unsigned char *)"Test CA", -1, -1, 0);
	X509_set_issuer_name(cert, name);
	X509_add_ext(cert, names, -1);
	X509_EXTENSION_free(names);
	X509_set_pubkey(cert, key);
	X509_sign(cert, key, EVP_sha256());
	return cert;
}

/* Make the server's certificate and the stores; false when that fails. */
static bool
stage_open(void)
{
	EVP_PKEY *key = EVP_EC_gen("P-256");
	X509 *cert = certify(key);
	BIO *bio = BIO_new(BIO_s_mem());
	bool made;

	trusting = X509_STORE_new();
	empty = X509_STORE_new();
	server_ctx = SSL_CTX_new(TLS_server_method());
	made = X509_STORE_add_cert(trusting, cert) == 1 &&
	    SSL_CTX_use_certificate(server_ctx, cert) == 1 &&
	    SSL_CTX_use_PrivateKey(server_ctx, key) == 1 &&
	    PEM_write_bio_X509(bio, cert) == 1 &&
	    BIO_read(bio, pem, sizeof(pem) - 1) > 0;
	BIO_free(bio);
	X509_free(cert);
	EVP_PKEY_free(key);
	return made;
}

static void
stage_close(void)
{
	X509_STORE_free(trusting);
	X509_STORE_free(empty);
	SSL_CTX_free(server_ctx);
}

static bool
get_byte(struct server *s, char *c)
{
	return s->ssl != NULL ? SSL_read(s->ssl, c, 1) == 1 :
				recv(s->fd, c, 1, 0) == 1;
}

/* Whether the client's next line is this one. */
static bool
hears(struct server *s, const char *line)
{
	char got[16384];
	size_t len = 0;

	while (len < sizeof(got) && get_byte(s, &got[len]))
		if (got[len++] == '\n')
			break;
	if (len < 2 || memcmp(got + len - 2, "\r\n", 2) != 0)
		return false;
	len -= 2;
	return strcmp(line, "*") == 0 ||
	    (len == strlen(line) && memcmp(got, line, len) == 0);
}

static bool
say(struct server *s, const char *text)
{
	int len = (int)strlen(text);

	return s->ssl != NULL ? SSL_write(s->ssl, text, len) == len :
				send(s->fd, text, (size_t)len, 0) == len;
}

static bool
play(struct server *s, const char *step)
{
	char c;

	switch (step[0]) {
	case 'S':
		return say(s, step + 1);
	case 'C':
		return hears(s, step + 1);
	case 'T':
	case 'F':
		s->ssl = SSL_new(server_ctx);
		return SSL_set_fd(s->ssl, s->fd) == 1 &&
		    (SSL_accept(s->ssl) == 1) == (step[0] == 'T');
	case 'E':
		return !get_byte(s, &c);
	case 'W':
		while (get_byte(s, &c))
			;
		return true;
	}
	return close(s->fd) == 0;
}

/* Be the server; the number of the step that went wrong, or 0. */
static int
stage_serve(int listener, const char *const *script)
{
	struct server s = { .fd = accept(listener, NULL, NULL) };
	int number = 1;

	alarm(20);
	for (; *script != NULL; script++, number++)
		if (!play(&s, *script))
			return number;
	return 0;
}

static int
stage_listen(uint16_t *port)
{
	struct sockaddr_in sin = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(sin);
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	assert_int_equal(bind(fd, (struct sockaddr *)&sin, len), 0);
	assert_int_equal(listen(fd, 1), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&sin, &len), 0);
	*port = ntohs(sin.sin_port);
	return fd;
}

/* The last request and its reply. */
static char request_bytes[LINE_LONG_MAX], reply_bytes[LINE_LONG_MAX];
static struct line request, reply;

/* What differs from one login to the next; NULL: the usual. */
struct how {
	const char *host;
	const char *tls;
	const char *mechanism;
	const char *token;
	const char *password;
	const char *origins;
	const char *trust;
	const char *body; /* of a mail to send */
	X509_STORE *store;
	int timeout_ms;
};

static const char * or (const char *text, const char *usual)
{
	return text == NULL ? usual : text;
}

static void
build_request(const struct how *how, uint16_t port)
{
	struct line_writer w;
	char origins[64];
	size_t len;

	(void)snprintf(origins, sizeof(origins), "smtp://%s:%u",
	    or (how->host, "localhost"), port);
	line_begin(&w, request_bytes, sizeof(request_bytes), "exchange");
	line_put(&w, "op", how->body == NULL ? "login" : "mail");
	line_put(&w, "origins", or (how->origins, origins));
	line_put(&w, "set_host", or (how->host, "localhost"));
	line_put_number(&w, "set_port", port);
	line_put(&w, "set_tls", or (how->tls, "starttls"));
	line_put(&w, "set_trust", how->trust);
	line_put(&w, "in_username", "a@b.c");
	line_put(&w, "in_mechanism", or (how->mechanism, "best"));
	line_put(&w, "in_password", how->password);
	if (how->password == NULL)
		line_put(&w, "in_access_token", or (how->token, "token"));
	if (how->body != NULL) {
		line_put(&w, "in_from", "a@b.c");
		line_put(&w, "in_to", "x@y.z");
		line_put(&w, "in_subject", "Test");
		line_put(&w, "in_body", how->body);
	}
	assert_int_equal(line_finish(&w, &len), MAILSEAL_OK);
	line_start(&request, request_bytes, len - 1);
}

static void
run(const struct how *how, uint16_t port)
{
	struct line_writer w;
	size_t len;

	build_request(how, port);
	line_begin(&w, reply_bytes, sizeof(reply_bytes), "ok");
	assert_int_equal(mailbox_run(&request, how->body != NULL,
			     how->store == NULL ? trusting : how->store,
			     clock_ms() +
				 (how->timeout_ms == 0 ? 10000 :
							 how->timeout_ms),
			     &w),
	    MAILSEAL_OK);
	assert_int_equal(line_finish(&w, &len), MAILSEAL_OK);
	assert_int_equal(secret_arena_used(), 0);
	for (size_t i = 0; i < request.count; i++)
		if (strcmp(request.field[i].key, "in_password") == 0 ||
		    strcmp(request.field[i].key, "in_access_token") == 0)
			assert_int_equal(request.field[i].value[0], 0);
	line_start(&reply, reply_bytes, len - 1);
}

static const char *
field(const char *key)
{
	return or (line_get(&reply, key, 4096), "");
}

static void
expect(const char *class, const char *reason)
{
	if (strcmp(field("class"), class) != 0 ||
	    strcmp(field("reason"), reason) != 0)
		fail_msg("class=%s reason=%s detail=%s", field("class"),
		    field("reason"), field("detail"));
	assert_null(strstr(field("detail"), X_LINE));
	assert_null(strstr(field("detail"), P_LINE));
}

/* Log in at a server that follows the script to its end. */
static void
meet(const struct how *how, const char *class, const char *reason,
    const char *const *script)
{
	int status = -1;
	uint16_t port;
	int listener = stage_listen(&port);
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid == 0)
		_exit(stage_serve(listener, script));
	close(listener);
	run(how, port);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
		fail_msg("the server stumbled at step %d (\"%s\"); detail=%s",
		    WEXITSTATUS(status),
		    WIFEXITED(status) ? script[WEXITSTATUS(status) - 1] :
					"signal",
		    field("detail"));
	expect(class, reason);
}

#endif
