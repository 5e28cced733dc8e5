"""How a model is judged: what its figures are worth, what errors cost, whom it treats how, and whether it may go on."""
