/* SPDX-License-Identifier: ISC */
#include <math.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "broker/courier/jwt.h"
#include "broker/secret.h"
#include "proto/error.h"

#define RSA_BITS_MIN 2048
#define RSA_BYTES_MAX 1024 /* of a modulus or a signature */
#define KEYS_MAX 64	   /* looked at in a set */

static void
key_auto(EVP_PKEY **key)
{
	EVP_PKEY_free(*key);
}

/* base64url without padding, and nothing else in it. */
static struct secret *
decode(struct span text)
{
	struct secret *bytes = secret_new(text.len);
	size_t len = 0;

	if (bytes == NULL)
		return NULL;
	if (sodium_base642bin(bytes->data, bytes->len, (const char *)text.data,
		text.len, NULL, &len, NULL,
		sodium_base64_VARIANT_URLSAFE_NO_PADDING) != 0) {
		secret_free(bytes);
		return NULL;
	}
	secret_cut(bytes, len);
	return bytes;
}

/* Cut the token at its two dots; there are no others. */
static bool
split(struct span token, struct span part[3])
{
	for (size_t i = 0; i < 3; i++) {
		const unsigned char *dot = memchr(token.data, '.', token.len);
		size_t len = dot == NULL ? token.len :
					   (size_t)(dot - token.data);

		if ((dot == NULL) != (i == 2) || len == 0)
			return false;
		part[i] = (struct span){ token.data, len };
		if (dot != NULL) {
			token.data += len + 1;
			token.len -= len + 1;
		}
	}
	return true;
}

static int
decode_json(struct span text, struct json **json)
{
	AUTO(secret) bytes = decode(text);

	if (bytes == NULL)
		return MAILSEAL_E_MALFORMED;
	return json_parse(secret_span(bytes), MAILSEAL_ITEMS_MAX, json);
}

/* A text member of the nth key of the set. */
static const char *
member(const struct json *keys, size_t n, const char *name)
{
	char path[48];

	(void)snprintf(path, sizeof(path), "keys.%zu.%s", n, name);
	return json_text(keys, path);
}

static bool
is_or_absent(const char *text, const char *wanted)
{
	return text == NULL || strcmp(text, wanted) == 0;
}

static BIGNUM *
read_number(const char *text)
{
	unsigned char bytes[RSA_BYTES_MAX];
	size_t len = 0;

	if (text == NULL ||
	    sodium_base642bin(bytes, sizeof(bytes), text, strlen(text), NULL,
		&len, NULL, sodium_base64_VARIANT_URLSAFE_NO_PADDING) != 0)
		return NULL;
	return BN_bin2bn(bytes, (int)len, NULL);
}

/* An RSA key of modulus and exponent; NULL when it is none or a weak one. */
static EVP_PKEY *
build_key(const BIGNUM *n, const BIGNUM *e)
{
	OSSL_PARAM_BLD *build = OSSL_PARAM_BLD_new();
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL);
	OSSL_PARAM *params = NULL;
	EVP_PKEY *key = NULL;

	if (build != NULL && ctx != NULL &&
	    OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_N, n) &&
	    OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_E, e))
		params = OSSL_PARAM_BLD_to_param(build);
	if (params == NULL || EVP_PKEY_fromdata_init(ctx) <= 0 ||
	    EVP_PKEY_fromdata(ctx, &key, EVP_PKEY_PUBLIC_KEY, params) <= 0)
		key = NULL;
	OSSL_PARAM_free(params);
	OSSL_PARAM_BLD_free(build);
	EVP_PKEY_CTX_free(ctx);
	return key;
}

static EVP_PKEY *
read_key(const struct json *keys, size_t index)
{
	BIGNUM *n = read_number(member(keys, index, "n"));
	BIGNUM *e = read_number(member(keys, index, "e"));
	EVP_PKEY *key = NULL;

	if (n != NULL && e != NULL && BN_num_bits(n) >= RSA_BITS_MIN &&
	    BN_is_odd(e) && !BN_is_one(e) && BN_num_bits(e) <= 64)
		key = build_key(n, e);
	BN_free(n);
	BN_free(e);
	return key;
}

static bool
is_signed_by(EVP_PKEY *key, struct span text, const struct secret *signature)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	bool holds;

	holds = ctx != NULL &&
	    EVP_DigestVerifyInit(ctx, NULL, EVP_sha256(), NULL, key) == 1 &&
	    EVP_DigestVerify(ctx, signature->data, signature->len, text.data,
		text.len) == 1;
	EVP_MD_CTX_free(ctx);
	return holds;
}

