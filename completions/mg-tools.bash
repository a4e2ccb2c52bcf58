# bash completion for mg-tools
_mg_tools_list() {
	local cur=${COMP_WORDS[COMP_CWORD]}
	local prev=${COMP_WORDS[COMP_CWORD-1]}
	case $prev in
	-c|--config) COMPREPLY=($(compgen -f -- "$cur")); return;;
	-o|--output) COMPREPLY=($(compgen -W 'auto ndjson json text' -- "$cur")); return;;
	-T|--tools) COMPREPLY=($(compgen -f -- "$cur")); return;;
	--completion) COMPREPLY=($(compgen -W 'bash zsh fish' -- "$cur")); return;;
	esac
	if [[ $cur == -* ]]; then
		COMPREPLY=($(compgen -W ' -a --all -c --config -o --output -t --text -T --tools -h --help --version --completion' -- "$cur"))
	else
		COMPREPLY=($(compgen -f -- "$cur"))
	fi
}
_mg_tools_show() {
	local cur=${COMP_WORDS[COMP_CWORD]}
	local prev=${COMP_WORDS[COMP_CWORD-1]}
	case $prev in
	-c|--config) COMPREPLY=($(compgen -f -- "$cur")); return;;
	-o|--output) COMPREPLY=($(compgen -W 'auto ndjson json text' -- "$cur")); return;;
	-T|--tools) COMPREPLY=($(compgen -f -- "$cur")); return;;
	--completion) COMPREPLY=($(compgen -W 'bash zsh fish' -- "$cur")); return;;
	esac
	if [[ $cur == -* ]]; then
		COMPREPLY=($(compgen -W ' -c --config -o --output -t --text -T --tools -h --help --version --completion' -- "$cur"))
	else
		COMPREPLY=($(compgen -f -- "$cur"))
	fi
}
_mg_tools_call() {
	local cur=${COMP_WORDS[COMP_CWORD]}
	local prev=${COMP_WORDS[COMP_CWORD-1]}
	case $prev in
	--allow) COMPREPLY=(); return;;
	-c|--config) COMPREPLY=($(compgen -f -- "$cur")); return;;
	-o|--output) COMPREPLY=($(compgen -W 'auto ndjson json text' -- "$cur")); return;;
	-q|--query) COMPREPLY=(); return;;
	--timeout) COMPREPLY=(); return;;
	-T|--tools) COMPREPLY=($(compgen -f -- "$cur")); return;;
	--completion) COMPREPLY=($(compgen -W 'bash zsh fish' -- "$cur")); return;;
	esac
	if [[ $cur == -* ]]; then
		COMPREPLY=($(compgen -W ' --allow -c --config -o --output -q --query -t --text --timeout -T --tools -h --help --version --completion' -- "$cur"))
	else
		COMPREPLY=($(compgen -f -- "$cur"))
	fi
}
_mg_tools_check() {
	local cur=${COMP_WORDS[COMP_CWORD]}
	local prev=${COMP_WORDS[COMP_CWORD-1]}
	case $prev in
	--allow) COMPREPLY=(); return;;
	-c|--config) COMPREPLY=($(compgen -f -- "$cur")); return;;
	-o|--output) COMPREPLY=($(compgen -W 'auto ndjson json text' -- "$cur")); return;;
	-T|--tools) COMPREPLY=($(compgen -f -- "$cur")); return;;
	--completion) COMPREPLY=($(compgen -W 'bash zsh fish' -- "$cur")); return;;
	esac
	if [[ $cur == -* ]]; then
		COMPREPLY=($(compgen -W ' --allow -c --config -o --output --run -t --text -T --tools -h --help --version --completion' -- "$cur"))
	else
		COMPREPLY=($(compgen -f -- "$cur"))
	fi
}
_mg_tools_new() {
	local cur=${COMP_WORDS[COMP_CWORD]}
	local prev=${COMP_WORDS[COMP_CWORD-1]}
	case $prev in
	-d|--dir) COMPREPLY=($(compgen -f -- "$cur")); return;;
	-l|--lang) COMPREPLY=(); return;;
	--completion) COMPREPLY=($(compgen -W 'bash zsh fish' -- "$cur")); return;;
	esac
	if [[ $cur == -* ]]; then
		COMPREPLY=($(compgen -W ' -d --dir -l --lang -h --help --version --completion' -- "$cur"))
	else
		COMPREPLY=($(compgen -f -- "$cur"))
	fi
}
_mg_tools_accept() {
	local cur=${COMP_WORDS[COMP_CWORD]}
	local prev=${COMP_WORDS[COMP_CWORD-1]}
	case $prev in
	-c|--config) COMPREPLY=($(compgen -f -- "$cur")); return;;
	-T|--tools) COMPREPLY=($(compgen -f -- "$cur")); return;;
	--completion) COMPREPLY=($(compgen -W 'bash zsh fish' -- "$cur")); return;;
	esac
	if [[ $cur == -* ]]; then
		COMPREPLY=($(compgen -W ' -a --all -c --config -T --tools -h --help --version --completion' -- "$cur"))
	else
		COMPREPLY=($(compgen -f -- "$cur"))
	fi
}
_mg_tools_stats() {
	local cur=${COMP_WORDS[COMP_CWORD]}
	local prev=${COMP_WORDS[COMP_CWORD-1]}
	case $prev in
	-o|--output) COMPREPLY=($(compgen -W 'auto ndjson json text' -- "$cur")); return;;
	--completion) COMPREPLY=($(compgen -W 'bash zsh fish' -- "$cur")); return;;
	esac
	if [[ $cur == -* ]]; then
		COMPREPLY=($(compgen -W ' -o --output -t --text -h --help --version --completion' -- "$cur"))
	else
		COMPREPLY=($(compgen -f -- "$cur"))
	fi
}
_mg_tools() {
	local cur=${COMP_WORDS[COMP_CWORD]}
	local prev=${COMP_WORDS[COMP_CWORD-1]}
	case ${COMP_WORDS[1]} in
	list) _mg_tools_list; return;;
	show) _mg_tools_show; return;;
	call) _mg_tools_call; return;;
	check) _mg_tools_check; return;;
	new) _mg_tools_new; return;;
	accept) _mg_tools_accept; return;;
	stats) _mg_tools_stats; return;;
	esac
	case $prev in
	--allow) COMPREPLY=(); return;;
	-c|--config) COMPREPLY=($(compgen -f -- "$cur")); return;;
	-j|--jobs) COMPREPLY=(); return;;
	--as) COMPREPLY=(); return;;
	-o|--output) COMPREPLY=($(compgen -W 'auto ndjson json text' -- "$cur")); return;;
	-q|--query) COMPREPLY=(); return;;
	-T|--tools) COMPREPLY=($(compgen -f -- "$cur")); return;;
	--completion) COMPREPLY=($(compgen -W 'bash zsh fish' -- "$cur")); return;;
	esac
	if [[ $cur == -* ]]; then
		COMPREPLY=($(compgen -W ' --allow -c --config -j --jobs --as -o --output -q --query -t --text -T --tools -h --help --version --completion' -- "$cur"))
	elif [[ $COMP_CWORD == 1 ]]; then
		COMPREPLY=($(compgen -W 'list show call check new accept stats' -- "$cur"))
	else
		COMPREPLY=($(compgen -f -- "$cur"))
	fi
}
complete -o filenames -F _mg_tools mg-tools
