# bash completion for mg-vote
_mg_vote() {
	local cur=${COMP_WORDS[COMP_CWORD]}
	local prev=${COMP_WORDS[COMP_CWORD-1]}
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
	else
		COMPREPLY=($(compgen -f -- "$cur"))
	fi
}
complete -o filenames -F _mg_vote mg-vote
