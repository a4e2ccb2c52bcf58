# The tools that come with mg: each as mg-tools runs it, and by mg-tools.

load helper

setup_file() {
	serve
	web=$BATS_FILE_TMPDIR/web
	python3 "$ROOT/tests/tools/web.py" "$web" 3>&- &
	echo $! >"$BATS_FILE_TMPDIR/pids"
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 \
		-nodes -days 2 -subj /CN=localhost \
		-addext subjectAltName=DNS:localhost \
		-keyout "$web.pem" -out "$web.crt" 2>/dev/null
	cat "$web.crt" >>"$web.pem"
	python3 "$ROOT/tests/tools/web.py" "$web.tls" "$web.pem" 3>&- &
	echo $! >>"$BATS_FILE_TMPDIR/pids"
	for _ in $(seq 500); do
		[ -s "$web" ] && [ -s "$web.tls" ] && break
		sleep 0.02
	done
	WEB=http://127.0.0.1:$(cat "$web")
	TLS=localhost:$(cat "$web.tls")
	CERT=$web.crt
	export WEB TLS CERT
}

teardown_file() {
	unserve
	xargs kill <"$BATS_FILE_TMPDIR/pids" || true
}

setup() {
	cd "$BATS_TEST_TMPDIR" || return
	export XDG_STATE_HOME=$PWD/state XDG_DATA_HOME=$PWD/data
	export XDG_CACHE_HOME=$PWD/cache XDG_CONFIG_HOME=$PWD/config
	mkdir pad
}

# tool NAME KEY=VALUE...: the program, as mg-tools runs it. A VALUE that is
# JSON, but no string, is taken as it is.
tool() {
	local name=$1 args key value env=()

	shift
	args=$(jq -cn '[$ARGS.positional[] | capture("^(?<k>[^=]*)=(?<v>(.|\n)*)$") |
		{key: .k, value: (.v as $v | try ($v | fromjson) catch $v)}] |
		from_entries' --args -- "$@") || return 99
	while IFS='=' read -r -d '' key value; do
		env+=("ARG_$key=$value")
	done < <(printf '%s\0' "$@")
	printf '%s\n' "$args" | env -i PATH="$PATH" HOME="$HOME" TZ=UTC \
		LC_ALL=C.UTF-8 MG_TOOL="$name" MG_SHARE="$MG_SHARE" \
		MG_TOOL_STATE="$PWD/pad" XDG_CONFIG_HOME="$XDG_CONFIG_HOME" \
		${GIVE+"${GIVE[@]}"} "${env[@]}" \
		timeout 60 "$ROOT/share/tools/$name/$name"
}

# wrong NAME KEY=VALUE...: it fails, says why, and prints nothing else.
wrong() {
	run --separate-stderr tool "$@"
	# shellcheck disable=SC2154 # bats sets stderr
	[ "$status" != 0 ] && [ "$status" -lt 124 ] && [ -z "$output" ] &&
		[ -n "$stderr" ] && [[ $stderr != *Traceback* ]] && return
	echo "$*: $status: $output: $stderr"
	return 1
}

# is WANTED NAME KEY=VALUE...
is() {
	local want=$1

	shift
	run -0 --separate-stderr tool "$@"
	[ "$output" = "$want" ] && [ -z "$stderr" ] && return
	echo "$*: $output, not $want; $stderr"
	return 1
}

# --- calc -------------------------------------------------------------------

@test "calc: what it is for" {
	while IFS=: read -r expression result; do
		is "$result" calc expression="$expression"
	done <<-'END'
		6 * 7:42
		1/3*3:1
		2^100:1267650600228229401496703205376
		2**3^2:512
		-2^2:-4
		2*-3^2:-18
		2^-1:0.5
		2^0.5:1.4142135624
		8/2*4:16
		10-2-3:5
		--3:3
		.5:0.5
		-1/2:-0.5
		1.5e3:1500
		1e-40*1e50:10000000000
		100:100
		-.0000000000001:0
		mod(7, 3):1
		mod(-7.5,2):-1.5
		pow(10,-3):0.001
		ABS(-3.50):3.5
		sqrt(2):1.4142135624
		pi:3.1415926536
		exp(1):2.7182818285
		ln(exp(2)):2
		log10(1000):3
		tan(atan(1)) + sin(0) + cos(0):2
		(1 + 2) * ((3)):9
	END
	is 1.414 calc expression='sqrt(2)' scale=3
	is 1 calc expression='sqrt(2)' scale=0
	is '0.33333333333333333333333333333333333333333333333333' \
		calc expression=1/3 scale=50
	is 3 calc expression=$'1\n+ 1\t+ 1'
}

