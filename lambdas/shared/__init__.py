"""What every function needs: settings, AWS clients, use-case loading, state storage; no function imports another."""