/* Whether a key of the set that bears kid made the signature. */
static bool
is_signed(const struct json *keys, const char *kid, struct span text,
    const struct secret *signature, const char **why)
{
	*why = "key";
	for (size_t i = 0; i < KEYS_MAX; i++) {
		__attribute__((cleanup(key_auto))) EVP_PKEY *key = NULL;
		const char *kty = member(keys, i, "kty");
		const char *name = member(keys, i, "kid");

		if (kty == NULL || name == NULL || strcmp(kty, "RSA") != 0 ||
		    strcmp(name, kid) != 0 ||
		    !is_or_absent(member(keys, i, "use"), "sig") ||
		    !is_or_absent(member(keys, i, "alg"), "RS256"))
			continue;
		key = read_key(keys, i);
		if (key == NULL)
			continue;
		if (is_signed_by(key, text, signature))
			return true;
		*why = "signature";
	}
	return false;
}

/* The header and the signature. */
static int
check_signature(const struct span part[3], struct span token,
    const struct json *keys, const char **why)
{
	AUTO(json) header = NULL;
	AUTO(secret) signature = NULL;
	struct span text = { token.data, part[0].len + 1 + part[1].len };
	const char *alg, *kid;

	*why = "header";
	if (decode_json(part[0], &header) != MAILSEAL_OK)
		return MAILSEAL_E_IDTOKEN;
	*why = "algorithm";
	alg = json_text(header, "alg");
	if (alg == NULL || strcmp(alg, "RS256") != 0)
		return MAILSEAL_E_IDTOKEN;
	*why = "critical";
	if (json_find(header, "crit") != NULL)
		return MAILSEAL_E_IDTOKEN;
	*why = "key";
	kid = json_text(header, "kid");
	if (kid == NULL)
		return MAILSEAL_E_IDTOKEN;
	*why = "signature";
	signature = decode(part[2]);
	if (signature == NULL || signature->len > RSA_BYTES_MAX)
		return MAILSEAL_E_IDTOKEN;
	return is_signed(keys, kid, text, signature, why) ? MAILSEAL_OK :
							    MAILSEAL_E_IDTOKEN;
}

static bool
is_text(const struct json *claims, const char *name, const char *wanted)
{
	const char *text = json_text(claims, name);

	return text != NULL && strcmp(text, wanted) == 0;
}

/* Whether aud is the client, or a list with it in. */
static bool
is_for(const struct json *claims, const char *audience)
{
	char name[32];

	if (is_text(claims, "aud", audience))
		return true;
	for (size_t i = 0; i < KEYS_MAX; i++) {
		(void)snprintf(name, sizeof(name), "aud.%zu", i);
		if (is_text(claims, name, audience))
			return true;
	}
	return false;
}

/* A time in seconds; false when it is absent or no number. */
static bool
get_time(const struct json *claims, const char *name, double *seconds)
{
	const struct mailseal_item *item = json_find(claims, name);

	if (item == NULL || (item->flags & MAILSEAL_NUMBER) == 0)
		return false;
	*seconds = strtod(item->bytes, NULL);
	return isfinite(*seconds);
}

/* The rule about time that fails, or NULL. */
static const char *
judge_time(const struct json *claims, int64_t now)
{
	double at, clock = (double)now;

	if (!get_time(claims, "exp", &at) || at + JWT_LEEWAY_S <= clock)
		return "expired";
	if (!get_time(claims, "iat", &at) || at - JWT_LEEWAY_S > clock)
		return "issued";
	if (json_find(claims, "nbf") != NULL &&
	    (!get_time(claims, "nbf", &at) || at - JWT_LEEWAY_S > clock))
		return "not_yet";
	return NULL;
}

/* The rule that the claims fail, or NULL. */
static const char *
judge(const struct json *claims, const struct jwt_rules *rules)
{
	const struct mailseal_item *aud = json_find(claims, "aud");

	if (!is_text(claims, "iss", rules->issuer))
		return "issuer";
	if (aud == NULL || !is_for(claims, rules->audience))
		return "audience";
	/* Of several audiences azp says which of them asked. */
	if ((json_find(claims, "aud.1") != NULL ||
		json_find(claims, "azp") != NULL) &&
	    !is_text(claims, "azp", rules->audience))
		return "azp";
	if (rules->nonce != NULL && !is_text(claims, "nonce", rules->nonce))
		return "nonce";
	return judge_time(claims, rules->now);
}

int
jwt_verify(struct span token, const struct json *keys,
    const struct jwt_rules *rules, struct json **claims, const char **why)
{
	AUTO(json) read = NULL;
	struct span part[3];
	const char *broken;
	int error;

	*why = "parts";
	if (token.len > JWT_MAX || !split(token, part))
		return MAILSEAL_E_IDTOKEN;
	error = check_signature(part, token, keys, why);
	if (error != MAILSEAL_OK)
		return error;

	*why = "claims";
	error = decode_json(part[1], &read);
	if (error != MAILSEAL_OK)
		return error == MAILSEAL_E_NOMEM ? error : MAILSEAL_E_IDTOKEN;
	broken = judge(read, rules);
	if (broken != NULL) {
		*why = broken;
		return MAILSEAL_E_IDTOKEN;
	}
	*claims = read;
	read = NULL;
	return MAILSEAL_OK;
}
