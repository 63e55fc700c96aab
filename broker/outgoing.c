/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "broker/outgoing.h"

bool
outgoing_is_empty(const struct outgoing *outgoing)
{
	return outgoing->at == outgoing->len;
}

void
outgoing_clear(struct outgoing *outgoing)
{
	secret_free(outgoing->secret);
	free(outgoing->plain);
	*outgoing = (struct outgoing){ 0 };
}

/* What the client takes now of len bytes from *at on; false: it hung up. */
static bool
push(int fd, const char *bytes, size_t len, size_t *at)
{
	while (*at < len) {
		ssize_t n = send(fd, bytes + *at, len - *at,
		    MSG_NOSIGNAL | MSG_DONTWAIT);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return errno == EAGAIN;
		*at += (size_t)n;
	}
	return true;
}

bool
outgoing_send(struct outgoing *outgoing, int fd, const void *bytes, size_t len,
    bool secret)
{
	const char *all = bytes;
	size_t at = 0;

	if (!push(fd, all, len, &at))
		return false;
	if (at == len)
		return true;
	if (secret)
		outgoing->secret = secret_copy(all + at, len - at);
	else if ((outgoing->plain = malloc(len - at)) != NULL)
		memcpy(outgoing->plain, all + at, len - at);
	if (outgoing->secret == NULL && outgoing->plain == NULL)
		return false;
	outgoing->at = 0;
	outgoing->len = len - at;
	return true;
}

bool
outgoing_flush(struct outgoing *outgoing, int fd)
{
	const char *bytes = outgoing->secret != NULL ?
	    (const char *)outgoing->secret->data :
	    outgoing->plain;

	if (!push(fd, bytes, outgoing->len, &outgoing->at))
		return false;
	if (outgoing_is_empty(outgoing))
		outgoing_clear(outgoing);
	return true;
}
