/* SPDX-License-Identifier: ISC */
/*
 * actor: a server on loopback that follows a script, in the clear and in TLS.
 *
 * A script is a list of steps: "S" and text to send, "C" and a line that the
 * client must say ("C*": any line), or one of the letters below.
 */
#ifndef TESTS_UNIT_ACTOR_H
#define TESTS_UNIT_ACTOR_H

#include <arpa/inet.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define TLS "T"	 /* the handshake */
#define SHY "F"	 /* a handshake that the client breaks off */
#define END "E"	 /* the client has closed without another byte */
#define WAIT "W" /* say nothing until the client closes */
#define SHUT "X" /* close */
#define HEAR "H" /* an HTTP request with its body */
#define STIR "K" /* new TLS keys again and again, and no other byte */
/* "D" and text: one byte of it after the other, slowly, until the client
 * closes; "R" and text: all of it again and again, as fast as it goes. */

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

/* Read an HTTP request; its body is as long as it says. */
static bool
hear_request(struct server *s)
{
	char got[16384] = "";
	const char *told;
	size_t len = 0;
	long left = 0;

	while (len < sizeof(got) - 1 && strstr(got, "\r\n\r\n") == NULL) {
		if (!get_byte(s, &got[len++]))
			return false;
		got[len] = '\0';
	}
	told = strcasestr(got, "content-length:");
	if (told != NULL)
		left = strtol(told + strlen("content-length:"), NULL, 10);
	while (left-- > 0)
		if (!get_byte(s, got))
			return false;
	return true;
}

/* Whether the client closes within some time; what it says is of no use. */
static bool
is_gone(struct server *s, int wait_ms)
{
	struct pollfd wait = { .fd = s->fd, .events = POLLIN };
	char bytes[1024];

	if (poll(&wait, 1, wait_ms) == 0)
		return false;
	/* In TLS it has said all that it had to say. */
	return s->ssl != NULL || recv(s->fd, bytes, sizeof(bytes), 0) <= 0;
}

/* Go on saying text, len bytes at a time, until the client is gone. */
static bool
repeat(struct server *s, const char *text, size_t len, int pause_ms)
{
	char piece[1024];

	for (size_t at = 0; !is_gone(s, pause_ms); at += len) {
		(void)snprintf(piece, sizeof(piece), "%.*s", (int)len,
		    text + at % strlen(text));
		if (!say(s, piece))
			break;
	}
	return true;
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
	case 'H':
		return hear_request(s);
	case 'D':
		return repeat(s, step + 1, 1, 20);
	case 'R':
		return repeat(s, step + 1, strlen(step + 1), 0);
	case 'K':
		for (int i = 0; i % 1000 != 0 || !is_gone(s, 0); i++)
			(void)(SSL_key_update(s->ssl,
				   SSL_KEY_UPDATE_NOT_REQUESTED) &&
			    SSL_do_handshake(s->ssl));
		return true;
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
	struct server s;
	int number = 1;

	alarm(20); /* nobody may come */
	s = (struct server){ .fd = accept(listener, NULL, NULL) };
	(void)signal(SIGPIPE, SIG_IGN);
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

#endif
