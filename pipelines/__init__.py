"""What runs outside the request path: training-set jobs, container scripts and the retraining pipeline."""
