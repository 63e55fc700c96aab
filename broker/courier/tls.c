/* SPDX-License-Identifier: ISC */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "broker/courier/blemish.h"
#include "broker/courier/clock.h"
#include "broker/courier/dial.h"
#include "broker/courier/tls.h"
#include "broker/courier/tunnel.h"
#include "proto/error.h"

#define DETAIL_MAX 2560

struct tls {
	int fd;
	int64_t deadline_ms;
	const struct trust *trust;
	SSL_CTX *ctx; /* both NULL in the clear */
	SSL *ssl;
	bool secure;	 /* handshake and verification are over */
	bool distrusted; /* the verification said no; detail tells why */
	char peer[320];	 /* host:port */
	char detail[DETAIL_MAX];
};

struct tls *
tls_new(int64_t deadline_ms)
{
	struct tls *tls = calloc(1, sizeof(*tls));

	if (tls == NULL)
		return NULL;
	/* OpenSSL writes with write(2), which would end us otherwise. */
	(void)signal(SIGPIPE, SIG_IGN);
	tls->fd = -1;
	tls->deadline_ms = deadline_ms;
	return tls;
}

void
tls_free(struct tls *tls)
{
	if (tls == NULL)
		return;
	SSL_free(tls->ssl);
	SSL_CTX_free(tls->ctx);
	if (tls->fd >= 0)
		close(tls->fd);
	free(tls);
}

const char *
tls_detail(const struct tls *tls)
{
	return tls->detail;
}

bool
tls_is_secure(const struct tls *tls)
{
	return tls->secure;
}

void
tls_hurry(struct tls *tls, int64_t timeout_ms)
{
	int64_t nearer = clock_ms() + timeout_ms;

	if (nearer < tls->deadline_ms)
		tls->deadline_ms = nearer;
}

/* Remember what went wrong and return the error. */
static int __attribute__((format(printf, 3, 4)))
fail(struct tls *tls, int error, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	(void)vsnprintf(tls->detail, sizeof(tls->detail), format, ap);
	va_end(ap);
	return error;
}

static int
fail_silent(struct tls *tls)
{
	return fail(tls, MAILSEAL_E_SILENT, "%s did not answer in time",
	    tls->peer);
}

/* Wait for the connection: MAILSEAL_OK, or the deadline's or network's end. */
static int
await(struct tls *tls, short events)
{
	int fault = dial_wait(tls->fd, events, tls->deadline_ms);

	if (fault == 0)
		return MAILSEAL_OK;
	if (fault == ETIMEDOUT)
		return fail_silent(tls);
	return fail(tls, MAILSEAL_E_NETWORK, "%s: %s", tls->peer,
	    strerror(fault));
}

int
tls_connect(struct tls *tls, const char *host, uint16_t port,
    const struct proxy *proxy)
{
	char why[TUNNEL_WHY_MAX];
	int error;

	(void)snprintf(tls->peer, sizeof(tls->peer), "%.255s:%u", host, port);
	if (proxy == NULL)
		error = dial(host, port, tls->deadline_ms, &tls->fd, why);
	else
		error = tunnel_dial(proxy, host, port, tls->deadline_ms,
		    &tls->fd, why);
	return error == MAILSEAL_OK ? error : fail(tls, error, "%s", why);
}

void
tls_adopt(struct tls *tls, int fd)
{
	(void)fcntl(fd, F_SETFL, O_NONBLOCK);
	(void)snprintf(tls->peer, sizeof(tls->peer), "the server");
	tls->fd = fd;
}

/* The last OpenSSL error in words. */
static const char *
reason(void)
{
	unsigned long code = ERR_peek_last_error();
	const char *text = code == 0 ? NULL : ERR_reason_error_string(code);

	return text == NULL ? "no TLS" : text;
}

/* Called by OpenSSL at each certificate of the chain and at each fault. */
static int
judge(int good, X509_STORE_CTX *verify)
{
	SSL *ssl = X509_STORE_CTX_get_ex_data(verify,
	    SSL_get_ex_data_X509_STORE_CTX_idx());
	struct tls *tls = SSL_get_app_data(ssl);
	char why[BLEMISH_MAX];

	if (good || tls->distrusted)
		return good;
	tls->distrusted = true;
	blemish_tell(verify, tls->trust->name, why, sizeof(why));
	(void)fail(tls, MAILSEAL_E_TRUST, "%s: %s", tls->peer, why);
	return 0;
}

/* Called by OpenSSL in the place of its own verification. */
static int
judge_pinned(X509_STORE_CTX *verify, void *arg)
{
	struct tls *tls = arg;
	X509 *leaf = X509_STORE_CTX_get0_cert(verify);
	char digest[TRUST_DIGEST_MAX], why[BLEMISH_MAX];

	if (trust_is_pinned(tls->trust, leaf, digest)) {
		X509_STORE_CTX_set_error(verify, X509_V_OK);
		return 1;
	}
	tls->distrusted = true;
	blemish_tell_pin(leaf, digest, why, sizeof(why));
	(void)fail(tls, MAILSEAL_E_TRUST, "%s: %s", tls->peer, why);
	X509_STORE_CTX_set_error(verify, X509_V_ERR_APPLICATION_VERIFICATION);
	return 0;
}

