/*
 * team.h - the agents of a team file, for mg-ask.
 *
 * conf/team.h reads and judges the file; here each of its agents finds its
 * program, or its provider and key. A file with anything wrong in it is
 * refused as a whole; what other commands would need is theirs to say.
 */
#ifndef MG_ASK_TEAM_H
#define MG_ASK_TEAM_H

#include "ask/agent.h"

int mg_team_agents(struct mg_agents *a, const struct mg_agents_req *req,
	const struct mg_providers *p, struct mg_fault *f);

#endif
