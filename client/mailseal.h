/* SPDX-License-Identifier: ISC */
/*
 * mailseal: ask the credential broker of this host for the string that logs
 * in at a mail server.  The manual page is libmailseal(3).
 *
 * The library needs libc only.  It never prints, never ends the process,
 * raises no signal, and leaves no descriptor to a program that is executed.
 * What was secret is wiped when it is freed.
 */
#ifndef MAILSEAL_H
#define MAILSEAL_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__)
#define MAILSEAL_API __attribute__((visibility("default")))
#else
#define MAILSEAL_API
#endif

#define MAILSEAL_SOCKET "/run/mailseal/mailseal.sock"

/*
 * A handle is one connection to the broker, made when it is first needed.  It
 * is for one thread at a time; different handles know nothing of each other.
 * A child of fork that uses its parent's handle gets a connection of its own.
 */
struct mailseal;

/* What is asked for.  Set it to zeros, then size, then what matters. */
struct mailseal_request {
	size_t size;	       /* sizeof(struct mailseal_request) */
	const char *account;   /* the mailbox; NULL: the preferred one */
	const char *service;   /* "smtp" (when NULL), "imap", "pop" */
	const char *mechanism; /* "xoauth2", "oauthbearer", "plain", "bearer",
				   "login"; NULL: the account's best */
	unsigned life_s;       /* seconds it must still be good; 0: 300 */
	unsigned wait_s;       /* seconds to wait; 0: 30; at most 300 */
};

/* The answer.  Later versions add fields at the end. */
struct mailseal_reply {
	const char *account;   /* as it is enrolled */
	const char *login;     /* the user name for this service */
	const char *mechanism; /* what the secret is for */
	const char *host;      /* where to connect; NULL: not configured */
	unsigned port;	       /* 0: not configured */
	const char *tls;       /* "starttls" or "implicit"; NULL likewise */
	int64_t expires;       /* epoch seconds; 0: it does not end */
	const char *username;  /* mechanism "login" only, else NULL */
	const char *secret;    /* the initial response in base64; "bearer": the
				  bare access token; "login": the password */
	size_t secret_len;     /* bytes of it; a NUL follows them */
	const char *send_as;   /* what goes into From; NULL: the account */
};

/*
 * Make a handle.  Nothing is connected yet.
 *
 * path is the broker's socket.  Where it is NULL the environment's
 * MAILSEAL_SOCKET is taken (not in a set-uid program), or else the path above;
 * that one is used only while its folder is root's or the broker's own user's,
 * and closed to others.
 *
 * NULL with errno ENOMEM, or ENAMETOOLONG for a path beyond 107 bytes.
 */
MAILSEAL_API struct mailseal *mailseal_open(const char *path);

/* Hang up and free the handle.  NULL is fine.  Replies live on. */
MAILSEAL_API void mailseal_close(struct mailseal *handle);

/*
 * Ask for one string.  At most one second after the time given in the request
 * the call is over, whatever the broker does.
 *
 * 0, and *reply is the caller's, to be given to mailseal_reply_free().  Or a
 * status of <sysexits.h>, and *reply is untouched:
 *
 * EX_TEMPFAIL (75)  busy, locked, unavailable: try again later, bounce nothing
 * EX_NOPERM (77)    denied: no rule allows it, or there is no such account
 * EX_CONFIG (78)    reauth, blocked, disabled: somebody must act
 * EX_PROTOCOL (76)  malformed, unsupported: caller and broker disagree
 * EX_SOFTWARE (70)  internal
 */
MAILSEAL_API int mailseal_get(struct mailseal *handle,
    const struct mailseal_request *request, struct mailseal_reply **reply);

/* Wipe and free an answer with all its strings.  NULL is fine. */
MAILSEAL_API void mailseal_reply_free(struct mailseal_reply *reply);

/*
 * About the last failure of a handle: its code ("denied"), its reason, which
 * is finer ("no_broker"), a whole sentence for people, and the seconds after
 * which another try makes sense (0: not told).  Strings are the handle's and
 * hold until its next call; "ok" and "" where nothing failed.
 */
MAILSEAL_API const char *mailseal_code(const struct mailseal *handle);
MAILSEAL_API const char *mailseal_reason(const struct mailseal *handle);
MAILSEAL_API const char *mailseal_message(const struct mailseal *handle);
MAILSEAL_API unsigned mailseal_retry_after(const struct mailseal *handle);

/* The version of the library, such as "0.1.0". */
MAILSEAL_API const char *mailseal_version(void);

#ifdef __cplusplus
}
#endif

#endif
