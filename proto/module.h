/* SPDX-License-Identifier: ISC */
/*
 * module: the ABI of provider modules, how accounts of one kind sign in.
 *
 * A module is a shared object that exports one constant struct
 * mailseal_module called mailseal_module.  It does no input or output and
 * parses no JSON: its step is a pure function that looks at what is known and
 * says what to ask next, or how the exchange ended.  mailseal-courier does the
 * asking.  A module calls libc and the host's put only.  It is loaded into a
 * process that lives for one exchange.  The whole contract and a complete
 * example are in mailseal-module(3).
 */
#ifndef PROTO_MODULE_H
#define PROTO_MODULE_H

#include <stddef.h>
#include <stdint.h>

#define MAILSEAL_MODULE_MAGIC 0x6d736c31u /* "msl1" */
#define MAILSEAL_MODULE_MAJOR 1u	  /* another one is refused */
#define MAILSEAL_MODULE_MINOR 0u /* only ever grows the structs at their end */

#define MAILSEAL_STEPS_MAX 8	/* steps in one exchange */
#define MAILSEAL_FIELDS_MAX 48	/* fields in one ask */
#define MAILSEAL_NAME_MAX 255	/* bytes of a name; client ids are long */
#define MAILSEAL_URL_MAX 2048	/* bytes of a URL without its query */
#define MAILSEAL_POOL_MAX 49152 /* bytes of all fields of one ask */
#define MAILSEAL_TOKEN_MAX 9000 /* bytes of an access or refresh token */
#define MAILSEAL_BODY_MAX 65536 /* bytes of a reply's body */
#define MAILSEAL_ITEMS_MAX 256	/* values in a flattened JSON object */

#define MAILSEAL_EXPORT __attribute__((visibility("default")))

/* The operations, as bits of .operations and as the op of a call. */
enum mailseal_op {
	MAILSEAL_OP_AUTHORIZE = 1 << 0, /* where shall the person sign in? */
	MAILSEAL_OP_CODE = 1 << 1,	/* authorization code to tokens */
	MAILSEAL_OP_DEVICE_BEGIN = 1 << 2,
	MAILSEAL_OP_DEVICE_POLL = 1 << 3,
	MAILSEAL_OP_REFRESH = 1 << 4,
	MAILSEAL_OP_CLIENT_CREDENTIALS = 1 << 5,
	MAILSEAL_OP_JWT_BEARER = 1 << 6,
	MAILSEAL_OP_REVOKE = 1 << 7,
	MAILSEAL_OP_PASSWORD = 1 << 8, /* accounts keep a password; no step */
};

/* Of .flags: a rotated refresh token kills its grant when used again. */
#define MAILSEAL_REUSE_KILLS 1u

/* Of an item's flags. */
#define MAILSEAL_SECRET 1u /* never shown or logged */
#define MAILSEAL_NUMBER 2u /* a JSON number, in shortest decimal form */
#define MAILSEAL_BOOL 4u   /* "true" or "false" */
#define MAILSEAL_NULL 8u   /* JSON null; the bytes are empty */
#define MAILSEAL_OTHER 16u /* an object or array; its members follow */

/* A named value.  bytes has a NUL behind it; it may hold others inside. */
struct mailseal_item {
	const char *name;
	const char *bytes;
	size_t len;
	uint32_t flags;
};

struct mailseal_items {
	const struct mailseal_item *item;
	size_t count;
};

/* What became of the body of an HTTP reply. */
enum mailseal_body {
	MAILSEAL_BODY_NONE = 0,	   /* no body, or no reply yet */
	MAILSEAL_BODY_JSON = 1,	   /* one JSON object, in .json */
	MAILSEAL_BODY_OTHER = 2,   /* not one JSON object, or a broken one */
	MAILSEAL_BODY_TOOLONG = 3, /* over MAILSEAL_BODY_MAX; not in .json */
	MAILSEAL_BODY_CUT = 4,	   /* shorter than announced; not in .json */
	MAILSEAL_BODY_ENCODED =
	    5, /* a Content-Encoding that nobody asked for */
};

