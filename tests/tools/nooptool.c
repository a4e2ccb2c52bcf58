/*
 * nooptool - a tool that does nothing, for benchmarks: reads its arguments to
 * their end, and says "ok".
 */
#include <unistd.h>

int
main(void)
{
	char buf[4096];

	while (read(0, buf, sizeof buf) > 0)
		;
	return write(1, "ok\n", 3) != 3;
}