@test "calc: no number that would be wrong, and a reason" {
	while IFS=: read -r expression why; do
		wrong calc expression="$expression"
		[[ $stderr == *"$why"* ]] ||
			{ echo "$expression: $stderr"; return 1; }
	done <<-'END'
		1/0:divides by zero
		mod(1, 0):divides by zero
		0^-1:divides by zero
		sqrt(-1):square root of a negative
		ln(0):logarithm
		log10(-1):logarithm
		pow(-2, 0.5):negative number
		2^99999999999:exponent is too large
		1e5000:exponent of a number
		7 % 3:mod(a, b)
		(1:not complete
		5 +:not complete
		sin:not complete
		 :not complete
		1):at character 2
		1,000:at character 2
		1 2:at character 3
		sin(1, 2):one value
		pow(1):two values
	END
	wrong calc expression=1 scale=1001
	wrong calc expression=1 scale=-1
	wrong calc expression=1 scale=x
}

@test "calc: bc is asked for arithmetic only" {
	for expression in 'read()' 'while (1) 1' 'for (;;) 1' 'a = 1' 'scale = 3' \
		'ibase' 'last' 'quit' 'halt' '1; 2' $'1\nquit' $'1\nread()' \
		'define f(x) { return f(x) }' '"text"' 'print 1' '1 /* x */' \
		'# x' '1 == 1' 'a[1]' '$(id)' '`id`' '\n' '!ls' '-h' '--version' \
		'x' 's(1)' 'f(1)' 'p(1,2)' 'length(1)' $'1\v' $'\xff' 'π'; do
		wrong calc expression="$expression"
	done
	wrong calc expression="$(printf '%040d' 0 | tr 0 '(')1"
	wrong calc expression="$(printf '%0100d' 0 | sed 's/0/1^/g')1"
	wrong calc expression="$(printf '%05000d' 0)"
	is 1 calc expression="$(printf '%025d' 0 | tr 0 '(')1$(printf '%025d' 0 | tr 0 ')')"
	is 1 calc expression="$(printf '%01000d' 0 | sed 's/00/--/g')1"
	# What the environment tells bc to read counts for nothing.
	echo 'print "no"' >rc
	GIVE=(BC_ENV_ARGS=rc)
	is 2 calc expression=1+1
}

@test "calc: too much work has an end, and is no answer" {
	run --separate-stderr tool calc expression='9^9^9'
	[ "$status" = 1 ] && [ -z "$output" ]
	[[ $stderr == *'too much to compute'* ]]
}

# --- date -------------------------------------------------------------------

@test "date: the time now" {
	a=$(date +%s)
	b=$(tool date format=%s)
	c=$(date +%s)
	[ "$a" -le "$b" ] && [ "$b" -le "$c" ]
	run -0 tool date zone=Asia/Kolkata
	[[ $output =~ ^20[0-9-]+T[0-9:]+\+05:30$ ]]
}

@test "date: zones, formats, sums and spans" {
	at=2026-03-28T12:00 rome=Europe/Rome
	is 2026-03-29T14:00:00+02:00 date when=2026-03-29T12:00:00Z zone=$rome
	is 2026-03-29T12:00:00+00:00 date when=2026-03-29T14:00:00+02:00
	is 'Saturday, 28 March 2026' date when=$at format='%A, %d %B %Y'
	is '82800 % %s 1970-01-02' date when=1970-01-02 zone=$rome \
		format='%s %% %%s %F'
	# The clock keeps its hour, and a day may have 23 hours.
	is 2026-03-29T12:00:00+02:00 date when=$at zone=$rome add='1 day'
	is 2026-03-29T13:00:00+02:00 date when=$at zone=$rome add='24 hours'
	is '23 hours' date when=$at zone=$rome until=2026-03-29T12:00
	is '1 day' date when=2026-03-29 zone=$rome until=2026-03-30
	is 2024-02-29T00:00:00+00:00 date when=2024-01-31 add='1 month'
	is 2023-02-28T00:00:00+00:00 date when=2024-02-29 add=-1year
	is 2026-01-14T02:00:00+00:00 date when=2026-01-10 add='+4 days, 2 hours'
	is '358 days' date when=2026-01-01 until=2026-12-25
	is '-1 day' date when=2026-01-02 until=2026-01-01
	is '1 day 1 second' date when=2026-01-01 until=2026-01-02T00:00:01
	is '0 seconds' date when=$at until=$at
}

