/* SPDX-License-Identifier: ISC */
/*
 * What a user would lose: the answer to "who had my mailbox's string?", or
 * the string itself to whoever reads the audit file.
 */
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "broker/audit.h"
#include "tests/unit/folder.h"

#define SECRET "eyJhbGciOiJub25lIn0"

static struct audit *audit;
static time_t ahead; /* how much later it is than the clock says */

static const struct rule rule = { "/etc/access.d/erp.conf", 4, false },
			 other_rule = { "/etc/access.d/erp.conf", 5, false };
static const struct peer root = { .fd = -1, .pid = 42 },
			 daemon_user = { .fd = -1, .pid = 43, .uid = 1 },
			 nameless = { .fd = -1, .pid = 44, .uid = 54321 };

/* The clock of this program: libc's, moved. */
time_t
time(time_t *out)
{
	struct timespec ts;

	(void)clock_gettime(CLOCK_REALTIME, &ts);
	ts.tv_sec += ahead;
	if (out != NULL)
		*out = ts.tv_sec;
	return ts.tv_sec;
}

static const char *
text(void)
{
	static char bytes[1 << 18];
	FILE *file = fopen(path_of("audit"), "r");

	assert_non_null(file);
	bytes[fread(bytes, 1, sizeof(bytes) - 1, file)] = '\0';
	(void)fclose(file);
	return bytes;
}

static unsigned
lines(void)
{
	unsigned count = 0;

	for (const char *c = text(); *c != '\0'; c++)
		count += *c == '\n';
	return count;
}

/* The last line, with its LF. */
static const char *
last(void)
{
	const char *all = text(), *start = all;

	for (const char *c = all; *c != '\0'; c++)
		if (c > all && c[-1] == '\n')
			start = c;
	return start;
}

static void
serve_of(const char *account, const struct peer *peer, const struct rule *by,
    const char *string)
{
	AUTO(secret) token = secret_copy(string, strlen(string));

	assert_int_equal(audit_served(audit, account, peer, by, token),
	    MAILSEAL_OK);
}

static void
serve(const struct peer *peer, const struct rule *by, const char *string)
{
	serve_of("billing@example.edu", peer, by, string);
}

static void
a_line_says_who_did_what_to_which_account_and_why_he_may(void **state)
{
	char year[8];
	time_t now = time(NULL);

	(void)state;
	assert_int_equal(audit_write(audit, "enrolled", "a@b.c", &root, &rule,
			     "identity=%s", "x"),
	    MAILSEAL_OK);
	assert_non_null(strstr(last(),
	    " audit event=enrolled account=a@b.c "
	    "user=root uid=0 pid=42 rule=erp.conf:4 "
	    "result=ok identity=x\n"));
	(void)strftime(year, sizeof(year), "%Y-", gmtime(&now));
	assert_memory_equal(last(), year, strlen(year));
	assert_int_equal(last()[19], 'Z');
	assert_int_equal(audit_write(audit, "unlock", NULL, &nameless, NULL,
			     "%s", ""),
	    MAILSEAL_OK);
	assert_non_null(strstr(last(),
	    " audit event=unlock account=- "
	    "user=uid:54321 uid=54321 pid=44 rule=- result=ok\n"));
	assert_int_equal(lines(), 2);
}

static void
what_a_peer_says_cannot_forge_a_line(void **state)
{
	(void)state;
	assert_int_equal(audit_write(audit, "denied", "a\n2026 audit\x1b[1m",
			     &root, NULL, "%s", ""),
	    MAILSEAL_OK);
	assert_int_equal(lines(), 1);
	assert_non_null(strstr(last(), "account=a\\x0a2026"));
	assert_null(strchr(last(), '\x1b'));
}

static void
the_first_of_each_token_user_and_rule_has_a_line(void **state)
{
	(void)state;
	serve(&root, &rule, "token-1");
	assert_int_equal(lines(), 1);
	assert_non_null(strstr(last(),
	    "event=served account="
	    "billing@example.edu user=root "));
	for (int i = 0; i < 100; i++)
		serve(&root, &rule, "token-1");
	assert_int_equal(lines(), 1);
	serve(&daemon_user, &rule, "token-1");
	assert_int_equal(lines(), 2);
	serve(&root, &other_rule, "token-1");
	assert_int_equal(lines(), 3);
	serve(&root, &rule, "token-2");
	assert_int_equal(lines(), 4);
	serve(&root, &rule, "token-1"); /* still known */
	assert_int_equal(lines(), 4);
}

/* Else the second is taken without a line, and the audit tells of the two. */
static void
accounts_of_the_same_password_have_a_line_each(void **state)
{
	char first[512], *tag;

	(void)state;
	serve_of("billing@example.edu", &root, &rule, "Welcome1");
	(void)snprintf(first, sizeof(first), "%s", last());
	serve_of("payroll@example.edu", &root, &rule, "Welcome1");
	assert_int_equal(lines(), 2);
	assert_non_null(strstr(last(), " account=payroll@example.edu "));
	tag = strstr(first, " token=");
	assert_non_null(tag);
	assert_null(strstr(last(), tag));
	serve_of("payroll@example.edu", &root, &rule, "Welcome1");
	assert_int_equal(lines(), 2);
}

/* A password is the same for years: who takes it at night has a line, too. */
static void
what_is_fetched_again_much_later_has_a_line_again(void **state)
{
	(void)state;
	for (int i = 0; i < 3; i++)
		serve(&root, &rule, "Welcome1");
	ahead += 3599;
	serve(&root, &rule, "Welcome1");
	assert_int_equal(lines(), 1);
	ahead += 1;
	serve(&root, &rule, "Welcome1");
	assert_int_equal(lines(), 2);
	assert_non_null(strstr(last(), "repeats_before=3 "));
	serve(&root, &rule, "Welcome1");
	assert_int_equal(lines(), 2);
	ahead -= 86400; /* a clock that is set back hides nothing */
	serve(&root, &rule, "Welcome1");
	assert_int_equal(lines(), 3);
	assert_non_null(strstr(last(), "repeats_before=1 "));
}

/* Else nobody knows whether a service sent one mail or a million. */
static void
repeats_are_told_with_the_next_line(void **state)
{
	(void)state;
	serve(&root, &rule, "token-1");
	for (int i = 0; i < 4711; i++)
		serve(&root, &rule, "token-1");
	serve(&root, &rule, "token-2");
	assert_non_null(strstr(last(), "repeats_before=4711 "));
	serve(&root, &rule, "token-3"); /* and not again */
	assert_non_null(strstr(last(), "repeats_before=0 "));
}

static void
of_very_many_only_the_oldest_are_forgotten(void **state)
{
	char token[32];

	(void)state;
	for (int i = 0; i < 1025; i++) {
		(void)snprintf(token, sizeof(token), "token-%d", i);
		serve(&root, &rule, token);
	}
	assert_int_equal(lines(), 1025);
	serve(&root, &rule, "token-1");
	serve(&root, &rule, "token-1024");
	assert_int_equal(lines(), 1025);
	serve(&root, &rule, "token-0");
	assert_int_equal(lines(), 1026);
}

static void
the_tag_names_a_token_and_is_no_part_of_it(void **state)
{
	char first[512], *tag;
	struct audit *again = NULL;

	(void)state;
	serve(&root, &rule, SECRET);
	serve(&daemon_user, &rule, SECRET);
	(void)snprintf(first, sizeof(first), "%s", last());
	assert_null(strstr(text(), SECRET));
	assert_null(strstr(text(), "eyJ"));
	tag = strstr(first, " token=");
	assert_non_null(tag);
	assert_int_equal(strcspn(tag + 7, "\n"), AUDIT_TAG_MAX - 1);
	assert_non_null(strstr(text(), tag)); /* the same in both lines */
	/* Keyed: who has the file cannot try tokens against it. */
	assert_int_equal(audit_open(path_of("audit"), &again), MAILSEAL_OK);
	audit_free(audit);
	audit = again;
	serve(&root, &rule, SECRET);
	assert_null(strstr(last(), tag));
}

