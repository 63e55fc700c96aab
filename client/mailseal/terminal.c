/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "client/mailseal/terminal.h"

#define ERASE_LINE 0x15 /* Ctrl-U */
#define END 0x04	/* Ctrl-D */

static const int noted[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT };
#define NOTED (sizeof(noted) / sizeof(noted[0]))

static volatile sig_atomic_t caught;

static struct {
	bool watched;
	bool raw;
	bool seen; /* stderr is a terminal */
	struct termios usual;
	struct sigaction action[NOTED];
	sigset_t mask; /* as it was: what terminal_poll() lets in */
} before;

static void
note(int number)
{
	caught = number;
}

void
terminal_watch(void)
{
	struct sigaction action = { .sa_handler = note };
	struct termios keys;
	sigset_t held;

	caught = 0;
	(void)sigemptyset(&held); /* these calls fail for wrong numbers only */
	for (size_t i = 0; i < NOTED; i++) {
		(void)sigaction(noted[i], NULL, &before.action[i]);
		if (before.action[i].sa_handler == SIG_IGN)
			continue; /* such as nohup's */
		(void)sigaction(noted[i], &action, NULL);
		(void)sigaddset(&held, noted[i]);
	}
	(void)sigprocmask(SIG_BLOCK, &held, &before.mask);
	before.watched = true;

	before.seen = isatty(STDERR_FILENO) == 1;
	before.raw = tcgetattr(STDIN_FILENO, &before.usual) == 0;
	if (!before.raw)
		return;
	keys = before.usual;
	keys.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
	keys.c_cc[VMIN] = 1;
	keys.c_cc[VTIME] = 0;
	keys.c_cc[VSUSP] = _POSIX_VDISABLE; /* stopped, it would stay deaf */
	(void)tcsetattr(STDIN_FILENO, TCSANOW, &keys);
}

int
terminal_release(void)
{
	if (!before.watched)
		return 0;
	if (before.raw)
		(void)tcsetattr(STDIN_FILENO, TCSADRAIN, &before.usual);
	(void)sigprocmask(SIG_SETMASK, &before.mask, NULL);
	for (size_t i = 0; i < NOTED; i++)
		(void)sigaction(noted[i], &before.action[i], NULL);
	before.watched = false;
	return caught;
}

int
terminal_poll(struct pollfd *fds, nfds_t count, int timeout_ms)
{
	struct timespec time = { timeout_ms / 1000,
		(long)(timeout_ms % 1000) * 1000000 };

	if (caught != 0) {
		errno = EINTR;
		return -1;
	}
	return ppoll(fds, count, timeout_ms < 0 ? NULL : &time, &before.mask);
}

static void
show(bool echo, const char *bytes, size_t len)
{
	if (echo && before.raw && before.seen &&
	    write(STDERR_FILENO, bytes, len) < 0)
		return; /* it is there all the same */
}

/* One key; true when it ended the line. */
static bool
type(struct entry *entry, char key, bool echo)
{
	bool erase = key == '\b' || key == 0x7f;

	if (key == '\n' || key == '\r')
		return true;
	if (before.raw && (erase || key == ERASE_LINE)) {
		do {
			if (entry->len == 0)
				break;
			entry->bytes[--entry->len] = '\0';
			show(echo, "\b \b", 3);
		} while (!erase);
		return false;
	}
	if (entry->len == ENTRY_MAX) {
		entry->too_long = true;
		return false;
	}
	entry->bytes[entry->len++] = key;
	entry->bytes[entry->len] = '\0';
	if ((unsigned char)key >= 0x20)
		show(echo, &key, 1);
	return false;
}

enum typed
terminal_take(struct entry *entry, bool echo)
{
	/* Byte by byte: what follows the line may be for somebody else. */
	char key;
	ssize_t n = read(STDIN_FILENO, &key, 1);

	if (n < 0)
		return errno == EINTR || errno == EAGAIN ? TYPED_SOME :
							   TYPED_END;
	if (n == 0)
		return entry->len > 0 ? TYPED_LINE : TYPED_END;
	if (before.raw && key == END)
		return entry->len > 0 ? TYPED_SOME : TYPED_END;
	if (!type(entry, key, echo))
		return TYPED_SOME;
	show(true, "\n", 1);
	return TYPED_LINE;
}

bool
terminal_is_lively(void)
{
	const char *term = getenv("TERM");

	return isatty(STDOUT_FILENO) == 1 && term != NULL &&
	    strcmp(term, "dumb") != 0;
}

void
terminal_die(int signal)
{
	struct sigaction usual = { .sa_handler = SIG_DFL };
	sigset_t one;

	(void)sigemptyset(&one);
	(void)sigaddset(&one, signal);
	(void)sigaction(signal, &usual, NULL);
	(void)sigprocmask(SIG_UNBLOCK, &one, NULL);
	(void)raise(signal);
	_exit(128 + signal);
}