/* What a step asks of the host. */
enum mailseal_want {
	MAILSEAL_WANT_NOTHING = 0,
	MAILSEAL_WANT_HTTP = 1,	    /* an HTTPS request */
	MAILSEAL_WANT_ID_TOKEN = 2, /* verify an id_token: fields id_token,
				       jwks_uri, issuer, audience, and nonce */
	MAILSEAL_WANT_DONE = 3,	    /* the fields are the outcome */
	MAILSEAL_WANT_JWT = 4,	    /* sign a JSON Web Token: fields alg (RS256
				       or PS256) and key (the name of the secret
				       input with a private key in PEM), and
				       members of header and claims */
	MAILSEAL_WANT_COMMAND = 5,  /* run a program: IN_ARGV and IN_STDIN */
};

/*
 * What is known at a step.  Settings come from the provider file (set_KEY of
 * the exchange), inputs from mailseald (in_KEY): mailbox, login_hint, state,
 * nonce, challenge, verifier, redirect_uri, code, device_code, refresh_token,
 * enrolled_at, id_sub; of the registration client_secret, or client_key (a
 * private key in PEM) with x5t and x5t_s256 (thumbprints of its certificate,
 * RFC 7515 section 4.1.7 and 4.1.8), key_id and service_account; and jti,
 * which is random and of this exchange.  headers (names in lower
 * case), json and body are those of the last HTTP reply.  json is flattened:
 * {"a":{"b":[1]}} has "a", "a.b" and "a.b.0".  claims are of the id_token that
 * this exchange asked to verify: signature, iss, aud, azp, exp, nbf, iat and
 * nonce were found right.  claims_error says in a word why they were not.
 */
struct mailseal_call {
	uint32_t size; /* of this struct */
	uint32_t op;   /* enum mailseal_op */
	uint32_t step; /* 0, 1, ... below MAILSEAL_STEPS_MAX */
	uint32_t last; /* enum mailseal_want of the step before */
	int64_t now;   /* seconds since 1970 */
	struct mailseal_items settings;
	struct mailseal_items inputs;
	int32_t status; /* of the last HTTP reply, or 0 */
	uint32_t body;	/* enum mailseal_body */
	struct mailseal_items headers;
	struct mailseal_items json;
	struct mailseal_items claims;
	const char *claims_error;	 /* NULL when the claims hold */
	const struct mailseal_item *jwt; /* that was signed last, or NULL */
};

/* Where the host puts a field of an HTTP request; it does the encoding. */
enum mailseal_where {
	MAILSEAL_IN_OUTCOME = 0, /* no request: fields of an outcome, or of what
				    WANT_ID_TOKEN and WANT_JWT name */
	MAILSEAL_IN_QUERY = 1,
	MAILSEAL_IN_FORM = 2,	/* application/x-www-form-urlencoded body */
	MAILSEAL_IN_HEADER = 3, /* a header line of that name */
	MAILSEAL_IN_BASIC = 4,	/* HTTP Basic: name is the client id, the bytes
				   its secret; both are form-encoded first
				   (RFC 6749 section 2.3.1) */
	MAILSEAL_IN_JWT_HEADER = 5, /* a member, text; alg and typ are the
				       host's, and come first */
	MAILSEAL_IN_JWT_CLAIM = 6,  /* likewise */
	MAILSEAL_IN_JWT_NUMBER = 7, /* a claim whose bytes are an integer */
	MAILSEAL_IN_ARGV = 8,	    /* the program's path, then its arguments;
				       the name is not looked at */
	MAILSEAL_IN_STDIN = 9, /* for its standard input, in order: bytes as
				       they are where the name is "", else a
				       blank, the name, = and the value of a
				       line (mailseal-protocol(7)) */
};

struct mailseal_field {
	char name[MAILSEAL_NAME_MAX + 1];
	uint32_t where;	 /* enum mailseal_where */
	uint32_t secret; /* never shown or logged */
	uint32_t offset; /* into the pool */
	uint32_t len;
};

