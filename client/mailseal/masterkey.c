/* SPDX-License-Identifier: ISC */
/*
 * masterkey: the first day of a host: the master key, what opens it here, and
 * the code that opens it when that is lost.
 */
#include <stdio.h>
#include <sysexits.h>

#include "client/mailseal/command.h"
#include "client/mailseal/credential.h"
#include "client/mailseal/recoverycode.h"
#include "client/mailseal/slotfile.h"
#include "client/mailseal/slots.h"

/* Whether a recovery code is to be made, where there is one or none yet. */
static bool
wants_code(const struct options *options, bool has_one)
{
	return options->recovery_file != NULL ||
	    (!has_one && !options_have(options, OPTION_NO_RECOVERY));
}

/* Before anything is made: that all of it can be. */
static int
check(const struct options *options, bool code)
{
	if (options->file != NULL &&
	    (options->name != NULL || options->with_key != NULL))
		return complain(EX_USAGE,
		    "--file makes a file, --name and --with-key a credential; "
		    "say one of them");
	if (options_have(options, OPTION_NO_RECOVERY) &&
	    options->recovery_file != NULL)
		return complain(EX_USAGE,
		    "--no-recovery and --recovery-file contradict each other");
	if (code && options->recovery_file == NULL && !recoverycode_can_ask())
		return complain(EX_USAGE,
		    "nobody is here to write down the recovery code; say "
		    "--recovery-file FILE, or --no-recovery");
	return EX_OK;
}

/*
 * What opens the key on this host: a credential where systemd keeps them, else
 * a file.  *enabled is what became of its unit.
 */
static int
make_way(struct ask *ask, const struct options *options, int *enabled)
{
	const char *name = options->name;
	int status;

	if (name == NULL && options->with_key == NULL &&
	    (options->file != NULL || credential_obstacle() != NULL))
		return slotfile_make(ask, options->file);
	if (name == NULL)
		name = CREDENTIAL_USUAL;
	status = credential_make(ask, name, options->with_key);
	if (status == EX_OK)
		*enabled = credential_enable(name);
	return status;
}

static int
make_code(struct ask *ask, const struct options *options, bool has_one)
{
	if (wants_code(options, has_one))
		return recoverycode_make(ask, options->recovery_file);
	if (!has_one)
		(void)puts("There is no recovery code: when this host is lost, "
			   "so is every sign-in, and\n"
			   "\"mailseal enroll\" wants --without-recovery.  To "
			   "have one: mailseal slot add\n"
			   "recovery");
	return EX_OK;
}

int
command_init(const struct options *options)
{
	AUTO(ask) ask = ask_admin(options);
	AUTO(listing) slots = NULL;
	bool has_one, first;
	int enabled = EX_OK, status;

	if (ask == NULL)
		return EX_USAGE;
	status = slots_ask(ask, &slots);
	if (status != EX_OK)
		return status;
	first = slots->count == 0;
	has_one = slots_have_recovery(slots);
	status = check(options, wants_code(options, has_one));
	if (status == EX_OK)
		status = make_way(ask, options, &enabled);
	if (status != EX_OK)
		return status;
	if (first)
		(void)puts("The master key is made and open.");
	status = finish_output(EX_OK);
	if (status == EX_OK)
		status = make_code(ask, options, has_one);
	return finish_output(status != EX_OK ? status : enabled);
}
