"""AWS on one machine: the emulator with its missing parts, the deployer of CDK assemblies, and the loop around both."""
