"""For every test: CDK's kernel runs on the Node of the environment, whichever test imports it first."""

import stacks

assert stacks.NODE.exists()
