# shellcheck disable=SC2154 # bats sets stderr
# What a hostile reader of mg-run tried, and what broke it once: runs that did
# nothing and said so to nobody, ends that never came, children of others,
# marks that did not hold, logs that somebody edited.

load helper

setup() {
	cd "$BATS_TEST_TMPDIR" || return
	export TMPDIR=$BATS_TEST_TMPDIR XDG_STATE_HOME=$BATS_TEST_TMPDIR/state
	log=$XDG_STATE_HOME/mg/runs/r/log.ndjson
	printf '#!/bin/sh\ncat >/dev/null\necho yes\n' >agent
	chmod +x agent
}

# ring ARGUMENT...: as run r, with one agent.
ring() {
	timeout 40 mg-run -S r -m exec:./agent "$@"
}

# gate OPTION... -- PYTHON: run r, with a gate that does this with each line l.
gate() {
	local options=()
	while [ "$1" != -- ]; do
		options+=("$1")
		shift
	done
	printf 'import sys, time\nfor l in sys.stdin:\n\t%s\n\tsys.stdout.flush()\n' "$2" >gate.py
	timeout 40 mg-run -S r -o ndjson "${options[@]}" -- mg-vote lead -m exec:./agent \
		-- mg-run stage --inline g -- python3 gate.py -- mg-ask -m exec:./agent
}

@test "a run that was asked nothing is no success, whatever it goes on with" {
	ring -t 'Which?' </dev/null
	run -66 --separate-stderr ring -o ndjson </dev/null
	[ "$(count result)" = 0 ]
	[[ $stderr == *'nothing was asked'* ]]
	# It has its result, and was only to be gone on with.
	run -0 timeout 40 mg-run --resume r -t
	[[ $output == *yes ]]
	# Killed before the question was in the log.
	sed -i 1q "$log"
	run -66 timeout 40 mg-run --resume r -t
	: >"$log"
	run -66 timeout 40 mg-run --resume r -t
	run -66 timeout 40 mg-run -m exec:./agent -t <<<'{"type":"cancel"}'
}

@test "children of the shell that became mg-run are not its to end" {
	bash -c 'exec mg-run -t -m exec:./agent Which? > >(sleep 0.5; cat >out; echo more >>out)' </dev/null
	for _ in $(seq 200); do
		grep -q more out 2>/dev/null && break
		sleep 0.05
	done
	[ "$(cat out)" = $'yes\nmore' ]
}

@test "what a stage leaves behind is ended, in a session of its own too" {
	printf '#!/bin/sh\nsetsid sh -c "echo \\$\\$ >pid; exec sleep 300" >&- 2>&- <&- &\ncat >/dev/null\nwhile [ ! -s pid ]; do sleep 0.02; done\necho yes\n' >agent
	run -0 ring -t 'Which?' </dev/null
	[ "$output" = yes ]
	run ! kill -0 "$(cat pid)"
}

@test "a gate that talks whenever it is told to end is told so, and the run ends" {
	run -65 --separate-stderr gate 'Which?' -- \
		'sys.stdout.write("{\"type\":\"x\"}\n" * ("drain" in l) + l)' </dev/null
	[ "$(count result)" = 1 ]
	[ "$(count end)" = 1 ]
	[[ $stderr == *'goes on talking'* ]]
}

@test "a gate that swallows a task is not waited for when later lines are back" {
	run -70 --separate-stderr gate -- 'sys.stdout.write(l * ("task" not in l))' \
		< <(printf '{"type":"%s","content":"x"}\n' task note)
	[[ $stderr == *'did not come round'* ]]
	[ "$(tail -n 1 "$log" | jq -r .status)" = failed ]
}

@test "a gate that doubles every line makes no second end, and no hang" {
	run -0 --separate-stderr gate 'Which?' -- \
		'sys.stdout.write(l * (1 + ("mg-run" in l)))' </dev/null
	[ "$(count result)" = 1 ]
	[ "$(count end)" = 1 ]
	[ "$(count task)" = 1 ]
}

@test "a mark holds, whatever stands behind it: nothing goes round twice" {
	run -0 gate 'Which?' -- \
		'sys.stdout.write(l + "{\"type\":\"x\",\"lap\":0,\"past\":0}\n" * ("resume" not in l and "\"task\"" in l))' </dev/null
	[ "$(count x)" = 1 ]
	[ "$(count end)" = 1 ]
}

