/* SPDX-License-Identifier: ISC */
/*
 * What a user would lose: a record that another one took the place of, or
 * the certainty that what was removed is gone.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "broker/store/store.h"
#include "proto/error.h"
#include "tests/unit/deposit.h"
#include "tests/unit/folder.h"

/* What was found of a record. */
struct finding {
	int64_t id;
	uint64_t generation;
	unsigned char first;
	size_t count;
};

static int
note(void *arg, const struct store_record *record)
{
	struct finding *finding = arg;

	finding->id = record->id;
	finding->generation = record->generation;
	finding->first = record->sealed.len == 0 ? 0 : record->sealed.data[0];
	finding->count++;
	return MAILSEAL_OK;
}

static int
look(struct store *store, const char *owner, struct finding *finding)
{
	memset(finding, 0, sizeof(*finding));
	return store_record_get(store, "refresh", owner, "", note, finding);
}

/* Whether some file of the folder has these bytes. */
static bool
lies_on_disk(const char *bytes)
{
	static const char *const names[] = { "mailseal.db", "mailseal.db-wal" };
	bool is_there = false;

	for (size_t i = 0; i < 2; i++) {
		FILE *file = fopen(path_of(names[i]), "re");
		char *all = calloc(1, 1 << 20);
		size_t len = 0;

		assert_non_null(all);
		if (file != NULL) {
			len = fread(all, 1, 1 << 20, file);
			fclose(file);
		}
		if (memmem(all, len, bytes, strlen(bytes)) != NULL)
			is_there = true;
		free(all);
	}
	return is_there;
}

static void
an_id_is_never_used_again(void **state)
{
	AUTO(store) store = opened();
	struct finding first, second;

	(void)state;
	assert_int_equal(put(store, "a@example.edu", "x", 1), 0);
	assert_int_equal(put(store, "a@example.edu", "y", 1), 0);
	assert_int_equal(look(store, "a@example.edu", &first), 0);
	assert_int_equal(first.generation, 2);
	assert_int_equal(first.first, 'y');
	assert_int_equal(store_begin(store), 0);
	assert_int_equal(store_record_remove(store, "refresh", "a@example.edu",
			     NULL),
	    0);
	assert_int_equal(store_commit(store), 0);
	assert_int_equal(put(store, "a@example.edu", "z", 1), 0);
	assert_int_equal(look(store, "a@example.edu", &second), 0);
	assert_true(second.id > first.id);
}

static void
removed_and_overwritten_bytes_leave_the_disk(void **state)
{
	AUTO(store) store = opened();

	(void)state;
	assert_int_equal(put(store, "a", "the-first-sealed-bytes", 22), 0);
	assert_int_equal(put(store, "b", "the-other-sealed-bytes", 22), 0);
	assert_true(lies_on_disk("the-first-sealed-bytes"));
	assert_int_equal(put(store, "a", "the-newer-sealed-bytes", 22), 0);
	assert_false(lies_on_disk("the-first-sealed-bytes"));
	assert_true(lies_on_disk("the-newer-sealed-bytes"));
	assert_int_equal(store_begin(store), 0);
	assert_int_equal(store_record_remove(store, NULL, "b", NULL), 0);
	assert_int_equal(store_commit(store), 0);
	assert_false(lies_on_disk("the-other-sealed-bytes"));
}

static int
count_names(void *arg, const char *name, const char *line)
{
	(void)name;
	(void)line;
	(*(size_t *)arg)++;
	return MAILSEAL_OK;
}

static int
refuse(void *arg, const struct store_record *record)
{
	(void)arg;
	(void)record;
	return MAILSEAL_E_DENIED;
}

static void
each_goes_through_all_and_stops_at_a_failure(void **state)
{
	AUTO(store) store = opened();
	struct finding finding = { 0 };
	size_t accounts = 0;

	(void)state;
	assert_int_equal(store_begin(store), 0);
	assert_int_equal(store_account_put(store, "a", "account login=a"), 0);
	assert_int_equal(store_account_put(store, "b", "account login=b"), 0);
	assert_int_equal(store_account_put(store, "a", "account login=c"), 0);
	assert_int_equal(store_commit(store), 0);
	assert_int_equal(put(store, "a", "x", 1), 0);
	assert_int_equal(put(store, "b", "y", 1), 0);
	assert_int_equal(store_account_each(store, count_names, &accounts), 0);
	assert_int_equal(accounts, 2);
	assert_int_equal(store_record_each(store, "refresh", note, &finding),
	    0);
	assert_int_equal(store_record_each(store, "lease", note, &finding), 0);
	assert_int_equal(finding.count, 2);
	assert_int_equal(store_record_each(store, NULL, refuse, NULL),
	    MAILSEAL_E_DENIED);
}

static void
a_field_beyond_its_limit_is_refused(void **state)
{
	AUTO(store) store = opened();
	char name[STORE_NAME_MAX + 2];

	(void)state;
	memset(name, 'n', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	assert_int_equal(put(store, name, "x", 1), MAILSEAL_E_TOOLONG);
	assert_int_equal(store_begin(store), 0);
	assert_int_equal(store_account_put(store, name, ""),
	    MAILSEAL_E_TOOLONG);
	/* A transaction of which a part failed cannot be committed. */
	assert_int_equal(store_commit(store), MAILSEAL_E_TOOLONG);
	name[STORE_NAME_MAX] = '\0';
	assert_int_equal(put(store, name, "x", 1), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		IN_FOLDER(an_id_is_never_used_again),
		IN_FOLDER(removed_and_overwritten_bytes_leave_the_disk),
		IN_FOLDER(each_goes_through_all_and_stops_at_a_failure),
		IN_FOLDER(a_field_beyond_its_limit_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
