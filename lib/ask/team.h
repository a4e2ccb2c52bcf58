/*
 * team.h - the `agents` of a team file, for mg-ask.
 *
 *	agents:
 *	  - id: prime
 *	    system_message: Answer with one word.
 *	    backend: {type: openai, model: gpt-5-mini, temperature: 0.2}
 *	  - id: sieve
 *	    backend: {type: exec, model: "exec:./sieve"}
 *
 * `agent:` holds a single one. ${VAR} in model, base_url, api_key and
 * system_message is replaced from the environment, and stays as it is where VAR is not set. Keys that belong to
 * other commands are accepted; an unknown key is a fault that names file,
 * line and the nearest known key. The known keys are data: share/team.yaml.
 */
#ifndef MG_ASK_TEAM_H
#define MG_ASK_TEAM_H

#include "ask/agent.h"

int mg_team_agents(struct mg_agents *a, const struct mg_agents_req *req,
	const struct mg_providers *p, struct mg_fault *f);

#endif