static bool
prepare(struct tls *tls, const char *host)
{
	tls->ctx = SSL_CTX_new(TLS_client_method());
	if (tls->ctx == NULL ||
	    !trust_set_rules(tls->ctx, tls->trust, host, judge))
		return false;
	if (tls->trust->pins != NULL)
		SSL_CTX_set_cert_verify_callback(tls->ctx, judge_pinned, tls);
	SSL_CTX_set_session_cache_mode(tls->ctx, SSL_SESS_CACHE_OFF);
	/* An end without close_notify cannot pass for the end of a reply. */
	SSL_CTX_set_options(tls->ctx,
	    SSL_OP_NO_RENEGOTIATION | SSL_OP_IGNORE_UNEXPECTED_EOF);

	tls->ssl = SSL_new(tls->ctx);
	if (tls->ssl == NULL || SSL_set_fd(tls->ssl, tls->fd) != 1)
		return false;
	SSL_set_app_data(tls->ssl, tls);
	/* SSL_set_tlsext_host_name(), whose cast takes the const away. */
	return trust_is_address(host) ||
	    SSL_ctrl(tls->ssl, SSL_CTRL_SET_TLSEXT_HOSTNAME,
		TLSEXT_NAMETYPE_host_name, (void *)(uintptr_t)host) == 1;
}

/*
 * What to do after an SSL call returned result: MAILSEAL_OK to repeat it, when
 * the socket is ready.
 */
static int
again(struct tls *tls, int result)
{
	int fault = errno;

	switch (SSL_get_error(tls->ssl, result)) {
	case SSL_ERROR_WANT_READ:
		return await(tls, POLLIN);
	case SSL_ERROR_WANT_WRITE:
		return await(tls, POLLOUT);
	case SSL_ERROR_ZERO_RETURN:
		return fail(tls, MAILSEAL_E_NETWORK, "%s closed the connection",
		    tls->peer);
	case SSL_ERROR_SYSCALL:
		return fail(tls, MAILSEAL_E_NETWORK, "%s: %s", tls->peer,
		    fault == 0 ? "closed the connection" : strerror(fault));
	}
	if (tls->distrusted)
		return MAILSEAL_E_TRUST;
	return fail(tls, tls->secure ? MAILSEAL_E_NETWORK : MAILSEAL_E_NOTLS,
	    "%s: TLS failed: %s", tls->peer, reason());
}

static bool
is_closed(const struct tls *tls, int result)
{
	return tls->ssl == NULL ||
	    SSL_get_error(tls->ssl, result) == SSL_ERROR_ZERO_RETURN;
}

int
tls_secure(struct tls *tls, const char *host, const struct trust *trust)
{
	int result;

	ERR_clear_error();
	tls->trust = trust;
	if (!prepare(tls, host))
		return fail(tls, MAILSEAL_E_NOMEM, "%s: %s", tls->peer,
		    reason());
	while ((result = SSL_connect(tls->ssl)) != 1) {
		int error = again(tls, result);

		if (error != MAILSEAL_OK)
			return error;
		ERR_clear_error();
	}
	if (SSL_get_verify_result(tls->ssl) != X509_V_OK)
		return fail(tls, MAILSEAL_E_TRUST, "%s: not verified",
		    tls->peer);
	tls->secure = true;
	return MAILSEAL_OK;
}

/* After a call on the bare socket failed: MAILSEAL_OK to repeat it. */
static int
again_bare(struct tls *tls, short events)
{
	if (errno == EAGAIN || errno == EINTR)
		return await(tls, events);
	return fail(tls, MAILSEAL_E_NETWORK, "%s: %s", tls->peer,
	    strerror(errno));
}

int
tls_read(struct tls *tls, void *bytes, size_t size, size_t *len)
{
	int error = MAILSEAL_OK;

	while (error == MAILSEAL_OK) {
		ssize_t n;

		ERR_clear_error();
		errno = 0;
		if (tls->ssl == NULL)
			n = recv(tls->fd, bytes, size, 0);
		else
			n = SSL_read(tls->ssl, bytes,
			    size > INT_MAX ? INT_MAX : (int)size);
		if (n >= 0 && (n > 0 || is_closed(tls, (int)n))) {
			*len = (size_t)n;
			return MAILSEAL_OK;
		}
		error = tls->ssl == NULL ? again_bare(tls, POLLIN) :
					   again(tls, (int)n);
	}
	return error;
}

int
tls_write(struct tls *tls, const void *bytes, size_t len)
{
	const unsigned char *at = bytes;
	int error = MAILSEAL_OK;

	while (error == MAILSEAL_OK && len > 0) {
		ssize_t n;

		ERR_clear_error();
		errno = 0;
		if (tls->ssl == NULL)
			n = send(tls->fd, at, len, MSG_NOSIGNAL);
		else
			n = SSL_write(tls->ssl, at,
			    len > INT_MAX ? INT_MAX : (int)len);
		if (n > 0) {
			at += n;
			len -= (size_t)n;
			continue;
		}
		error = tls->ssl == NULL ? again_bare(tls, POLLOUT) :
					   again(tls, (int)n);
	}
	return error;
}

void
tls_own_address(const struct tls *tls, char *text, size_t size)
{
	struct sockaddr_storage ss = { 0 };
	socklen_t len = sizeof(ss);
	const void *address = NULL;
	char digits[INET6_ADDRSTRLEN] = "127.0.0.1";

	if (getsockname(tls->fd, (struct sockaddr *)&ss, &len) == 0) {
		if (ss.ss_family == AF_INET)
			address = &((struct sockaddr_in *)&ss)->sin_addr;
		if (ss.ss_family == AF_INET6)
			address = &((struct sockaddr_in6 *)&ss)->sin6_addr;
	}
	if (address != NULL)
		(void)inet_ntop(ss.ss_family, address, digits, sizeof(digits));
	(void)snprintf(text, size, "[%s%s]",
	    ss.ss_family == AF_INET6 ? "IPv6:" : "", digits);
}
