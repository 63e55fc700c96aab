/* SPDX-License-Identifier: ISC */
/*
 * channel: a connection to the broker's socket, and lines over it.
 *
 * It is kept between requests, belongs to the process that made it, and never
 * waits beyond the deadline of the call.  It knows nothing of what the lines
 * say.  What went through it is wiped.
 */
#ifndef CLIENT_CHANNEL_H
#define CLIENT_CHANNEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

struct channel;

void channel_free(struct channel *channel);

/*
 * A channel to the socket at path; nothing is connected yet.  Where checked is
 * true the socket's folder must be root's, or the user's who listens, and
 * closed to others.
 *
 * NULL with errno ENOMEM or ENAMETOOLONG.
 */
struct channel *channel_new(const char *path, bool checked)
    __attribute__((warn_unused_result));

/* Now, in milliseconds of the clock that deadlines are told in. */
int64_t channel_now_ms(void);

/* Hang up; the next request connects again. */
void channel_hang_up(struct channel *channel);

/*
 * Connect where that is needed and send len bytes.  A kept connection that the
 * broker closed, or that holds bytes nobody asked for, is replaced.
 *
 * MAILSEAL_E_NOBROKER  there is nobody, or he went away; errno tells
 * MAILSEAL_E_DENIED    the socket is not for this user
 * MAILSEAL_E_UNSAFE    somebody else could have put a socket there
 * MAILSEAL_E_TIMEOUT   the deadline passed
 */
int channel_send(struct channel *channel, const void *bytes, size_t len,
    int64_t deadline) __attribute__((warn_unused_result));

/*
 * The next line, without its LF, in the channel's own memory until the next
 * call.  The byte behind it may be written.
 *
 * MAILSEAL_E_NOBROKER  the broker hung up; errno is 0 or tells
 * MAILSEAL_E_TOOLONG   64 KiB came without a LF
 * MAILSEAL_E_TIMEOUT   the deadline passed
 */
int channel_line(struct channel *channel, int64_t deadline, char **line,
    size_t *len) __attribute__((warn_unused_result));

/* Wipe the lines that were read. */
void channel_wipe(struct channel *channel);

/* Whether the connection was there before the last request was sent. */
bool channel_was_kept(const struct channel *channel);

/* Whether a byte came since the last request was sent. */
bool channel_was_answered(const struct channel *channel);

/* Who listens, as the kernel knows; false when not connected. */
bool channel_server(const struct channel *channel, struct ucred *server);

/* The descriptor, or -1 when not connected. */
int channel_fd(const struct channel *channel);

const char *channel_path(const struct channel *channel);

#endif
