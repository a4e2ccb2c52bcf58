#compdef mg-ask
_arguments \
	'--as=[sign events with this name, in a ring]:NAME:' \
	'-o[ndjson, json, text (text on a terminal)]:FORMAT:(auto ndjson json text)' \
	'--output=[ndjson, json, text (text on a terminal)]:FORMAT:(auto ndjson json text)' \
	'-q[print what this jq expression makes of it]:EXPR:' \
	'--query=[print what this jq expression makes of it]:EXPR:' \
	'-t[short for --output text]' \
	'--text[short for --output text]' \
	'--base-url=[any server that speaks chat completions]:URL:' \
	'-c[the agents of this team file]:FILE:_files' \
	'--config=[the agents of this team file]:FILE:_files' \
	'--connect-timeout=[to connect (10s)]:TIME:' \
	'--dry-run[print the requests, send nothing]' \
	'--first-timeout=[for the first byte (5m)]:TIME:' \
	'--idle-timeout=[between two pieces (2m)]:TIME:' \
	'-i[text or ndjson (told by the first byte)]:FORMAT:(auto text ndjson)' \
	'--input=[text or ndjson (told by the first byte)]:FORMAT:(auto text ndjson)' \
	'-j[calls at once (64)]:N:' \
	'--jobs=[calls at once (64)]:N:' \
	'--local[list the models of servers on this machine]' \
	'*-m[ask it; MODEL\:N asks N of them]:MODEL:' \
	'*--model=[ask it; MODEL\:N asks N of them]:MODEL:' \
	'--no-stream[ask for whole replies]' \
	'*-p[a parameter of the model]:KEY=VALUE:' \
	'*--param=[a parameter of the model]:KEY=VALUE:' \
	'--retries=[tries after the first (2)]:N:' \
	'--retry-max=[the longest wait before a retry (60s)]:TIME:' \
	'-s[the system prompt]:TEXT:' \
	'--system=[the system prompt]:TEXT:' \
	'--stdin-wait=[for standard input beside a prompt (3s)]:TIME:' \
	'--template=[the prompt, with {{input}} and {{NAME}}]:FILE:_files' \
	'--timeout=[for one call (30m)]:TIME:' \
	'*-v[a value for the template]:NAME=VALUE:' \
	'*--var=[a value for the template]:NAME=VALUE:' \
	'-h[this help]' \
	'--help[this help]' \
	'--version[the version]' \
	'--completion=[a completion script\: bash, zsh or fish]:SHELL:(bash zsh fish)' \
	'*:file:_files'
