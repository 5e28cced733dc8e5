"""Programs that the peers' own environment runs (requirements/peers.txt); they import nothing of ours."""
