/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "broker/courier/clock.h"
#include "broker/courier/program.h"
#include "proto/error.h"

#define SEARCH \
	"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
#define DRAIN_MAX 512 /* times that standard error is read at the end */
#define OWN_FD 3      /* the program's file, for who interprets it */
#define REPORT_FD 4   /* where it is told why nothing was executed */

/* Both ends of all pipes; -1 where one is closed. */
struct pipes {
	int in[2], out[2], err[2], report[2];
};

/* What goes to the process and comes from it. */
struct flow {
	struct pipes pipes;
	pid_t pid;
	int pidfd;
	struct span input; /* what is left of it */
	struct program *ran;
};

void
program_free(struct program *ran)
{
	if (ran == NULL)
		return;
	secret_free(ran->output);
	secret_free(ran->said);
	free(ran);
}

static void
shut(int *fd)
{
	if (*fd >= 0)
		(void)close(*fd);
	*fd = -1;
}

static void
flow_auto(struct flow *flow)
{
	for (unsigned i = 0; i < 2; i++) {
		shut(&flow->pipes.in[i]);
		shut(&flow->pipes.out[i]);
		shut(&flow->pipes.err[i]);
		shut(&flow->pipes.report[i]);
	}
	shut(&flow->pidfd);
}

static bool
open_pipes(struct pipes *p)
{
	return pipe2(p->in, O_CLOEXEC) == 0 && pipe2(p->out, O_CLOEXEC) == 0 &&
	    pipe2(p->err, O_CLOEXEC) == 0 && pipe2(p->report, O_CLOEXEC) == 0;
}

/* Whether another program interprets the file, which then must find it. */
static bool
is_script(int fd)
{
	char start[2];

	return pread(fd, start, 2, 0) == 2 && start[0] == '#' &&
	    start[1] == '!';
}

/* The descriptors of the new program: three, and a script's own. */
static bool
take_descriptors(const struct pipes *p, int fd)
{
	/* Out of the way of the numbers that they get. */
	int in = fcntl(p->in[0], F_DUPFD_CLOEXEC, 10);
	int out = fcntl(p->out[1], F_DUPFD_CLOEXEC, 10);
	int err = fcntl(p->err[1], F_DUPFD_CLOEXEC, 10);
	int report = fcntl(p->report[1], F_DUPFD_CLOEXEC, 10);
	int own = fcntl(fd, F_DUPFD_CLOEXEC, 10);

	return dup2(in, STDIN_FILENO) >= 0 && dup2(out, STDOUT_FILENO) >= 0 &&
	    dup2(err, STDERR_FILENO) >= 0 &&
	    dup3(own, OWN_FD, is_script(own) ? 0 : O_CLOEXEC) >= 0 &&
	    dup3(report, REPORT_FD, O_CLOEXEC) >= 0 &&
	    close_range(REPORT_FD + 1, ~0u, 0) == 0;
}

/* In the new process: be the program. */
static void __attribute__((noreturn))
become(const struct pipes *p, int fd, char *const argv[], pid_t parent)
{
	static char *const environment[] = { (char *)(uintptr_t)SEARCH, NULL };
	const struct rlimit none = { 0, 0 };
	int cause;

	(void)setsid();
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(EXIT_FAILURE);
	if (signal(SIGPIPE, SIG_DFL) != SIG_ERR && chdir("/") == 0 &&
	    setrlimit(RLIMIT_CORE, &none) == 0 &&
	    prctl(PR_SET_NO_NEW_PRIVS, 1L, 0L, 0L, 0L) == 0 &&
	    take_descriptors(p, fd))
		(void)fexecve(OWN_FD, argv, environment);
	cause = errno;
	(void)!write(REPORT_FD, &cause, sizeof(cause)); /* or it is not told */
	_exit(127);
}

/* Why it was not executed, as what it said. */
static void
note_cause(struct program *ran, int cause)
{
	char *said = (char *)ran->said->data;

	ran->status = cause == ENOENT ? 127 : 126;
	(void)snprintf(said, PROGRAM_SAID_MAX, "it cannot be executed: %s%s",
	    cause == ENOENT ? "what it names behind #! is not there" :
			      strerror(cause),
	    cause != EACCES ? "" :
			      "; it must be executable, and in the unit of "
			      "mailseal-courier ExecPaths= must name it");
	ran->said_len = strlen(said);
}

/* Start it; false when it was not executed, which ran then tells. */
static int
start(struct flow *f, int fd, char *const argv[], bool *runs)
{
	struct pipes *p = &f->pipes;
	pid_t parent = getpid();
	int cause;

	if (!open_pipes(p) || (f->pid = fork()) < 0)
		return MAILSEAL_E_IO;
	if (f->pid == 0)
		become(p, fd, argv, parent);
	shut(&p->in[0]);
	shut(&p->out[1]);
	shut(&p->err[1]);
	shut(&p->report[1]);
	*runs = read(p->report[0], &cause, sizeof(cause)) != sizeof(cause);
	if (!*runs)
		note_cause(f->ran, cause);
	f->pidfd = pidfd_open(f->pid, 0);
	if (f->pidfd < 0 || fcntl(p->in[1], F_SETFL, O_NONBLOCK) != 0 ||
	    fcntl(p->out[0], F_SETFL, O_NONBLOCK) != 0 ||
	    fcntl(p->err[0], F_SETFL, O_NONBLOCK) != 0) {
		note_cause(f->ran, errno);
		*runs = false;
	}
	return MAILSEAL_OK;
}

