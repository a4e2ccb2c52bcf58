# An argument called text is ENVIRON["ARG_text"]; all of them are one line of
# JSON on standard input too. What is printed is the result; a status other
# than 0 is an error, and standard error says to the model what was wrong.

function fail(why)
{
	print why > "/dev/stderr"
	exit 64
}

BEGIN {
	if (!("ARG_text" in ENVIRON))
		fail("the argument text is missing")
	most = ("ARG_most" in ENVIRON) ? ENVIRON["ARG_most"] : 3
	if (most !~ /^[0-9]+$/ || most < 1)
		fail("the argument most must be a number from 1")

	n = split(tolower(ENVIRON["ARG_text"]), words)
	kinds = 0
	for (i = 1; i <= n; i++)
		if (count[words[i]]++ == 0)
			kind[++kinds] = words[i]

	# The most frequent first; of equals the one that came first.
	for (said = 0; said < most && said < kinds; said++) {
		best = 0
		for (i = 1; i <= kinds; i++)
			if (count[kind[i]] > (best ? count[kind[best]] : 0))
				best = i
		print count[kind[best]], kind[best]
		count[kind[best]] = 0
	}
	exit 0
}
