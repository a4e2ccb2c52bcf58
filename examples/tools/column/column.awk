# column.awk - sums column ENVIRON["ARG_column"] of ENVIRON["ARG_table"].
#
# Arguments are read from the environment, and not given by -v, which would
# read backslashes in them as escapes.

function fail(why)
{
	print why >"/dev/stderr"
	exit 1
}

BEGIN {
	lines = split(ENVIRON["ARG_table"], line, "\n")
	for (i = 1; i <= lines; i++) {
		if (line[i] ~ /^[ \t\r]*$/)
			continue
		split(line[i], value, ",")
		x = value[ENVIRON["ARG_column"] + 0]
		gsub(/^[ \t]+|[ \t\r]+$/, "", x)
		if (x !~ /^[-+]?([0-9]+\.?[0-9]*|\.[0-9]+)$/)
			fail("line " i " has no number in column " \
				ENVIRON["ARG_column"])
		sum += x
		rows++
	}
	if (!rows)
		fail("the table is empty")
	printf "{\"rows\": %d, \"sum\": %.15g, \"mean\": %.15g}\n",
		rows, sum, sum / rows
}