static void
feed(struct flow *f)
{
	ssize_t n = write(f->pipes.in[1], f->input.data, f->input.len);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	f->input.data += n > 0 ? n : 0;
	f->input.len -= n > 0 ? (size_t)n : 0;
	if (n < 0 || f->input.len == 0) /* it need not read all */
		shut(&f->pipes.in[1]);
}

/* Take some of what it answers; false when that was all for now. */
static bool
take_output(struct flow *f)
{
	struct program *ran = f->ran;
	ssize_t n = read(f->pipes.out[0], ran->output->data + ran->len,
	    PROGRAM_OUTPUT_MAX + 1 - ran->len);

	if (n < 0)
		return errno == EINTR;
	if (n == 0) {
		shut(&f->pipes.out[0]);
		return false;
	}
	ran->len += (size_t)n;
	ran->is_long = ran->len > PROGRAM_OUTPUT_MAX;
	return !ran->is_long;
}

/* Take some of what it says, of which the end is kept. */
static bool
take_said(struct flow *f)
{
	struct program *ran = f->ran;
	unsigned char *said = ran->said->data;
	size_t half = PROGRAM_SAID_MAX / 2;
	ssize_t n;

	if (ran->said_len > half) {
		memmove(said, said + ran->said_len - half, half);
		ran->said_len = half;
	}
	n = read(f->pipes.err[0], said + ran->said_len,
	    PROGRAM_SAID_MAX - ran->said_len);
	if (n < 0)
		return errno == EINTR;
	if (n == 0)
		shut(&f->pipes.err[0]);
	ran->said_len += (size_t)n;
	return n > 0;
}

/* One turn; false when it is over with the program. */
static bool
turn(struct flow *f, int64_t deadline_ms)
{
	struct pollfd wait[] = {
		{ f->pidfd, POLLIN, 0 },
		{ f->pipes.in[1], POLLOUT, 0 },
		{ f->pipes.out[0], POLLIN, 0 },
		{ f->pipes.err[0], POLLIN, 0 },
	};
	int ready = poll(wait, 4, clock_left_ms(deadline_ms));

	if (ready < 0)
		return errno == EINTR;
	if (ready == 0) {
		f->ran->is_late = true;
		return false;
	}
	if (wait[1].revents != 0)
		feed(f);
	if (wait[2].revents != 0)
		(void)take_output(f);
	if (wait[3].revents != 0)
		(void)take_said(f);
	return wait[0].revents == 0 && !f->ran->is_long;
}

/* What it left in the pipes; who got away may still write there. */
static void
drain(struct flow *f)
{
	while (f->pipes.out[0] >= 0 && !f->ran->is_long && take_output(f))
		continue;
	for (unsigned i = 0; i < DRAIN_MAX; i++)
		if (f->pipes.err[0] < 0 || !take_said(f))
			break;
}

static void
finish(struct flow *f, bool ran)
{
	int status = 0;

	(void)kill(-f->pid, SIGKILL); /* it, or who it left behind */
	(void)kill(f->pid, SIGKILL);
	while (waitpid(f->pid, &status, 0) < 0 && errno == EINTR)
		continue;
	if (ran)
		f->ran->status = WIFEXITED(status) ? WEXITSTATUS(status) :
						     128 + WTERMSIG(status);
}

int
program_run(int fd, char *const argv[], struct span input, int64_t deadline_ms,
    struct program **ran)
{
	AUTO(program) made = calloc(1, sizeof(*made));
	__attribute__((cleanup(flow_auto))) struct flow flow = {
		.pipes = { { -1, -1 }, { -1, -1 }, { -1, -1 }, { -1, -1 } },
		.pidfd = -1,
		.input = input,
		.ran = made,
	};
	bool runs = false;
	int error;

	if (made == NULL ||
	    (made->output = secret_new(PROGRAM_OUTPUT_MAX + 1)) == NULL ||
	    (made->said = secret_new(PROGRAM_SAID_MAX)) == NULL)
		return MAILSEAL_E_NOMEM;
	error = start(&flow, fd, argv, &runs);
	if (error != MAILSEAL_OK)
		return error;
	while (runs && turn(&flow, deadline_ms))
		continue;
	finish(&flow, runs);
	if (runs)
		drain(&flow);
	made->output->data[made->is_long ? 0 : made->len] = '\0';
	*ran = made;
	made = NULL;
	return MAILSEAL_OK;
}