@test "whoever stood still with the ring does not call it stalled" {
	gate --stall-timeout 2s 'Which?' -- 'time.sleep(0.4); sys.stdout.write(l)' </dev/null >out 2>err &
	local job=$! run all
	for _ in $(seq 200); do
		run=$(pgrep -P "$(pgrep -P $job -x timeout || echo 0)" -x mg-run) && grep -q task "$log" && break
		sleep 0.02
	done
	all=$(pgrep -P "$run")
	# shellcheck disable=SC2086 # several
	kill -STOP "$run" $all
	sleep 4
	kill -CONT "$run"
	sleep 0.1
	# shellcheck disable=SC2086 # several
	kill -CONT $all
	wait $job
	[ "$(tail -n 1 out | jq -r .status)" = "done" ]
}

@test "a log that somebody edited: lines beyond every limit, garbage, no end" {
	ring 'Which?' </dev/null >/dev/null
	python3 - "$log" <<-'END'
		import sys
		l = open(sys.argv[1]).read().splitlines()[:-2]
		l.insert(3, '{"type":"x","content":"' + 'x' * 20000000 + '"}')
		l.insert(2, '{"type":"x","content":"' + 'x' * 17000000 + '"}')
		l.insert(5, '{"type":broken}')
		l.insert(1, 'garbage')
		open(sys.argv[1], "w").write("\n".join(l) + "\n")
	END
	run -0 --separate-stderr timeout 40 mg-run --resume r -o ndjson
	[ "$(count result)" = 1 ]
	[ "$(field .type | tail -n 1)" = end ]
	[ "$(count init)" = 1 ]
}

@test "standard input that cannot be read is no empty one" {
	run -74 --separate-stderr ring -t 'Which?' </
	[ "$output" = yes ]
	[[ $stderr == *'unable to read standard input'* ]]
}

@test "nobody reads standard output: one signal is enough, then and before" {
	mkfifo out
	exec 9<>out
	printf '#!/bin/sh\ncat >/dev/null\nhead -c 200000 /dev/zero | tr "\\0" x\n' >agent
	mg-run -S r -m exec:./agent Which? </dev/null >&9 9>&- 2>err &
	local job=$!
	for _ in $(seq 400); do
		grep -q '"type":"end"' "$log" 2>/dev/null && break
		sleep 0.02
	done
	sleep 0.2
	kill -TERM $job
	local status=0
	wait $job || status=$?
	[ $status = 143 ]
	exec 9>&-
}

@test "no key reaches a program that is not ours" {
	export OPENAI_API_KEY=sk-secret OTHER_API_KEY=sk-secret
	for inline in '' --inline; do
		run -0 timeout 20 mg-run -t 'Which?' -- mg-vote lead -m 'exec:echo yes' \
			-- mg-run stage $inline see -- sh -c "env >env$inline; $([ "$inline" ] && echo cat || echo "cat >/dev/null")" \
			-- mg-ask -m 'exec:echo yes' </dev/null
		grep -q MG_RUN= "env$inline"
		! grep sk-secret "env$inline" || return 1
	done
}

@test "a line that leaves no room for its time is answered once" {
	cat >wide.py <<-'X'
		import sys
		said = False
		for line in sys.stdin.buffer:
		    sys.stdout.buffer.write(line)
		    if not said and b'"type":"rules"' in line:
		        said = True
		        sys.stdout.buffer.write(b'{"type":"wide","x":"' + b"x" * ((16 << 20) - 40) + b'"}\n')
		    sys.stdout.buffer.flush()
	X
	timeout 40 mg-run -S r 'Which?' -- mg-vote lead -m 'exec:echo yes' \
		-- sh -c 'exec grep too_large >heard' \
		-- mg-run stage --inline wide -- python3 wide.py \
		-- mg-ask -m 'exec:echo yes' </dev/null >out 2>err || [ $? = 76 ]
	[ "$(grep -c '"code":"too_large"' out)" = 1 ]
	[ "$(grep -c too_large heard)" = 1 ]
	[ "$(tail -n 1 out | jq -r .type)" = end ]
}
