# Listens to a ring, and says at the end how many votes each label got, and
# how many did not count.
#
#   mg-run QUESTION -- mg-vote lead -c TEAM -- awk -f examples/tally.awk \
#       -- mg-ask -c TEAM
#
# A line that does not concern it costs it one comparison; what it prints are
# new events, which mg-run signs with its name.
/"type":"vote"/ {
	match($0, /"for":"[^"]*"/)
	label = substr($0, RSTART + 7, RLENGTH - 8)
	if (/"counted":true/)
		votes[label]++
	else
		lost++
}
END {
	for (label in votes)
		printf "{\"type\":\"tally\",\"label\":\"%s\",\"votes\":%d}\n",
			label, votes[label]
	printf "{\"type\":\"tally\",\"not_counted\":%d}\n", lost
}
