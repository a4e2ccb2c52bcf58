# A run's log as preference pairs: mg-run log RUN | jq -ncf preferences.jq
foreach inputs as $e ({};
  if $e.type == "task" then .[$e.id | tojson] = ($e.content // $e.messages) else . end;
  select($e.type == "result" and $e.content) | .[$e.id | tojson] as $prompt
  | $e.dissent[] | select(.content) | {prompt: $prompt, chosen: $e.content, rejected: .content})
