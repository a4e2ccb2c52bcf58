# Each question in a file gets its answer in another, and again when the
# question has changed:
#
#	make -f examples/answers.mk prime.answer	(of prime.question)
#
# A team that chose no answer fails (status 1), and leaves no file behind.
TEAM = examples/teams/primes.yaml

%.answer: %.question
	mg-run -t -c $(TEAM) <$< >$@

.DELETE_ON_ERROR:
