# bash completion for mg-run
_mg_run_list() {
	local cur=${COMP_WORDS[COMP_CWORD]}
	local prev=${COMP_WORDS[COMP_CWORD-1]}
	case $prev in
	-o|--output) COMPREPLY=($(compgen -W 'auto ndjson json text' -- "$cur")); return;;
	-q|--query) COMPREPLY=(); return;;
	--completion) COMPREPLY=($(compgen -W 'bash zsh fish' -- "$cur")); return;;
	esac
	if [[ $cur == -* ]]; then
		COMPREPLY=($(compgen -W ' -a --all -o --output -q --query -t --text -h --help --version --completion' -- "$cur"))
	else
		COMPREPLY=($(compgen -f -- "$cur"))
	fi
}
_mg_run_log() {
	local cur=${COMP_WORDS[COMP_CWORD]}
	local prev=${COMP_WORDS[COMP_CWORD-1]}
	case $prev in
	--completion) COMPREPLY=($(compgen -W 'bash zsh fish' -- "$cur")); return;;
	esac
	if [[ $cur == -* ]]; then
		COMPREPLY=($(compgen -W ' -f --follow --path -h --help --version --completion' -- "$cur"))
	else
		COMPREPLY=($(compgen -f -- "$cur"))
	fi
}
_mg_run_seam() {
	local cur=${COMP_WORDS[COMP_CWORD]}
	local prev=${COMP_WORDS[COMP_CWORD-1]}
	case $prev in
	--drain-timeout) COMPREPLY=(); return;;
	--events) COMPREPLY=($(compgen -f -- "$cur")); return;;
	-o|--output) COMPREPLY=($(compgen -W 'auto ndjson json text' -- "$cur")); return;;
	-q|--query) COMPREPLY=(); return;;
	--resume) COMPREPLY=(); return;;
	-S|--session) COMPREPLY=(); return;;
	--stall-timeout) COMPREPLY=(); return;;
	--completion) COMPREPLY=($(compgen -W 'bash zsh fish' -- "$cur")); return;;
	esac
	if [[ $cur == -* ]]; then
		COMPREPLY=($(compgen -W ' --drain-timeout --events -o --output -q --query --resume -S --session --stall-timeout -h --help --version --completion' -- "$cur"))
	else
		COMPREPLY=($(compgen -f -- "$cur"))
	fi
}
_mg_run_show() {
	local cur=${COMP_WORDS[COMP_CWORD]}
	local prev=${COMP_WORDS[COMP_CWORD-1]}
	case $prev in
	-o|--output) COMPREPLY=($(compgen -W 'auto ndjson json text' -- "$cur")); return;;
	-q|--query) COMPREPLY=(); return;;
	--completion) COMPREPLY=($(compgen -W 'bash zsh fish' -- "$cur")); return;;
	esac
	if [[ $cur == -* ]]; then
		COMPREPLY=($(compgen -W ' -o --output -q --query -t --text -h --help --version --completion' -- "$cur"))
	else
		COMPREPLY=($(compgen -f -- "$cur"))
	fi
}
_mg_run_stage() {
	local cur=${COMP_WORDS[COMP_CWORD]}
	local prev=${COMP_WORDS[COMP_CWORD-1]}
	case $prev in
	--grace) COMPREPLY=(); return;;
	--max-events) COMPREPLY=(); return;;
	--completion) COMPREPLY=($(compgen -W 'bash zsh fish' -- "$cur")); return;;
	esac
	if [[ $cur == -* ]]; then
		COMPREPLY=($(compgen -W ' --grace --inline --max-events -h --help --version --completion' -- "$cur"))
	else
		COMPREPLY=($(compgen -f -- "$cur"))
	fi
}
_mg_run_tell() {
	local cur=${COMP_WORDS[COMP_CWORD]}
	local prev=${COMP_WORDS[COMP_CWORD-1]}
	case $prev in
	--completion) COMPREPLY=($(compgen -W 'bash zsh fish' -- "$cur")); return;;
	esac
	if [[ $cur == -* ]]; then
		COMPREPLY=($(compgen -W ' -h --help --version --completion' -- "$cur"))
	else
		COMPREPLY=($(compgen -f -- "$cur"))
	fi
}
_mg_run() {
	local cur=${COMP_WORDS[COMP_CWORD]}
	local prev=${COMP_WORDS[COMP_CWORD-1]}
	case ${COMP_WORDS[1]} in
	list) _mg_run_list; return;;
	log) _mg_run_log; return;;
	seam) _mg_run_seam; return;;
	show) _mg_run_show; return;;
	stage) _mg_run_stage; return;;
	tell) _mg_run_tell; return;;
	esac
	case $prev in
	--allow) COMPREPLY=(); return;;
	--base-url) COMPREPLY=(); return;;
	-c|--config) COMPREPLY=($(compgen -f -- "$cur")); return;;
	--check) COMPREPLY=($(compgen -f -- "$cur")); return;;
	--drain-timeout) COMPREPLY=(); return;;
	-i|--input) COMPREPLY=($(compgen -W 'auto text ndjson' -- "$cur")); return;;
	-m|--model) COMPREPLY=(); return;;
	-o|--output) COMPREPLY=($(compgen -W 'auto ndjson json text' -- "$cur")); return;;
	-p|--param) COMPREPLY=(); return;;
	-q|--query) COMPREPLY=(); return;;
	-r|--rule) COMPREPLY=(); return;;
	--resume) COMPREPLY=(); return;;
	-s|--system) COMPREPLY=(); return;;
	-S|--session) COMPREPLY=(); return;;
	--stall-timeout) COMPREPLY=(); return;;
	--stdin-wait) COMPREPLY=(); return;;
	--timeout) COMPREPLY=(); return;;
	-T|--tools) COMPREPLY=($(compgen -f -- "$cur")); return;;
	--completion) COMPREPLY=($(compgen -W 'bash zsh fish' -- "$cur")); return;;
	esac
	if [[ $cur == -* ]]; then
		COMPREPLY=($(compgen -W ' --allow --automation --base-url -c --config --check --continue --drain-timeout -i --input -m --model -o --output -p --param -q --query --quiet -r --rule --resume -s --system -S --session --stall-timeout --stdin-wait -t --text --timeout -T --tools -h --help --version --completion' -- "$cur"))
	elif [[ $COMP_CWORD == 1 ]]; then
		COMPREPLY=($(compgen -W 'list log seam show stage tell' -- "$cur"))
	else
		COMPREPLY=($(compgen -f -- "$cur"))
	fi
}
complete -o filenames -F _mg_run mg-run
