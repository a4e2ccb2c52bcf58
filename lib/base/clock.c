#include "base/clock.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

int64_t
mg_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

char *
mg_utc(char buf[MG_UTC_SIZE])
{
	struct timespec t;
	struct tm tm;
	char day[20];

	clock_gettime(CLOCK_REALTIME, &t);
	gmtime_r(&t.tv_sec, &tm);
	strftime(day, sizeof(day), "%Y-%m-%dT%H:%M:%S", &tm);
	snprintf(buf, MG_UTC_SIZE, "%.19s.%03uZ", day,
		(unsigned)(t.tv_nsec / 1000000) % 1000u);
	return buf;
}

int64_t
mg_utc_read(const char *s, size_t n)
{
	char text[MG_UTC_SIZE] = "";
	struct tm tm = {0};
	unsigned ms;

	if (n != MG_UTC_SIZE - 1)
		return -1;
	memcpy(text, s, n);
	if (sscanf(text, "%4d-%2d-%2dT%2d:%2d:%2d.%3uZ", &tm.tm_year,
		    &tm.tm_mon, &tm.tm_mday, &tm.tm_hour, &tm.tm_min,
		    &tm.tm_sec, &ms) != 7)
		return -1;
	tm.tm_year -= 1900;
	tm.tm_mon--;
	return (int64_t)timegm(&tm) * 1000 + ms;
}
