"""Ground truth: late labels into window state, the monitor's ground-truth files and the lake."""