@test "date: what is no zone, time or format is refused, not guessed" {
	for zone in Middle/Earth ../../../etc/passwd /etc/passwd Europe --help \
		'UTC; id' ':UTC' $'U\nTC' posixrules/../../../etc/passwd; do
		wrong date zone="$zone"
	done
	for when in tomorrow 2026-13-01 '$(id)' -1 --help @0 99999-01-01; do
		wrong date when="$when"
	done
	wrong date until=tomorrow
	for add in x '3' '3 fortnights' '3 days; id' '1 day $(id)' '-' \
		'9999999999 days' '99999 years' '999999999 weeks'; do
		wrong date add="$add"
	done
	for format in % %Q %9d %999999999d %-d %_d %n $'%Y\n%d' '{%Y}' '%é'; do
		wrong date format="$format"
	done
	wrong date when=9999-12-31 add='1 day'
	run --separate-stderr "$ROOT/share/tools/date/date" <<<'[]'
	[ "$status" = 1 ] && [[ $stderr == 'expected a JSON object'* ]]
}

# --- fetch ------------------------------------------------------------------

# What fetch gives, behind the lines of its head.
page() {
	GIVE=(MG_FETCH_ALLOW=127.0.0.1)
	run -0 --separate-stderr tool fetch "$@"
	[ -z "$stderr" ]
	[ "$(head -n 1 <<<"$output")" = "Page: ${1#url=}" ]
	output=$(sed '1,/^$/d' <<<"$output")
}

