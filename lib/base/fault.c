#include "base/fault.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#define DIAGNOSTIC_MAX 4096

const char *mg_prog = "mg";

static const struct {
	const char *name;
	int status;
	bool retryable;
	const char *remedy; /* where the caller knows no better one */
} codes[MG_E_COUNT] = {
	[MG_OK] = {"ok", 0, false},
	[MG_E_USAGE] = {"usage", EX_USAGE, false},
	[MG_E_BAD_LINE] = {"bad_line", EX_DATAERR, false,
		"every line is one JSON object"},
	[MG_E_BAD_EVENT] = {"bad_event", EX_DATAERR, false,
		"mg help events says what it must hold"},
	[MG_E_TRUNCATED] = {"truncated", EX_DATAERR, true,
		"the command in front of this one died"},
	[MG_E_NO_INPUT] = {"no_input", EX_NOINPUT, false},
	[MG_E_UNREACHABLE] = {"unreachable", EX_UNAVAILABLE, true,
		"is the server running, and the address right?"},
	[MG_E_STREAM_CUT] = {"stream_cut", EX_UNAVAILABLE, true, "try again"},
	[MG_E_PROVIDER] = {"provider_failed", EX_UNAVAILABLE, true,
		"try later"},
	[MG_E_BAD_REQUEST] = {"request_refused", EX_UNAVAILABLE, false,
		"mg-ask --dry-run shows what was sent"},
	[MG_E_NO_MODEL] = {"model_unknown", EX_UNAVAILABLE, false},
	[MG_E_PROGRAM] = {"program_failed", EX_UNAVAILABLE, false,
		"run it by hand: mg-ask --dry-run shows what it gets"},
	[MG_E_NOBODY] = {"nobody", EX_UNAVAILABLE, false},
	[MG_E_STAGE] = {"stage_died", EX_SOFTWARE, true,
		"mg-run --resume goes on from there"},
	[MG_E_BUG] = {"bug", EX_SOFTWARE, false},
	[MG_E_SYSTEM] = {"system", EX_OSERR, true,
		"try again when the machine has more to give"},
	[MG_E_INPUT] = {"input", EX_IOERR, false,
		"is it a file, a pipe or a terminal?"},
	[MG_E_OUTPUT] = {"output", EX_IOERR, false},
	[MG_E_TIMEOUT] = {"timeout", EX_TEMPFAIL, true,
		"try later, or with a longer limit"},
	[MG_E_RATE_LIMIT] = {"rate_limited", EX_TEMPFAIL, true,
		"try later, or with a smaller -j"},
	[MG_E_OVERLOADED] = {"overloaded", EX_TEMPFAIL, true, "try later"},
	[MG_E_MALFORMED] = {"malformed_reply", EX_PROTOCOL, false,
		"is it the right kind of server or program?"},
	[MG_E_TOO_LARGE] = {"too_large", EX_PROTOCOL, false,
		"ask for less at once"},
	[MG_E_EMPTY] = {"empty_reply", EX_PROTOCOL, true,
		"ask again, or in other words"},
	[MG_E_KEY_REFUSED] = {"key_refused", EX_NOPERM, false},
	[MG_E_NO_KEY] = {"no_key", EX_CONFIG, false},
	[MG_E_CONFIG] = {"configuration", EX_CONFIG, false},
	[MG_E_BAD_ARGUMENTS] = {"bad_arguments", EX_DATAERR, false,
		"mg-tools show NAME says what it takes"},
	[MG_E_REFUSED] = {"refused", EX_NOPERM, false,
		"--allow NAME, or `allow_tools` in the team file, allows it"},
	[MG_E_CHANGED] = {"changed", EX_NOPERM, false,
		"look at it, then mg-tools accept NAME"},
	[MG_E_TOOL] = {"tool_failed", 1, false,
		"mg-tools call NAME runs it by hand"},
	[MG_E_UNKNOWN] = {"outcome_unknown", 1, false,
		"look whether it was done before it is asked for again"},
	[MG_E_CANCELLED] = {"cancelled", 130, true},
};

const char *
mg_code_name(enum mg_code code)
{
	return codes[code].name;
}

int
mg_code_exit(enum mg_code code)
{
	return codes[code].status;
}

bool
mg_code_retryable(enum mg_code code)
{
	return codes[code].retryable;
}

int
mg_worse(int a, int b)
{
	static const int order[] = {EX_SOFTWARE, EX_OSERR, EX_IOERR,
		EX_CANTCREAT, EX_USAGE, EX_CONFIG, EX_NOPERM, EX_DATAERR,
		EX_NOINPUT, EX_PROTOCOL, EX_UNAVAILABLE, EX_TEMPFAIL, 1, 0};

	for (size_t i = 0; i < sizeof(order) / sizeof(*order); i++)
		if (a == order[i] || b == order[i])
			return order[i];
	return a ? a : b;
}

int
mg_fail(struct mg_fault *f, enum mg_code code, const char *fmt, ...)
{
	va_list ap;

	if (!f)
		return -1;
	f->code = code;
	f->line = 0;
	f->place[0] = '\0';
	f->retry_after_ms = 0;
	snprintf(f->remedy, sizeof(f->remedy), "%s",
		codes[code].remedy ? codes[code].remedy : "");
	va_start(ap, fmt);
	vsnprintf(f->message, sizeof(f->message), fmt, ap);
	va_end(ap);
	return -1;
}

int
mg_remedy(struct mg_fault *f, const char *fmt, ...)
{
	va_list ap;

	if (!f)
		return -1;
	va_start(ap, fmt);
	vsnprintf(f->remedy, sizeof(f->remedy), fmt, ap);
	va_end(ap);
	return -1;
}

/*
 * One write(2), so that lines of several processes do not mix; control bytes
 * become '?', so that a message cannot drive the terminal.
 */
static void
say(char *line, int n)
{
	size_t len = n < 0 ? 0 : (size_t)n;

	if (!mg_prog)
		return;
	if (len > DIAGNOSTIC_MAX - 2)
		len = DIAGNOSTIC_MAX - 2;
	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)line[i];

		if (c < 0x20 || c == 0x7F)
			line[i] = '?';
		else if (c == 0xC2 && i + 1 < len &&
			(unsigned char)line[i + 1] < 0xA0) /* C1 in UTF-8 */
			line[i] = line[i + 1] = '?';
	}
	line[len++] = '\n';
	if (write(STDERR_FILENO, line, len) < 0)
		return; /* there is nobody left to tell */
}

void
mg_fault_print(const struct mg_fault *f)
{
	char line[DIAGNOSTIC_MAX], place[sizeof(f->place) + 32] = "";

	if (f->place[0])
		snprintf(place, sizeof(place), "%s: ", f->place);
	if (f->line)
		snprintf(place + strlen(place), 32, "line %zu: ", f->line);
	say(line,
		snprintf(line, sizeof(line), "%s: %s%s%s%s%s", mg_prog, place,
			f->message, f->remedy[0] ? " (" : "", f->remedy,
			f->remedy[0] ? ")" : ""));
}

void
mg_warn(const char *fmt, ...)
{
	char line[DIAGNOSTIC_MAX], text[DIAGNOSTIC_MAX - 64];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	say(line,
		snprintf(line, sizeof(line), "%s: warning: %s", mg_prog, text));
}

void
mg_bug(const char *file, int line, const char *what)
{
	char text[512];

	say(text,
		snprintf(text, sizeof(text),
			"%s: bug at %s:%d: %s (please report it)", mg_prog,
			file, line, what));
	_exit(EX_SOFTWARE);
}
