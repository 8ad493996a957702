"""Agents, and the context that they live in.

::

    context     what an agent is given
    secrets     what must not be written anywhere
    params      the parameters of an agent
    call        a call whose messages are sent one by one
    agent       agents, and how they are called and forked
    compose     agents made of agents
    decorator   @miniagent
    nodes       the record of calls
    miniagents  the context
"""

from miniagents.agents.agent import MiniAgent
from miniagents.agents.call import AgentCall
from miniagents.agents.context import InteractionContext
from miniagents.agents.decorator import miniagent
from miniagents.agents.miniagents import MiniAgents
from miniagents.agents.nodes import AgentCallNode, AgentReplyNode

__all__ = ["AgentCall", "AgentCallNode", "AgentReplyNode", "InteractionContext", "MiniAgent", "MiniAgents", "miniagent"]