/*
 * What a step asks for.  The host hands it in zeroed.
 *
 * HTTP: GET when no field is IN_FORM, else POST.
 *
 * JWT: all next calls have it in jwt.  Members come in the order of the fields.
 * A key that cannot be read ends the exchange: config, client_refused.
 *
 * COMMAND: the program is the first word of the setting command, and no other.
 * It has 30 s, or the rest of the exchange, and 64 KiB of output, and no
 * environment but PATH.  In the next call status is its exit status (126 or
 * 127 when it could not be executed, 128 and the signal that killed it); body
 * is JSON when it answered with one line in the language of
 * mailseal-protocol(7), whose fields are then in json, its word under the name
 * "", and else NONE, OTHER or TOOLONG; headers has stderr, the last 160 bytes
 * of its standard error, line ends made blanks, or why it could not be
 * executed.
 *
 * DONE: the fields are the outcome.  Always: class, one of ok, transient,
 * throttled, reauth, admin, config, malformed, denied, and of a device poll
 * pending, slow_down, expired; when it is not ok:
 * reason (a name of proto/error) and detail (the provider's words, any bytes;
 * the host cleans them), retry_after (seconds) where the provider said it,
 * actor (who must act: nobody, person, tenant_admin, owner, admin), meaning
 * (the name of a row of proto/meaning.h, whose remedy is told then).
 * authorize: url, issuer, token_endpoint, jwks_uri, and where the provider has
 * them device_endpoint, revocation_endpoint, iss_required (1), consent_url
 * (where an admin at the provider consents for all).  The url is the page
 * without its query; the query is made of the fields IN_QUERY.  With setting
 * flow = application no person signs in: then there is no url and no query.
 * revoke (of the input refresh_token): nothing more.
 * code, refresh and the like: access_token, expires_in (seconds), and where
 * there are such refresh_token, scope, id_iss, id_sub, id_name, id_match (is it
 * the mailbox of the input of that name: same, probable, other, unknown; where
 * it is not there the name is compared), id_guest (1: somebody of another
 * issuer, who is nobody's delegate here), warning (for the person).
 * device_begin: device_code, user_code, verification_uri, expires_in, interval
 * (both in seconds), and where there are such verification_uri_complete and
 * message (for the person).
 * device_poll: as code; class pending has reason pending while the person is
 * awaited, and another one when the provider could not tell.
 */
struct mailseal_ask {
	uint32_t size; /* of this struct */
	uint32_t want; /* enum mailseal_want */
	uint32_t count;
	uint32_t used; /* bytes of the pool */
	char url[MAILSEAL_URL_MAX + 1];
	struct mailseal_field field[MAILSEAL_FIELDS_MAX];
	char pool[MAILSEAL_POOL_MAX];
};

/* What a module may call. */
struct mailseal_host {
	uint32_t size; /* of this struct */

	/*
	 * Add a field to the ask; secret is 1 when it must not be shown.
	 * 0, or -1 when the field does not fit; the host then ends the
	 * exchange, so that the result need not be looked at.
	 */
	int (*put)(struct mailseal_ask *ask, uint32_t where, const char *name,
	    const void *bytes, size_t len, uint32_t secret);
};

struct mailseal_module {
	uint32_t magic; /* MAILSEAL_MODULE_MAGIC */
	uint32_t major; /* MAILSEAL_MODULE_MAJOR */
	uint32_t minor; /* MAILSEAL_MODULE_MINOR */
	uint32_t size;	/* of this struct */
	const char *name;
	uint32_t operations; /* enum mailseal_op, or-ed */
	uint32_t flags;	     /* MAILSEAL_REUSE_KILLS */

	/*
	 * One step, of at most 5 s.  0 when ask is filled; anything else ends
	 * the exchange with class config and reason module.
	 */
	int (*step)(const struct mailseal_call *call,
	    const struct mailseal_host *host, struct mailseal_ask *ask);
};

#endif
