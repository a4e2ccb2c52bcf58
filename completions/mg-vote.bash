# bash completion for mg-vote
_mg_vote_lead() {
	local cur=${COMP_WORDS[COMP_CWORD]}
	local prev=${COMP_WORDS[COMP_CWORD-1]}
	case $prev in
	-c|--config) COMPREPLY=($(compgen -f -- "$cur")); return;;
	-m|--model) COMPREPLY=(); return;;
	-r|--rule) COMPREPLY=(); return;;
	--as) COMPREPLY=(); return;;
	-o|--output) COMPREPLY=($(compgen -W 'auto ndjson json text' -- "$cur")); return;;
	-q|--query) COMPREPLY=(); return;;
	--completion) COMPREPLY=($(compgen -W 'bash zsh fish' -- "$cur")); return;;
	esac
	if [[ $cur == -* ]]; then
		COMPREPLY=($(compgen -W ' -c --config -m --model -r --rule --as -o --output -q --query -t --text -h --help --version --completion' -- "$cur"))
	else
		COMPREPLY=($(compgen -f -- "$cur"))
	fi
}
_mg_vote() {
	local cur=${COMP_WORDS[COMP_CWORD]}
	local prev=${COMP_WORDS[COMP_CWORD-1]}
	case ${COMP_WORDS[1]} in
	lead) _mg_vote_lead; return;;
	esac
	case $prev in
	--answer-path) COMPREPLY=(); return;;
	--answer-re) COMPREPLY=(); return;;
	--min-margin) COMPREPLY=(); return;;
	--quorum) COMPREPLY=(); return;;
	-w|--weight) COMPREPLY=(); return;;
	--as) COMPREPLY=(); return;;
	-o|--output) COMPREPLY=($(compgen -W 'auto ndjson json text' -- "$cur")); return;;
	-q|--query) COMPREPLY=(); return;;
	--completion) COMPREPLY=($(compgen -W 'bash zsh fish' -- "$cur")); return;;
	esac
	if [[ $cur == -* ]]; then
		COMPREPLY=($(compgen -W ' --answer-path --answer-re --explain --min-margin --quorum -w --weight --as -o --output -q --query -t --text -h --help --version --completion' -- "$cur"))
	elif [[ $COMP_CWORD == 1 ]]; then
		COMPREPLY=($(compgen -W 'lead' -- "$cur"))
	else
		COMPREPLY=($(compgen -f -- "$cur"))
	fi
}
complete -o filenames -F _mg_vote mg-vote
