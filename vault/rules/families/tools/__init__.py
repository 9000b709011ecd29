"""TOOL: rules about tools, their calls and the answers to them."""
