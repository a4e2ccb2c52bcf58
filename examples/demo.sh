#!/bin/sh
# The main job, without a key and without a network: three agents answer one
# question, a vote decides. Run it with `make demo`.
cd "$(dirname "$0")/.." || exit 70
PATH=$PWD/bin:$PATH
question=${1:-'Is 3599 prime?'}

team=examples/demo/team.yaml
echo 'Three small programs are asked, as three models would be. One of them'
echo 'goes by a wrong rule. What each of them says:'
echo
echo "\$ mg-ask -c $team -t '$question'"
mg-ask -c $team -t "$question" </dev/null

echo
echo 'And what they decide:'
echo
echo "\$ mg-ask -c $team '$question' |"
echo "      mg-vote --answer-re 'Answer: (.*)' --explain"
mg-ask -c $team "$question" </dev/null |
	mg-vote -t --answer-re 'Answer: (.*)' --explain
status=$?

echo
echo 'The same with models:'
ask="'$question End with \"Answer: yes\" or \"Answer: no\".'"
show() {
	echo "  mg-ask -m $1:3 \\"
	echo "      $ask |"
	echo "      mg-vote --answer-re 'Answer: (.*)'"
}
known=
[ -z "${OPENAI_API_KEY:-}" ] || { known=1 && show gpt-5-mini; }
[ -z "${XAI_API_KEY:-}" ] || { known=1 && show xai/grok-4; }
local=$(mg-ask --local | head -n 1)
[ -z "$local" ] || { known=1 && show "$local"; }
if [ -z "$known" ]; then
	echo '  export OPENAI_API_KEY=...'
	show gpt-5-mini
	echo 'No key is set, and no Ollama, LM Studio, llama.cpp or vLLM answers'
	echo 'on this machine; with one of them it is -m ollama/MODEL:3 and so on.'
fi
exit $status
