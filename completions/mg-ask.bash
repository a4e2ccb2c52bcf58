# bash completion for mg-ask
_mg_ask() {
	local cur=${COMP_WORDS[COMP_CWORD]}
	local prev=${COMP_WORDS[COMP_CWORD-1]}
	case $prev in
	--as) COMPREPLY=(); return;;
	-o|--output) COMPREPLY=($(compgen -W 'auto ndjson json text' -- "$cur")); return;;
	-q|--query) COMPREPLY=(); return;;
	--base-url) COMPREPLY=(); return;;
	-c|--config) COMPREPLY=($(compgen -f -- "$cur")); return;;
	--connect-timeout) COMPREPLY=(); return;;
	--first-timeout) COMPREPLY=(); return;;
	--idle-timeout) COMPREPLY=(); return;;
	-i|--input) COMPREPLY=($(compgen -W 'auto text ndjson' -- "$cur")); return;;
	-j|--jobs) COMPREPLY=(); return;;
	-m|--model) COMPREPLY=(); return;;
	-p|--param) COMPREPLY=(); return;;
	--retries) COMPREPLY=(); return;;
	--retry-max) COMPREPLY=(); return;;
	-s|--system) COMPREPLY=(); return;;
	--stdin-wait) COMPREPLY=(); return;;
	--template) COMPREPLY=($(compgen -f -- "$cur")); return;;
	--timeout) COMPREPLY=(); return;;
	-v|--var) COMPREPLY=(); return;;
	--completion) COMPREPLY=($(compgen -W 'bash zsh fish' -- "$cur")); return;;
	esac
	if [[ $cur == -* ]]; then
		COMPREPLY=($(compgen -W ' --as -o --output -q --query -t --text --base-url -c --config --connect-timeout --dry-run --first-timeout --idle-timeout -i --input -j --jobs --local -m --model --no-stream -p --param --retries --retry-max -s --system --stdin-wait --template --timeout -v --var -h --help --version --completion' -- "$cur"))
	else
		COMPREPLY=($(compgen -f -- "$cur"))
	fi
}
complete -o filenames -F _mg_ask mg-ask