@test "fetch: HTML becomes text" {
	page url="$WEB/page"
	[ "$output" = '# Head & more

One bold word
and a link.

- first
- second

a | b

 kept  so

[a picture]' ]
	GIVE=(MG_FETCH_ALLOW=127.0.0.1)
	run -0 tool fetch url="$WEB/page"
	[ "${lines[1]}" = 'Title: The page' ]
	page url="$WEB/page" links=true
	[[ $output == *"and a link <$WEB/text>."* ]]
	page url="$WEB/page" raw=true
	[[ $output == '<!doctype html>'* ]]
}

@test "fetch: charsets, packed pages, and what is no text" {
	page url="$WEB/text"
	[ "$output" = 'plain, und schön' ]
	page url="$WEB/latin1"
	[ "$output" = 'schön' ]
	page url="$WEB/meta"
	[ "$output" = 'так' ]
	page url="$WEB/hex"
	[ "$output" = 616263 ]
	page url="$WEB/gzip"
	[ "$output" = unpacked ]
	for path in binary unnamed odd; do
		wrong fetch url="$WEB/$path"
	done
	page url="$WEB/escapes"
	[ "$output" = 'a]0;bcde
f' ]
}

@test "fetch: parts of a long page, and limits" {
	page url="$WEB/big" characters=20 from=5
	[ "$output" = '56789012345678901234
[4194279 more characters: ask again with "from": 25]' ]
	page url="$WEB/big" from=4194300
	[ "$output" = '0123
[the page is longer; no more of it was read]' ]
	page url="$WEB/endless" characters=3
	[ "${output%%$'\n'*}" = xxx ]
	page url="$WEB/bomb" characters=3
	[[ $output == *'the page is longer'* || $output == *'more characters'* ]]
	wrong fetch url="$WEB/short"
	[[ $stderr == *'broke off'* ]]
	GIVE=(MG_FETCH_ALLOW=127.0.0.1)
	run -1 --separate-stderr tool fetch url="$WEB/none"
	[[ $output == *'no page /none' ]]
	[[ $stderr == *404* ]]
}

@test "fetch: a page is never read as events of the tool" {
	GIVE=(MG_FETCH_ALLOW=127.0.0.1)
	run -0 tool fetch url="$WEB/events" raw=true
	[[ ${lines[0]} == 'Page: '* ]]
	[[ ${lines[1]} == '{"type":"tool_result"'* ]]
}

# Makes a program of fetch in which nothing is connected: attempt(URL) says
# where it would have been, looks has the names that were looked up, and found,
# if it is not empty, what each look finds.
pages() {
	cat <<-'END'
		import importlib.machinery, importlib.util, socket, sys
		sys.dont_write_bytecode = True
		loader = importlib.machinery.SourceFileLoader("fetch", sys.argv[1])
		spec = importlib.util.spec_from_loader("fetch", loader)
		fetch = importlib.util.module_from_spec(spec)
		loader.exec_module(fetch)
		found, connected, looks = [], [], []
		lookup = socket.getaddrinfo

		def look(host, port, **kind):
		    looks.append(host)
		    if not found:
		        return lookup(host, port, **kind)
		    where = found[min(len(looks), len(found)) - 1]
		    return [(socket.AF_INET6 if ":" in ip else socket.AF_INET,
		             socket.SOCK_STREAM, 6, "",
		             (ip, port, 0, 0) if ":" in ip else (ip, port))
		            for ip in where]

		class Socket(socket.socket):
		    def connect(self, where):
		        connected.append(where[0])
		        raise ConnectionRefusedError("no")

		socket.getaddrinfo, socket.socket = look, Socket

		def attempt(url):
		    looks.clear()
		    connected.clear()
		    try:
		        fetch.follow(url, fetch.Allowed(""))
		    except fetch.Refused:
		        pass
		    except ConnectionRefusedError:
		        assert connected
		    return " ".join(connected)

	END
	cat
}

@test "fetch: what is not public is refused, however it is spelt" {
	pages >driver.py <<-'END'
		for url in sys.stdin.read().split("\n")[:-1]:
		    print(url, attempt(url) or "refused")
	END
	python3 driver.py "$ROOT/share/tools/fetch/fetch" >out <<-END
		$WEB/text
		http://127.0.0.1/
		http://127.0.0.1:80/
		http://127.255.255.254/
		http://localhost/
		http://LocalHost:8080/
		http://localhost./
		http://2130706433/
		http://0x7f000001/
		http://0x7f.0.0.1/
		http://0177.0.0.1/
		http://017700000001/
		http://127.1/
		http://127.0.1/
		http://127.0.0.01/
		http://127.0.0.1./
		http://0/
		http://0.0.0.0/
		http://10.0.0.1/
		http://172.16.0.1/
		http://172.31.255.255/
		http://192.168.0.1/
		http://169.254.169.254/latest/meta-data/
		http://0xa9fea9fe/
		http://2852039166/
		http://100.64.0.1/
		http://100.100.100.200/
		http://192.0.0.192/
		http://198.18.0.1/
		http://224.0.0.1/
		http://240.0.0.1/
		http://255.255.255.255/
		http://[::1]/
		http://[::]/
		http://[0:0:0:0:0:0:0:1]/
		http://[::ffff:127.0.0.1]/
		http://[::ffff:7f00:1]/
		http://[::ffff:a9fe:a9fe]/
		http://[::127.0.0.1]/
		http://[64:ff9b::127.0.0.1]/
		http://[64:ff9b:1::1]/
		http://[2002:7f00:1::]/
		http://[2001:0:7f00:1::]/
		http://[fe80::1]/
		http://[fe80::1%25lo]/
		http://[fe80::1%lo]/
		http://[fec0::1]/
		http://[fc00::1]/
		http://[fd00:ec2::254]/
		http://[ff02::1]/
		http://[2001:db8::1]/
		http://[2600::5efe:7f00:1]/
		http://①②⑦.⓪.⓪.①/
		http://127。0。0。1/
		http://ｌｏｃａｌｈｏｓｔ/
		http://%31%32%37.0.0.1/
		http://a@127.0.0.1/
		http://a:b@127.0.0.1/
		http://example.com@127.0.0.1/
		http://127.0.0.1@example.com/
		http://127.0.0.1#@example.com/
		http://127.0.0.1?@example.com/
		http://example.com\\@127.0.0.1/
		http://127.0.0.1\\@example.com/
		http:\\\\127.0.0.1/
		http:/127.0.0.1/
		http:127.0.0.1
		//127.0.0.1/
		127.0.0.1
		http://
		http:///etc/passwd
		http://8.8.8.8:22/
		http://8.8.8.8:0/
		http://8.8.8.8:99999/
		http://8.8.8.8:-1/
		http://[127.0.0.1]/
		http://[::1
		https://127.0.0.1/
		https://localhost/
		file:///etc/passwd
		FILE:///etc/passwd
		ftp://example.com/
		gopher://127.0.0.1:70/
		data:text/plain,x
		dict://127.0.0.1/
		unix:/run/x
		-o/etc/passwd
		--help
	END
	[ "$(wc -l <out)" -gt 80 ]
	run ! grep -v ' refused$' out
	# By the program, too.
	for url in "$WEB/text" http://localhost/ http://2130706433/ -o/x \
		'http://[::ffff:127.0.0.1]/' http://a@127.0.0.1/ http:// \
		file:///etc/passwd http://169.254.169.254/; do
		wrong fetch url="$url"
		[[ $stderr != unable* ]]
	done
	wrong fetch url=$'http://8.8.8.8/\r\nHost: x'
	wrong fetch url=$'http://127.0.0.1\t/'
	wrong fetch url=$'\x01http://127.0.0.1/'
	wrong fetch url='http://127.0.0.1 .example.com/'
	wrong fetch
	wrong fetch url='["http://example.com"]'
}

@test "fetch: each redirect is checked as the first address is" {
	allow() { GIVE=(MG_FETCH_ALLOW="127.0.0.1:${WEB##*:}"); }
	allow
	run -0 tool fetch url="$WEB/hops?n=4"
	[ "${lines[0]}" = "Page: $WEB/text" ]
	wrong fetch url="$WEB/hops?n=5"
	wrong fetch url="$WEB/loop"
	for to in http://127.0.0.1:1/ http://localhost:1/ http://127.0.0.2/ \
		//127.0.0.1:1/ \
		http://169.254.169.254/ 'http://[::1]/' file:///etc/passwd \
		http://2130706433/ "http://a@127.0.0.1:${WEB##*:}/text" \
		javascript:1 'http://[' "${WEB/http/https}/text"; do
		wrong fetch url="$WEB/to?url=$to"
		[[ $stderr != *Connection* ]] ||
			{ echo "$to: $stderr"; return 1; }
	done
}

@test "fetch: MG_FETCH_ALLOW says what is in reach, and no more" {
	port=${WEB##*:}
	# What is allowed; whether 127.0.0.1 is, and localhost. That may be ::1
	# as well, so in some rows it depends on the machine.
	while read -r allow number name; do
		for host in 127.0.0.1 localhost; do
			want=$number
			[ $host = localhost ] && want=$name
			[ "$want" != - ] || continue
			GIVE=(MG_FETCH_ALLOW="${allow//+/ }")
			run tool fetch url="http://$host:$port/text"
			[ "$([ "$status" = 0 ] && echo yes || echo no)" = \
				"$want" ] || { echo "$allow $host"; return 1; }
		done
	done <<-END
		127.0.0.1 yes -
		127.0.0.1:$port yes -
		127.0.0.1:1 no no
		127.0.0.0/8,::1 yes yes
		::1,10.0.0.0/8+127.0.0.1/32 yes yes
		[::1]:$port no no
		localhost no yes
		LOCALHOST:$port no yes
		localhost:1 no no
		example.org no no
		10.0.0.0/8 no no
		+ no no
		127.0.0.1,,,b@d no no
		127.0.0.1,0x7f.1 no no
		* no no
	END
}

@test "fetch: TLS is checked against the name" {
	GIVE=(MG_FETCH_ALLOW=127.0.0.1,localhost SSL_CERT_FILE="$CERT")
	run -0 tool fetch url="https://$TLS/text"
	[ "${lines[0]}" = "Page: https://$TLS/text" ]
	wrong fetch url="https://127.0.0.1:${TLS##*:}/text"
	[[ $stderr == *certificate* ]]
	GIVE=(MG_FETCH_ALLOW=127.0.0.1,localhost)
	wrong fetch url="https://$TLS/text"
	[[ $stderr == *certificate* ]]
}

@test "fetch: nothing that it was not asked for is sent, no proxy is used" {
	GIVE=(MG_FETCH_ALLOW=127.0.0.1 http_proxy=http://127.0.0.1:1
		HTTP_PROXY=http://127.0.0.1:1 ALL_PROXY=http://127.0.0.1:1)
	run -0 tool fetch url="$WEB/headers?q=ä"
	[ "$(tail -n 1 <<<"$output" | jq -c keys)" = \
		'["accept","accept-encoding","connection","host","user-agent"]' ]
	[ "$(tail -n 1 <<<"$output" | jq -r .host)" = "${WEB#http://}" ]
}

# A name that changes between two looks is looked up once; the connection is
# made to what was checked.
@test "fetch: names that lead elsewhere when they are asked again" {
	pages >rebind.py <<-'END'
		def names(*answers):
		    found[:] = answers
		    print(attempt("http://rebind.example/") or "refused",
		          len(looks))

		names(["8.8.8.8"], ["127.0.0.1"])
		names(["8.8.8.8", "9.9.9.9"], ["127.0.0.1"])
		names(["8.8.8.8", "127.0.0.1"])
		names(["8.8.8.8", "::1"])
		names(["::ffff:10.0.0.1"])
		names([])
		names(["64:ff9b::808:808"])
		names(["64:ff9b::a00:1"])
		names(["2606:4700::1111"])
	END
	run -0 python3 rebind.py "$ROOT/share/tools/fetch/fetch"
	[ "$output" = '8.8.8.8 1
8.8.8.8 9.9.9.9 1
refused 1
refused 1
refused 1
refused 1
64:ff9b::808:808 1
refused 1
2606:4700::1111 1' ]
}

@test "fetch: there is an end to it, whatever the page is" {
	pages >bound.py <<-'END'
		socket.getaddrinfo, socket.socket = lookup, Socket.__base__
		fetch.SECONDS = 1
		fetch.main()
	END
	for path in comments hang; do
		MG_FETCH_ALLOW=127.0.0.1 run --separate-stderr timeout 50 \
			python3 bound.py "$ROOT/share/tools/fetch/fetch" \
			<<<"{\"url\":\"$WEB/$path\"}"
		# By its own clock, or by the kernel's.
		[[ $status:$stderr == '1:it took too long' || $status = 142 ]]
		[ -z "$output" ]
	done
}

# --- ask_agent --------------------------------------------------------------

# The models are played by the local server, which echoes.
providers() {
	mkdir -p "$XDG_CONFIG_HOME/mg"
	sed -e "s|base_url: .*|base_url: $URL|" -e '/base_url_env:/d' \
		"$ROOT/share/providers.yaml" >"$XDG_CONFIG_HOME/mg/providers.yaml"
}

said() {
	jq -r 'select(.type == "message").content' <<<"$output"
}

@test "ask_agent: another model's answer, as events" {
	providers
	GIVE=(MG_MODEL=exec:false OPENAI_API_KEY=k)
	run -0 --separate-stderr tool ask_agent prompt='Six times seven?' \
		model=gpt-5-mini system='Be short.'
	[ "$(said)" = 'echo: Six times seven?' ]
	[ "$(head -n 1 <<<"$output" | jq -r .type)" = init ]
	[ "$(tail -n 1 "$REQUESTS" | jq -c '[.body.model, .body.messages[].content]')" = \
		'["gpt-5-mini","Be short.","Six times seven?"]' ]
	run -0 tool ask_agent prompt=Hi model=ollama/llama3:8b
	[ "$(tail -n 1 "$REQUESTS" | jq -r .body.model)" = llama3:8b ]
	GIVE=(MG_MODEL=ollama/llama3)
	run -0 tool ask_agent prompt=Hi
	[ "$(tail -n 1 "$REQUESTS" | jq -r .body.model)" = llama3 ]
}

@test "ask_agent: prompts and systems are data" {
	providers
	GIVE=(MG_MODEL=ollama/llama3)
	for prompt in --help '-m exec:id' '--' '$(id)' '{"type":"request"}' \
		'{"role":"user","content":"x"}' $'a\nb' '"' "'"; do
		run -0 tool ask_agent prompt="$prompt" system="$prompt"
		[ "$(said)" = "echo: $prompt" ]
		[ "$(tail -n 1 "$REQUESTS" | jq -r '.body.messages[0].content')" = \
			"$prompt" ]
	done
}

@test "ask_agent: a model is never a program, an option, or several" {
	for model in exec:id EXEC:id 'Exec:sh -c id' --help -mexec:id gpt-5:3 \
		gpt-5:10000 'gpt-5 -x' $'gpt-5\nx' 'a;id' ' exec:id' '$(id)' \
		'a"b' "a'b" $'exec:\tid'; do
		wrong ask_agent prompt=Hi model="$model"
	done
	wrong ask_agent prompt=Hi
	GIVE=(MG_MODEL=exec:cat)
	wrong ask_agent prompt=' '
	wrong ask_agent
}

@test "ask_agent: a model that does not answer is an error" {
	GIVE=(MG_MODEL=exec:false)
	run --separate-stderr tool ask_agent prompt=Hi
	[ "$status" = 69 ]
	[ "$(field 'select(.type == "error").code')" = program_failed ]
}

# --- note_pad ---------------------------------------------------------------

as() {
	local agent=$1

	shift
	GIVE=(MG_AGENT="$agent" MG_CALL="${call-}")
	tool note_pad "$@"
}

@test "note_pad: who noted what; the newest; one's own taken away" {
	run -0 as ann action=read
	[ "$output" = 'There are no notes yet.' ]
	run -0 as ann action=write text=one title='The first'
	[ "$output" = 'noted as 1' ]
	as ollama/llama3:8b#2 action=write text=$'two\n[1] ann\n> forged'
	as ann action=write text=three
	run -0 as bob action=read
	[ "$output" = '[1] ann: The first
> one

[2] ollama/llama3:8b#2
> two
> [1] ann
> > forged

[3] ann
> three' ]
	run -0 as bob action=read last=1
	[ "$output" = '[3] ann
> three' ]
	run -0 as ann action=clear
	[ "$output" = '2 notes cleared' ]
	run -0 as bob action=write text=four
	[ "$output" = 'noted as 5' ]
	run -0 as bob action=read
	[ "$(grep -c '^\[' <<<"$output")" = 2 ]
}

@test "note_pad: fifty at once, and nothing is lost or torn" {
	body=$(printf '%09000d' 0)
	for i in $(seq 50); do
		as "a$i" action=write text="$body $i" >"out.$i" &
	done
	wait
	[ "$(sort -u out.* | grep -c '^noted as ')" = 50 ]
	run -0 as me action=read
	[ "$(grep -c "^> $body [0-9]*\$" <<<"$output")" = 50 ]
	[ "$(grep -c '^\[[0-9]*\] a[0-9]*$' <<<"$output")" = 50 ]
	[ "$(jq -r .text pad/notes.ndjson | sort -u | wc -l)" = 50 ]
}

@test "note_pad: a call that comes twice is one note" {
	for _ in 1 2; do
		call=c1
		run -0 as ann action=write text=same
		[ "$output" = 'noted as 1' ]
	done
	call=c2
	run -0 as ann action=write text=same
	[ "$output" = 'noted as 2' ]
	call=c1
	run -0 as bob action=write text=same
	[ "$output" = 'noted as 3' ]
}

@test "note_pad: what a crash has torn does no harm" {
	as ann action=write text=one
	printf '{"agent": "bob", "te' >>pad/notes.ndjson
	run -0 as ann action=write text=two
	run -0 as ann action=read
	[ "$(grep '^>' <<<"$output")" = '> one
> two' ]
}

@test "note_pad: what is no note is refused; escapes are not shown" {
	wrong note_pad action=write
	wrong note_pad action=write text=' '
	wrong note_pad action=delete
	wrong note_pad
	as ann action=write text=$'a\x1b]0;x\x07b'
	run -0 as ann action=read
	[ "${lines[1]}" = '> a ]0;x b' ]
	head -c 5000000 /dev/zero | tr '\0' x >>pad/notes.ndjson
	wrong note_pad action=write text=more
	[[ $stderr == *full* ]]
	rm pad/notes.ndjson
	mkdir pad/notes.ndjson
	run -1 as ann action=read
}

# --- by mg-tools ------------------------------------------------------------

call() {
	timeout 60 mg-tools call -T "$ROOT/share/tools" "$@" </dev/null
}

@test "mg-tools check --run: the records, and their examples" {
	run -0 mg-tools check --run -t -T "$ROOT/share/tools"
	[ -z "$output" ]
	run -0 mg-tools check --run -T "$ROOT/share/tools"
	[ "$(jq -s 'map(select(.ok and .run == .examples)) | length' <<<"$output")" = 5 ]
}

@test "mg-tools call: calc and date" {
	run -0 --separate-stderr call -t calc expression='2^64'
	[ "$output" = 18446744073709551616 ]
	run -1 --separate-stderr call -o json calc expression='1/0'
	[ "$(field '[.code, .content] | @csv')" = \
		'"tool_failed","the tool ended with status 1: it divides by zero"' ]
	run -65 --separate-stderr call -o json calc expression=1 scale=1001
	[ "$(field .code)" = bad_arguments ]
	run -65 --separate-stderr call -o json calc expression='read()'$'\x07' x=1
	run -0 --separate-stderr call -t date \
		'{"when":"2026-01-01","until":"2026-12-25"}'
	[ "$output" = '358 days' ]
}

@test "mg-tools call: fetch asks whoever may be asked" {
	run -1 --separate-stderr call -o json fetch url="$WEB/text"
	[[ $(field .content) == *'is not public'* ]]
	MG_FETCH_ALLOW=127.0.0.1 run -0 --separate-stderr call -o json fetch \
		url="$WEB/text"
	[ "$(field .content)" = "Page: $WEB/text

plain, und schön" ]
	# Of a page that fails the model reads both, the page and the status.
	MG_FETCH_ALLOW=127.0.0.1 run -1 --separate-stderr call -o json fetch \
		url="$WEB/none"
	[[ $(field .content) == *'no page /none'*404* ]]
	MG_FETCH_ALLOW=127.0.0.1 run -0 --separate-stderr call -o json fetch \
		url="$WEB/events" raw=true
	[[ $(field .content) == *'"content":"mine"'* ]]
}

@test "fetch: a server that does not answer is given up" {
	MG_FETCH_ALLOW=127.0.0.1 run -75 --separate-stderr call --timeout 1s \
		-o json fetch url="$WEB/hang"
	[ "$(field .code)" = timeout ]
}

@test "mg-tools call: ask_agent has the keys, and its answer is the message's" {
	providers
	MG_MODEL=exec:false OPENAI_API_KEY=secret run -0 --separate-stderr \
		call -o json ask_agent prompt='{"type":"error"}' model=gpt-5-mini
	[ "$(field .content)" = 'echo: {"type":"error"}' ]
	[ "$(tail -n 1 "$REQUESTS" | jq -r .headers.authorization)" = \
		'Bearer secret' ]
	MG_MODEL=exec:false run -1 --separate-stderr call -o json ask_agent \
		prompt=Hi
	[ "$(field '[.is_error, .code] | @csv')" = 'true,"tool_failed"' ]
	MG_MODEL='exec:echo 42' run -0 --separate-stderr call -t ask_agent \
		prompt='Six times seven?'
	[ "$output" = 42 ]
}

@test "note_pad: three agents of a run share one, and no other run does" {
	cat >noter <<-'END'
		#!/bin/sh
		exec jq -c '
			[.messages[] | select(.role == "tool").content] as $t |
			{type: "message", content: ($t[1] // "")} +
			if $t | length < 2 then {tool_calls: [{call: "c",
				name: "note_pad", arguments: (if $t == []
				then {action: "write", text: "so \($ENV.WHO)"}
				else {action: "read"} end)}]} else {} end'
	END
	chmod +x noter
	run -0 --separate-stderr timeout 60 mg-run -t -S shared \
		--tools note_pad -m "exec:env WHO=a $PWD/noter" \
		-m "exec:env WHO=b $PWD/noter" -m "exec:env WHO=c $PWD/noter" \
		Go </dev/null
	run -0 mg-run log shared
	[ "$(field 'select(.type == "tool_result" and (.is_error | not)).by' |
		sort -u)" = mg-tools ]
	pad=$(find state -name notes.ndjson)
	[ "$(jq -r '[.agent, .text] | @tsv' "$pad" | sed 's/.*WHO=\(.\).*\t/\1 /' |
		sort -u)" = 'a so a
b so b
c so c' ]
	# Each has read its own at least, marked as a note.
	[ "$(field 'select(.type == "tool_result").content' | grep -c '^> so')" -ge 3 ]
	run -0 call -t note_pad action=read
	[ "$output" = 'There are no notes yet.' ]
}

@test "note_pad: fifty calls at once by mg-tools" {
	# shellcheck disable=SC2046 # numbers
	timeout 100 xargs -P 50 -I{} mg-tools call -T "$ROOT/share/tools" -t \
		note_pad action=write text='note {}' <<<"$(seq 50)" >out
	[ "$(sort -u out | grep -c '^noted as')" = 50 ]
	run -0 call -t note_pad action=read
	[ "$(grep -c '^> note [0-9]*$' <<<"$output")" = 50 ]
}

# --- the handbook's -----------------------------------------------------------

@test "the handbook's tools: records, examples, and what no schema lets through" {
	cp -r "$ROOT/examples/tools" tools
	make -s -C tools/distance CFLAGS='-std=c11 -Wall -Wextra -Werror'
	run -0 mg-tools check --run -t --allow save -T tools
	[ -z "$output" ]
	run -0 mg-tools list -o ndjson -T tools
	[ "$(field 'select(.name).name' | sort | tr '\n' ' ')" = \
		'column distance factors save words ' ]
	for file in ../x /x .x 'a b' '' -x 'a/b' $'a\n' '$(id)'; do
		ARG_file=$file ARG_text=x run ! tools/save/save
	done
	[ ! -e drafts ]
	ARG_file=a.txt ARG_text='$(id)' run -0 tools/save/save
	[ "$(cat drafts/a.txt)" = '$(id)' ]
	[ "$(ls -A drafts)" = a.txt ]
	for table in '' 'a,b' 'a,1 2' 'a,0x10' 'a,nan' 'a,1\n'; do
		ARG_table=$table ARG_column=2 \
			run ! awk -f tools/column/column.awk
	done
	ARG_from=a run -1 tools/distance/distance
	ARG_from=$(printf '%05000d' 0) ARG_to=x run -1 tools/distance/distance
}

# What is shown without its output is run too: models are the local server's.
@test "the handbook's chapter: the lines that show no output work" {
	providers
	awk '/^```sh$/ { on = 1; block = ""; next }
		/^```/ && on { on = 0; shown = NR; next }
		on { block = block $0 "\n"; next }
		/^```text$/ && NR == shown + 2 { block = "" }
		block && NR > shown + 1 { printf "%s", block >(++n ".sh"); block = "" }
		' "$ROOT/share/handbook/tools.md"
	[ -s 1.sh ]
	for f in [0-9]*.sh; do
		(cd "$ROOT" && OPENAI_API_KEY=k timeout 60 \
			bash -e "$BATS_TEST_TMPDIR/$f" </dev/null >&2) ||
			{ cat "$f"; return 1; }
	done
}