static void
denials_of_one_user_are_damped_and_counted(void **state)
{
	(void)state;
	for (int i = 0; i < 25; i++)
		audit_denied(audit, "a@b.c", &daemon_user, "get");
	assert_int_equal(lines(), 10);
	assert_non_null(strstr(last(),
	    "event=denied account=a@b.c user=daemon "
	    "uid=1 pid=43 rule=- result=denied why=get "
	    "more_before=0\n"));
	audit_denied(audit, NULL, &nameless, "get"); /* another has his own */
	assert_int_equal(lines(), 11);
	ahead += 60;
	audit_denied(audit, "a@b.c", &daemon_user, "get");
	assert_int_equal(lines(), 12);
	assert_non_null(strstr(last(), "more_before=15\n"));
	for (int i = 0; i < 25; i++)
		audit_denied(audit, "a@b.c", &daemon_user, "get");
	assert_int_equal(lines(), 21);
	ahead -= 3600; /* a clock that is set back silences nobody */
	audit_denied(audit, "a@b.c", &daemon_user, "get");
	assert_int_equal(lines(), 22);
	assert_non_null(strstr(last(), "more_before=16\n"));
}

static void
a_crowd_of_denied_users_is_written_all_the_same(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 200; i++) {
		struct peer peer = { .fd = -1, .uid = 60000 + i };

		audit_denied(audit, NULL, &peer, "get");
	}
	assert_int_equal(lines(), 200);
}

static void
the_file_is_closed_to_others_and_grows(void **state)
{
	struct audit *again = NULL;
	struct stat st;

	(void)state;
	assert_int_equal(stat(path_of("audit"), &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	serve(&root, &rule, "token-1");
	assert_int_equal(audit_open(path_of("audit"), &again), MAILSEAL_OK);
	audit_free(audit);
	audit = again;
	serve(&root, &rule, "token-1");
	assert_int_equal(lines(), 2);
}

static void
a_link_or_a_missing_folder_is_refused(void **state)
{
	struct audit *none = NULL;

	(void)state;
	assert_int_equal(symlink("audit", path_of("link")), 0);
	assert_int_equal(audit_open(path_of("link"), &none), MAILSEAL_E_IO);
	assert_int_equal(audit_open(path_of("no/audit"), &none), MAILSEAL_E_IO);
	assert_int_equal(mkfifo(path_of("fifo"), 0600), 0);
	assert_int_equal(audit_open(path_of("fifo"), &none), MAILSEAL_E_IO);
	assert_null(none);
}

/* A line that the disk does not take is told, so that nothing is served. */
static void
a_full_disk_is_told_and_the_next_try_counts(void **state)
{
	AUTO(secret) token = secret_copy("token-1", 7);
	struct audit *full = NULL;

	(void)state;
	assert_int_equal(audit_open("/dev/full", &full), MAILSEAL_OK);
	for (int i = 0; i < 2; i++)
		assert_int_equal(audit_served(full, "a@b.c", &root, &rule,
				     token),
		    MAILSEAL_E_BUSY);
	audit_denied(full, "a@b.c", &root, "get"); /* a denial stands */
	audit_free(full);
}

static int
setup(void **state)
{
	ahead = 0;
	(void)umask(0);
	if (make_folder(state) != 0 || secret_arena_open(1 << 18) != 0)
		return -1;
	return audit_open(path_of("audit"), &audit);
}

static int
teardown(void **state)
{
	audit_free(audit);
	secret_arena_close();
	return remove_folder(state);
}

#define HERE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		HERE(a_line_says_who_did_what_to_which_account_and_why_he_may),
		HERE(what_a_peer_says_cannot_forge_a_line),
		HERE(the_first_of_each_token_user_and_rule_has_a_line),
		HERE(accounts_of_the_same_password_have_a_line_each),
		HERE(what_is_fetched_again_much_later_has_a_line_again),
		HERE(repeats_are_told_with_the_next_line),
		HERE(of_very_many_only_the_oldest_are_forgotten),
		HERE(the_tag_names_a_token_and_is_no_part_of_it),
		HERE(denials_of_one_user_are_damped_and_counted),
		HERE(a_crowd_of_denied_users_is_written_all_the_same),
		HERE(the_file_is_closed_to_others_and_grows),
		HERE(a_link_or_a_missing_folder_is_refused),
		HERE(a_full_disk_is_told_and_the_next_try_counts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
