/* SPDX-License-Identifier: ISC */
#include <arpa/inet.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "broker/courier/blemish.h"
#include "broker/log.h"

#define ONELINE_MAX 200 /* bytes of a distinguished name */
#define ABOUT_MAX 160	/* bytes of what the fault is about */
#define NAMES_MAX 100	/* bytes of a certificate's names */

/* How much of each is shown, so that all of them have room. */
#define WHO "%.80s"
#define JUDGE "%.100s"

/* Add a name to the list; false when there is no more room. */
static bool
add_name(char names[NAMES_MAX], const char *name)
{
	size_t len = strlen(names);
	const char *shown = printable(name);
	const char *comma = len > 0 ? ", " : "";

	if (len + strlen(comma) + strlen(shown) < NAMES_MAX - 5) {
		(void)snprintf(names + len, NAMES_MAX - len, "%s%s", comma,
		    shown);
		return true;
	}
	(void)snprintf(names + len, NAMES_MAX - len, "%s...", comma);
	return false;
}

/* A name of a server, as text; "" for one of another kind. */
static void
read_name(const GENERAL_NAME *name, char *text, size_t size)
{
	const ASN1_OCTET_STRING *ip = name->d.iPAddress;

	text[0] = '\0';
	if (name->type == GEN_DNS)
		(void)snprintf(text, size, "%.*s",
		    ASN1_STRING_length(name->d.dNSName),
		    (const char *)ASN1_STRING_get0_data(name->d.dNSName));
	if (name->type == GEN_IPADD &&
	    (ASN1_STRING_length(ip) == 4 || ASN1_STRING_length(ip) == 16))
		(void)inet_ntop(ASN1_STRING_length(ip) == 4 ? AF_INET :
							      AF_INET6,
		    ASN1_STRING_get0_data(ip), text, (socklen_t)size);
}

/* The servers that a certificate is for; its CN, where it names none. */
static void
list_names(X509 *leaf, char names[NAMES_MAX])
{
	GENERAL_NAMES *all = X509_get_ext_d2i(leaf, NID_subject_alt_name, NULL,
	    NULL);
	char name[256];
	bool room = true;

	names[0] = '\0';
	for (int i = 0; room && i < sk_GENERAL_NAME_num(all); i++) {
		read_name(sk_GENERAL_NAME_value(all, i), name, sizeof(name));
		if (name[0] != '\0')
			room = add_name(names, name);
	}
	GENERAL_NAMES_free(all);
	if (names[0] == '\0' &&
	    X509_NAME_get_text_by_NID(X509_get_subject_name(leaf),
		NID_commonName, name, sizeof(name)) > 0)
		(void)add_name(names, name);
	if (names[0] == '\0')
		(void)add_name(names, "no server");
}

static void
tell_names(X509_STORE_CTX *verify, X509 *leaf, char about[ABOUT_MAX])
{
	X509_VERIFY_PARAM *param = X509_STORE_CTX_get0_param(verify);
	const char *host = X509_VERIFY_PARAM_get0_host(param, 0);
	char *ip = host == NULL ? X509_VERIFY_PARAM_get1_ip_asc(param) : NULL;
	char names[NAMES_MAX];

	list_names(leaf, names);
	(void)snprintf(about, ABOUT_MAX, "it is for %s, not for %.40s", names,
	    printable(host != NULL ? host : ip));
	OPENSSL_free(ip);
}

/* A moment of a certificate, as a person writes it. */
static void
tell_time(const char *words, const ASN1_TIME *when, char about[ABOUT_MAX])
{
	char text[64] = "";
	struct tm tm;

	if (when != NULL && ASN1_TIME_to_tm(when, &tm) == 1)
		(void)strftime(text, sizeof(text), "%Y-%m-%d %H:%M UTC", &tm);
	(void)snprintf(about, ABOUT_MAX, "%s %s", words, text);
}

static void
oneline(const X509_NAME *name, char text[ONELINE_MAX])
{
	text[0] = '\0';
	if (name != NULL)
		(void)X509_NAME_oneline(name, text, ONELINE_MAX);
}

/* Whose signature could not be followed any further. */
static void
tell_issuer(X509 *last, char about[ABOUT_MAX])
{
	char issuer[ONELINE_MAX];

	oneline(last == NULL ? NULL : X509_get_issuer_name(last), issuer);
	(void)snprintf(about, ABOUT_MAX, "the CA " WHO " is not known here",
	    printable(issuer));
}

/* What there is to say besides OpenSSL's words; "" where there is nothing. */
static void
tell_more(X509_STORE_CTX *verify, X509 *leaf, char about[ABOUT_MAX])
{
	X509 *at = X509_STORE_CTX_get_current_cert(verify);

	about[0] = '\0';
	switch (X509_STORE_CTX_get_error(verify)) {
	case X509_V_ERR_CERT_HAS_EXPIRED:
		tell_time("on", at == NULL ? NULL : X509_get0_notAfter(at),
		    about);
		break;
	case X509_V_ERR_CERT_NOT_YET_VALID:
		tell_time("it is from",
		    at == NULL ? NULL : X509_get0_notBefore(at), about);
		break;
	case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
		(void)snprintf(about, ABOUT_MAX, "no CA vouches for it");
		break;
	case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
	case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
	case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
	case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
		tell_issuer(at, about);
		break;
	case X509_V_ERR_HOSTNAME_MISMATCH:
	case X509_V_ERR_IP_ADDRESS_MISMATCH:
		tell_names(verify, leaf, about);
		break;
	default:
		break; /* OpenSSL's words say it all */
	}
}

/* Which certificate it is about: the server's own, or one above it. */
static void
tell_whose(X509 *leaf, char *text, size_t size)
{
	char subject[ONELINE_MAX], issuer[ONELINE_MAX];

	oneline(X509_get_subject_name(leaf), subject);
	oneline(X509_get_issuer_name(leaf), issuer);
	(void)snprintf(text, size, "the certificate of " WHO ", issued by " WHO,
	    printable(subject), printable(issuer));
}

void
blemish_tell(X509_STORE_CTX *verify, const char *judge, char *text, size_t size)
{
	X509 *leaf = X509_STORE_CTX_get0_cert(verify);
	const char *words = X509_verify_cert_error_string(
	    X509_STORE_CTX_get_error(verify));
	char whose[256] = "the server's certificate", about[ABOUT_MAX] = "";

	if (leaf != NULL) {
		tell_whose(leaf, whose, sizeof(whose));
		tell_more(verify, leaf, about);
	}
	(void)snprintf(text, size, "%s, is not trusted: %s%s%s%s%s" JUDGE,
	    whose, words,
	    X509_STORE_CTX_get_error_depth(verify) > 0 ? " in its chain" : "",
	    about[0] != '\0' ? ": " : "", about,
	    judge != NULL ? "; judged by " : "",
	    judge != NULL ? printable(judge) : "");
}

void
blemish_tell_pin(X509 *leaf, const char *digest, char *text, size_t size)
{
	char whose[256];

	tell_whose(leaf, whose, sizeof(whose));
	(void)snprintf(text, size,
	    "%s, is not trusted: it is sha256:%s, which smtp_auth_ssl_trust "
	    "does not name",
	    whose, digest);
}
