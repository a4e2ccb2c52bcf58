#include "base/clock.h"

#include <stdio.h>
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
